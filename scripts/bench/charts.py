"""Bar charts as SVG by matplotlib, on a transparent ground, legible in light and dark themes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS_PER_ROW = 2
PANEL_WIDTH_IN, BAR_HEIGHT_IN, PANEL_MARGIN_IN, HEADER_HEIGHT_IN = 5.5, 0.24, 0.7, 1.3
VALUE_SPACE_FACTOR = 30  # of the longest bar on the logarithmic axis, for the text behind it
GREY = "#7d8590"  # readable on white and on black

STYLE = {
    "svg.hashsalt": "rasika",  # the same chart gives the same file
    "svg.fonttype": "none",  # text stays text
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.edgecolor", "xtick.color", "ytick.color"), GREY),
}


class Tone(StrEnum):
    """The colour of a bar, by its meaning."""

    OURS = "#2f81f7"
    EXACT = "#8c959f"
    APPROXIMATE = "#c69026"


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A value above 0, with a note behind it."""

    label: str
    value: float
    note: str = ""
    tone: Tone = Tone.EXACT

    @property
    def text(self) -> str:
        """The value in three digits, and the note.

        >>> ChartBar("HNSW", 2.4961, "recall 0.95").text
        '2.5, recall 0.95'
        """
        value = f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:.3g}"
        return ", ".join(filter(None, [value, self.note]))


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one case."""

    title: str
    bars: Sequence[ChartBar]

    @property
    def description(self) -> str:
        """The panel in words."""
        return f"{self.title}: {'; '.join(f'{bar.label} {bar.text}' for bar in self.bars)}."


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels that share one logarithmic axis."""

    title: str
    subtitle: str
    unit: str
    panels: Sequence[Panel]
    legend: Sequence[tuple[Tone, str]]


def write_chart(chart: Chart, path: Path) -> None:
    """Draw a chart into an SVG file; its description says the same in words."""
    from matplotlib import rc_context  # the extra `bench`
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    columns = min(PANELS_PER_ROW, len(chart.panels))
    rows = -(-len(chart.panels) // columns)
    row_height = PANEL_MARGIN_IN + BAR_HEIGHT_IN * max(len(each.bars) for each in chart.panels)
    with rc_context(STYLE):
        size = (PANEL_WIDTH_IN * columns, HEADER_HEIGHT_IN + rows * row_height)
        figure = Figure(figsize=size, layout="constrained")
        figure.suptitle(f"{chart.title}\n{chart.subtitle}", fontsize=10, wrap=True)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        for axes, panel in zip_longest(grid.flat, chart.panels):
            _draw_panel(axes, panel, chart.unit)
        patches = [Patch(color=tone.value, label=label) for tone, label in chart.legend]
        figure.legend(handles=patches, loc="outside lower left", ncols=len(patches), frameon=False)
        description = " ".join(panel.description for panel in chart.panels)
        metadata = {"Title": chart.title, "Description": description, "Date": None}
        figure.savefig(path, format="svg", transparent=True, metadata=metadata)


def _draw_panel(axes: "Axes", panel: Panel | None, unit: str) -> None:
    if panel is None:
        axes.set_axis_off()
        return
    labels, values = [bar.label for bar in panel.bars], [bar.value for bar in panel.bars]
    bars = axes.barh(labels, values, color=[bar.tone.value for bar in panel.bars], log=True)
    axes.bar_label(bars, [bar.text for bar in panel.bars], padding=4)
    axes.set_xlim(right=max(axes.get_xlim()[1], max(values) * VALUE_SPACE_FACTOR))
    axes.invert_yaxis()
    axes.set_title(panel.title, loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel(unit, color=GREY)

"""Bar charts as SVG, by hand: legible in the light and in the dark, and readable aloud."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree as ET

PANELS_PER_ROW = 2  # of panels
PANEL_WIDTH_PX, LABEL_WIDTH_PX, MAX_BAR_WIDTH_PX = 470, 160, 200  # widths
ROW_HEIGHT_PX, BAR_HEIGHT_PX = 20, 13  # heights of a row and of its bar
MARGIN_PX, HEADER_HEIGHT_PX, TITLE_HEIGHT_PX, AXIS_HEIGHT_PX = 16, 62, 26, 24

STYLESHEET = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 } .panel { font-size: 13px; font-weight: 600 }
.quiet { fill: #59636e } .page { fill: #ffffff } .line { stroke: #d1d9e0 }
.ours { fill: #0969da } .exact { fill: #8c959f } .rough { fill: #c69026 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .quiet { fill: #9198a1 } .page { fill: #0d1117 } .line { stroke: #3d444d }
  .ours { fill: #4493f8 } .exact { fill: #7d8590 } .rough { fill: #d29922 }
}
"""


class Tone(StrEnum):
    """What the colour of a bar says."""

    OURS = "ours"
    EXACT = "exact"
    ROUGH = "rough"


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A value of more than nothing."""

    label: str
    value: float
    note: str = ""  # behind the value
    tone: Tone = Tone.EXACT


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that belong together."""

    title: str
    bars: Sequence[ChartBar]


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels over one logarithmic axis."""

    title: str
    subtitle: str
    unit: str
    panels: Sequence[Panel]
    legend: Sequence[tuple[Tone, str]]

    def svg(self) -> str:
        """Return the chart as a document."""
        rows = [
            self.panels[at : at + PANELS_PER_ROW]
            for at in range(0, len(self.panels), PANELS_PER_ROW)
        ]
        tallest = [max(len(panel.bars) for panel in row) * ROW_HEIGHT_PX for row in rows]
        height = (
            HEADER_HEIGHT_PX
            + sum(TITLE_HEIGHT_PX + each + AXIS_HEIGHT_PX + MARGIN_PX for each in tallest)
            + ROW_HEIGHT_PX
            + MARGIN_PX
        )
        width = MARGIN_PX + min(PANELS_PER_ROW, len(self.panels)) * PANEL_WIDTH_PX
        root = _root(width, height)
        ET.SubElement(root, "title", id="title").text = self.title
        ET.SubElement(root, "desc", id="desc").text = self._text_description()
        ET.SubElement(root, "style").text = STYLESHEET
        ET.SubElement(root, "rect", _rectangle_attributes(0, 0, width, height) | {"class": "page"})
        _text(root, MARGIN_PX, 28, self.title, kind="title")
        _text(root, MARGIN_PX, 48, self.subtitle, kind="quiet")
        top = HEADER_HEIGHT_PX
        for row, tall in zip(rows, tallest, strict=True):
            for column, panel in enumerate(row):
                self._draw_panel(root, panel, MARGIN_PX + column * PANEL_WIDTH_PX, top)
            top += TITLE_HEIGHT_PX + tall + AXIS_HEIGHT_PX + MARGIN_PX
        self._draw_legend(root, top + ROW_HEIGHT_PX / 2)
        return ET.tostring(root, encoding="unicode") + "\n"

    def _text_description(self) -> str:
        told = []
        for panel in self.panels:
            values = (f"{each.label} {_value_text(each, self.unit)}" for each in panel.bars)
            told.append(f"{panel.title}: {', '.join(values)}.")
        return " ".join(told)

    def _axis(self) -> tuple[int, int]:
        """Return the powers of ten that hold all values."""
        values = [each.value for panel in self.panels for each in panel.bars]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return low, max(high, low + 1)

    def _draw_panel(self, root: ET.Element, panel: Panel, left: float, top: float) -> None:
        low, high = self._axis()
        start, bottom = (
            left + LABEL_WIDTH_PX,
            top + TITLE_HEIGHT_PX + len(panel.bars) * ROW_HEIGHT_PX,
        )
        _text(root, left, top + 14, panel.title, kind="panel")
        for power in range(low, high + 1):
            x = start + MAX_BAR_WIDTH_PX * (power - low) / (high - low)
            ends = {
                "x1": _format_number(x),
                "x2": _format_number(x),
                "y1": _format_number(top + TITLE_HEIGHT_PX),
                "y2": _format_number(bottom),
            }
            ET.SubElement(root, "line", ends | {"class": "line"})
            _text(root, x, bottom + 15, f"{10.0**power:g}", kind="quiet", anchor="middle")
        for number, each in enumerate(panel.bars):
            y = top + TITLE_HEIGHT_PX + number * ROW_HEIGHT_PX + (ROW_HEIGHT_PX - BAR_HEIGHT_PX) / 2
            length = max(MAX_BAR_WIDTH_PX * (math.log10(each.value) - low) / (high - low), 1)
            _text(root, start - 8, y + 10.5, each.label, anchor="end")
            ET.SubElement(
                root,
                "rect",
                _rectangle_attributes(start, y, length, BAR_HEIGHT_PX) | {"class": each.tone.value},
            )
            _text(root, start + length + 6, y + 10.5, _value_text(each, ""))

    def _draw_legend(self, root: ET.Element, y: float) -> None:
        x = float(MARGIN_PX)
        for tone, meaning in self.legend:
            ET.SubElement(
                root, "rect", _rectangle_attributes(x, y - 10, 12, 12) | {"class": tone.value}
            )
            _text(root, x + 18, y, meaning, kind="quiet")
            x += 34 + 6.6 * len(meaning)


def _root(width: float, height: float) -> ET.Element:
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_format_number(width)} {_format_number(height)}",
            "width": _format_number(width),
            "height": _format_number(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )


def _text(
    root: ET.Element, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start"
) -> None:
    place = {"x": _format_number(x), "y": _format_number(y), "text-anchor": anchor}
    ET.SubElement(root, "text", place | ({"class": kind} if kind else {})).text = words


def _rectangle_attributes(x: float, y: float, width: float, height: float) -> dict[str, str]:
    return {
        "x": _format_number(x),
        "y": _format_number(y),
        "width": _format_number(width),
        "height": _format_number(height),
    }


def _value_text(bar: ChartBar, unit: str) -> str:
    """Return a value in three digits, and what is said of it.

    >>> _told(Bar("HNSW", 2.4961, "recall 0.95"), "ms")
    '2.5 ms, recall 0.95'
    """
    value = f"{bar.value:,.0f}" if bar.value >= 100 else f"{bar.value:.3g}"
    return ", ".join(filter(None, [f"{value} {unit}".strip(), bar.note]))


def _format_number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")

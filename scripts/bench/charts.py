"""Bar charts as SVG, by hand: legible in the light and in the dark, and readable aloud."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree as ET

COLUMNS = 2  # of panels
PANEL, LABEL, BAR = 470, 160, 200  # widths
LINE, THICK = 20, 13  # heights of a row and of its bar
MARGIN, HEAD, TITLE, AXIS = 16, 62, 26, 24

STYLE = """
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
class Bar:
    """A value of more than nothing."""

    label: str
    value: float
    note: str = ""  # behind the value
    tone: Tone = Tone.EXACT


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that belong together."""

    title: str
    bars: Sequence[Bar]


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
        rows = [self.panels[at : at + COLUMNS] for at in range(0, len(self.panels), COLUMNS)]
        tallest = [max(len(panel.bars) for panel in row) * LINE for row in rows]
        height = HEAD + sum(TITLE + each + AXIS + MARGIN for each in tallest) + LINE + MARGIN
        width = MARGIN + min(COLUMNS, len(self.panels)) * PANEL
        root = _root(width, height)
        ET.SubElement(root, "title", id="title").text = self.title
        ET.SubElement(root, "desc", id="desc").text = self._aloud()
        ET.SubElement(root, "style").text = STYLE
        ET.SubElement(root, "rect", _at(0, 0, width, height) | {"class": "page"})
        _text(root, MARGIN, 28, self.title, kind="title")
        _text(root, MARGIN, 48, self.subtitle, kind="quiet")
        top = HEAD
        for row, tall in zip(rows, tallest, strict=True):
            for column, panel in enumerate(row):
                self._panel(root, panel, MARGIN + column * PANEL, top)
            top += TITLE + tall + AXIS + MARGIN
        self._explain(root, top + LINE / 2)
        return ET.tostring(root, encoding="unicode") + "\n"

    def _aloud(self) -> str:
        told = []
        for panel in self.panels:
            values = (f"{each.label} {_told(each, self.unit)}" for each in panel.bars)
            told.append(f"{panel.title}: {', '.join(values)}.")
        return " ".join(told)

    def _axis(self) -> tuple[int, int]:
        """Return the powers of ten that hold all values."""
        values = [each.value for panel in self.panels for each in panel.bars]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return low, max(high, low + 1)

    def _panel(self, root: ET.Element, panel: Panel, left: float, top: float) -> None:
        low, high = self._axis()
        start, bottom = left + LABEL, top + TITLE + len(panel.bars) * LINE
        _text(root, left, top + 14, panel.title, kind="panel")
        for power in range(low, high + 1):
            x = start + BAR * (power - low) / (high - low)
            ends = {"x1": _n(x), "x2": _n(x), "y1": _n(top + TITLE), "y2": _n(bottom)}
            ET.SubElement(root, "line", ends | {"class": "line"})
            _text(root, x, bottom + 15, f"{10.0**power:g}", kind="quiet", anchor="middle")
        for number, each in enumerate(panel.bars):
            y = top + TITLE + number * LINE + (LINE - THICK) / 2
            length = max(BAR * (math.log10(each.value) - low) / (high - low), 1)
            _text(root, start - 8, y + 10.5, each.label, anchor="end")
            ET.SubElement(root, "rect", _at(start, y, length, THICK) | {"class": each.tone.value})
            _text(root, start + length + 6, y + 10.5, _told(each, ""))

    def _explain(self, root: ET.Element, y: float) -> None:
        x = float(MARGIN)
        for tone, meaning in self.legend:
            ET.SubElement(root, "rect", _at(x, y - 10, 12, 12) | {"class": tone.value})
            _text(root, x + 18, y, meaning, kind="quiet")
            x += 34 + 6.6 * len(meaning)


def _root(width: float, height: float) -> ET.Element:
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_n(width)} {_n(height)}",
            "width": _n(width),
            "height": _n(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )


def _text(
    root: ET.Element, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start"
) -> None:
    place = {"x": _n(x), "y": _n(y), "text-anchor": anchor}
    ET.SubElement(root, "text", place | ({"class": kind} if kind else {})).text = words


def _at(x: float, y: float, width: float, height: float) -> dict[str, str]:
    return {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height)}


def _told(bar: Bar, unit: str) -> str:
    """Return a value in three digits, and what is said of it.

    >>> _told(Bar("HNSW", 2.4961, "recall 0.95"), "ms")
    '2.5 ms, recall 0.95'
    """
    value = f"{bar.value:,.0f}" if bar.value >= 100 else f"{bar.value:.3g}"
    return ", ".join(filter(None, [f"{value} {unit}".strip(), bar.note]))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")

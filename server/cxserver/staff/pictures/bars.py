"""Bars of a picture: points of a scale, drivers to both sides of a line, parts of a whole."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from cxserver.results.charts import Bar, Likert, Pair, Segment
from cxserver.staff.pictures import svg
from cxserver.staff.pictures.picture import INSIDE, Drawing

# Color of a point and of the letters on it.
_POINTS: Mapping[int, tuple[str, str]] = {
    1: (svg.ORANGE, svg.PAPER),
    2: ("#f2a76d", svg.INK),
    3: (svg.LINE, svg.INK),
    4: (svg.LIGHT_BLUE, svg.INK),
    5: (svg.BLUE, svg.PAPER),
}
_WORSE = "#f39268"
# Narrower segments have no room for their label.
_LABELED = 6
_DRIVER, _PART = 78, 52


class DriverRow(Protocol):
    """A driver: its name, its bars, and what each of them says."""

    @property
    def label(self) -> str: ...
    @property
    def pair(self) -> Pair: ...
    @property
    def worse(self) -> str: ...
    @property
    def better(self) -> str: ...


class PartRow(Protocol):
    """A part: its name, what its bar says, and how wide that is, in percent."""

    @property
    def label(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def width(self) -> float: ...


def likert(chart: Likert, ends: tuple[str, str]) -> Drawing:
    """The bar of one question, with what its two ends are."""
    segments = [part for bar in chart.bars for part in bar if part.width > 0]
    marks = [item for part in segments for item in _segment(part)]
    x = across(chart.centre)
    marks += [_line(x, x, top, top + 8) for top in (0, 80)]
    marks.append(svg.text(ends[0], 0, 112, fill=svg.SOFT))
    marks.append(svg.text(ends[1], INSIDE, 112, fill=svg.SOFT, text_anchor="end"))
    return Drawing(118, marks)


def drivers(rows: Sequence[DriverRow]) -> Drawing:
    """What could be better to the left, what went well to the right."""
    marks = [
        svg.text("← could be better", 0, 14, fill=svg.SOFT),
        svg.text("went well →", INSIDE, 14, fill=svg.SOFT, text_anchor="end"),
    ]
    for at, row in enumerate(rows):
        marks += _driver(row, 24 + _DRIVER * at)
    return Drawing(24 + _DRIVER * len(rows), marks)


def parts(rows: Sequence[PartRow]) -> Drawing:
    """A bar for each count, from the left."""
    marks: list[str] = []
    for at, row in enumerate(rows):
        top = _PART * at
        marks.append(svg.text(row.label, 0, top + 18, font_weight="bold"))
        marks.append(svg.text(row.text, INSIDE, top + 18, fill=svg.SOFT, text_anchor="end"))
        marks.append(_rect(0, top + 26, across(row.width), 14, svg.LIGHT_BLUE))
    return Drawing(_PART * len(rows), marks)


def across(percent: float) -> float:
    """How far from the left a place in percent is."""
    return INSIDE * percent / 100


def _segment(part: Segment) -> list[str]:
    paper, ink = _POINTS[part.point]
    marks = [_rect(across(part.left), 8, across(part.width), 72, paper)]
    if part.width >= _LABELED:
        x = across(part.middle)
        looks = {"fill": ink, "text_anchor": "middle"}
        marks.append(svg.text(part.label, x, 38, font_size=18, font_weight="bold", **looks))
        marks.append(svg.text(f"{100 * part.share:.0f}%", x, 64, **looks))
    return marks


def _driver(row: DriverRow, top: float) -> list[str]:
    middle = across(50)
    return [
        svg.text(row.label, middle, top + 20, font_weight="bold", text_anchor="middle"),
        svg.text(row.worse, 0, top + 44, fill=svg.SOFT),
        svg.text(row.better, INSIDE, top + 44, fill=svg.SOFT, text_anchor="end"),
        *_side(row.pair.worse, _WORSE, top),
        *_side(row.pair.better, svg.LIGHT_BLUE, top),
        _line(middle, middle, top + 48, top + 74),
    ]


def _side(bar: Bar, color: str, top: float) -> list[str]:
    low, high = across(bar.low), across(bar.high)
    ends = [_line(x, x, top + 56, top + 66) for x in (low, high)]
    shape = _rect(across(bar.left), top + 51, across(bar.width), 20, color)
    return [shape, _line(low, high, top + 61, top + 61), *ends]


def _rect(x: float, y: float, width: float, height: float, color: str) -> str:
    return svg.mark("rect", x=x, y=y, width=width, height=height, fill=color)


def _line(x1: float, x2: float, y1: float, y2: float) -> str:
    return svg.mark("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke=svg.INK, stroke_width=2)

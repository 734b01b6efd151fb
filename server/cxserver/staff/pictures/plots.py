"""Plots of a picture, with two axes: a score over time, and offices by how many answered."""

from collections.abc import Mapping, Sequence

from cxserver.results.charts import Dot, Plot, Run, Spot, Tick, Trend
from cxserver.staff.pictures import svg
from cxserver.staff.pictures.bars import across
from cxserver.staff.pictures.picture import INSIDE, Drawing

_TREND, _FUNNEL = 220, 300
# Room for the label of the top line, and for those beneath.
_TOP, _BELOW = 20, 28
_ROOM = 12
# Where the line of all offices begins: right of the labels.
_BESIDE = 50


def trend(chart: Trend) -> Drawing:
    """The share by period; it is broken where two periods do not compare."""
    marks = _grid(chart.up, _TREND)
    marks += [item for run in chart.runs for item in _run(run)]
    marks += [_upright(across(stop.at), _TOP, _TOP + _TREND, "6 4") for stop in chart.breaks]
    marks += [_diamond(across(note.at), _TOP + _TREND) for note in chart.notes]
    return Drawing(_TOP + _TREND + _BELOW, marks + _labels(chart.across, _TREND))


def funnel(chart: Plot, names: Mapping[str, str], overall: str) -> Drawing:
    """Offices and the limits around all of them, the share of whom is `overall`. Those in `names`
    have theirs beside them.
    """
    marks = [
        svg.mark("polygon", points=_placed(area, _FUNNEL), fill=color)
        for area, color in ((chart.outer, "#f0f0f0"), (chart.inner, svg.LINE))
    ]
    marks += _grid(chart.up, _FUNNEL)
    marks.append(_level(_down(chart.overall, _FUNNEL), svg.SOFT, "2 3", _BESIDE))
    marks += [item for spot in chart.spots for item in _spot(spot, names.get(spot.name, ""))]
    marks += _labels(chart.across, _FUNNEL)
    end = _TOP + _FUNNEL + _BELOW
    axis = svg.text("People who answered", INSIDE, end + 16, fill=svg.SOFT, text_anchor="end")
    return Drawing(end + 52, [*marks, axis, *_legend(end + 44, overall)])


def _grid(up: Sequence[Tick], height: float) -> list[str]:
    marks = []
    for tick in up:
        y = _down(tick.at, height)
        marks.append(_level(y, svg.LINE))
        marks.append(svg.text(tick.label, 0, y - 4, fill=svg.SOFT))
    return marks


def _labels(ticks: Sequence[Tick], height: float) -> list[str]:
    return [
        svg.text(
            tick.label,
            across(tick.at),
            _TOP + height + _BELOW - 6,
            fill=svg.SOFT,
            text_anchor="start" if tick.at < 6 else "end" if tick.at > 94 else "middle",
        )
        for tick in ticks
    ]


def _run(run: Run) -> list[str]:
    band = svg.mark("polygon", points=_placed(run.band, _TREND), fill=svg.PALE_BLUE)
    line = svg.mark(
        "polyline",
        points=_placed(run.line, _TREND),
        fill="none",
        stroke=svg.BLUE,
        stroke_width=2,
    )
    return [band, line, *(item for dot in run.dots for item in _dot(dot))]


def _dot(dot: Dot) -> list[str]:
    x = across(dot.x)
    ends = {"y1": _down(dot.high, _TREND), "y2": _down(dot.low, _TREND)}
    whisker = svg.mark("line", x1=x, x2=x, **ends, stroke=svg.LIGHT_BLUE, stroke_width=2)
    return [whisker, _circle(x, _down(dot.y, _TREND), 5, svg.BLUE)]


def _spot(spot: Spot, name: str) -> list[str]:
    x, y = across(spot.x), _down(spot.y, _FUNNEL)
    marks = [_shape(spot.outside, x, y)]
    if name:
        side, anchor = (-_ROOM, "end") if spot.x > 60 else (_ROOM, "start")
        marks.append(svg.text(name, x + side, y + 5, text_anchor=anchor))
    return marks


def _shape(outside: str, x: float, y: float) -> str:
    if outside == "above":
        return _path(f"M{x:.2f} {y - 8:.2f}l8 14h-16z", svg.BLUE)
    if outside == "below":
        return _path(f"M{x:.2f} {y + 8:.2f}l8 -14h-16z", svg.ORANGE)
    return _circle(x, y, 4, svg.SOFT)


def _legend(y: float, overall: str) -> list[str]:
    usual = f"usual range around {overall}"
    words = (("above", "clearly higher"), ("within", usual), ("below", "clearly lower"))
    marks = []
    for at, (outside, says) in enumerate(words):
        marks.append(_shape(outside, 10 + 250 * at, y))
        marks.append(svg.text(says, 26 + 250 * at, y + 5, fill=svg.SOFT))
    return marks


def _diamond(x: float, y: float) -> str:
    return _path(f"M{x:.2f} {y - 8:.2f}l7 8l-7 8l-7 -8z", svg.INK)


def _upright(x: float, y1: float, y2: float, dashes: str) -> str:
    looks = {"stroke": svg.INK, "stroke_dasharray": dashes}
    return svg.mark("line", x1=x, x2=x, y1=y1, y2=y2, stroke_width=2, **looks)


def _level(y: float, color: str, dashes: str = "none", start: float = 0) -> str:
    looks = {"stroke": color, "stroke_dasharray": dashes}
    return svg.mark("line", x1=start, x2=INSIDE, y1=y, y2=y, **looks)


def _circle(x: float, y: float, radius: float, color: str) -> str:
    return svg.mark("circle", cx=x, cy=y, r=radius, fill=color, stroke=svg.PAPER)


def _path(shape: str, color: str) -> str:
    return svg.mark("path", d=shape, fill=color, stroke=svg.PAPER)


def _down(percent: float, height: float) -> float:
    return _TOP + height * percent / 100


def _placed(points: str, height: float) -> str:
    """Points in percent, as the page draws them, at their places."""
    pairs = (pair.split(",") for pair in points.split())
    return " ".join(f"{across(float(x)):.2f},{_down(float(y), height):.2f}" for x, y in pairs)

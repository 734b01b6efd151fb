"""Where the marks of a chart stand, in percent of its width and height. Pure.

The templates draw them. Percentages, because then text keeps its size on a phone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from cxserver.results import suppression
from cxserver.results.drivers import Taps
from cxserver.results.funnel import INNER, OUTER, Funnel, Position
from cxserver.results.measures import Score

_GRID = 28
# The labels of the vertical axis stand left of the marks.
_MARGIN = 10
# The look of each count in a bar, and its label.
_POINTS = tuple((point, str(point)) for point in range(1, 6))
_THUMBS = ((1, "down"), (5, "up"))


@dataclass(frozen=True, slots=True)
class Segment:
    """One of the points 1 to 5 in a bar: its left end and width, its share of all.

    A thumb down has the look of a 1, a thumb up that of a 5; the label tells.
    """

    point: int
    left: float
    width: float
    share: float
    label: str

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True)
class Likert:
    """Bars that are level at the middle of their neutral point."""

    centre: float
    bars: tuple[tuple[Segment, ...], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One period of a trend, from the left and from the top."""

    x: float
    y: float
    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class Run:
    """Periods that may be joined by a line: `band` and `line` are points of SVG."""

    dots: tuple[Dot, ...]

    @property
    def line(self) -> str:
        """The line through the shares."""
        return _points([(dot.x, dot.y) for dot in self.dots])

    @property
    def band(self) -> str:
        """The interval around the line."""
        over = [(dot.x, dot.high) for dot in self.dots]
        return _points(over + [(dot.x, dot.low) for dot in reversed(self.dots)])


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs of periods; between two of them something is hidden, missing or not comparable.
    `notes` are days on which something happened.
    """

    runs: tuple[Run, ...]
    breaks: tuple[Tick, ...]
    notes: tuple[Tick, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """An office in a funnel."""

    name: str
    x: float
    y: float
    outside: Position


@dataclass(frozen=True, slots=True)
class Plot:
    """A funnel: offices, the limits around the overall share (points of SVG), and the axes."""

    spots: tuple[Spot, ...]
    outer: str
    inner: str
    overall: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A length from the middle line, and the interval around its end."""

    left: float
    width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    """What one driver's bars show: left what could be better, right what went well."""

    taps: Taps
    worse: Bar
    better: Bar


def likert(scores: Sequence[Score]) -> Likert:
    """Bars of the points 1 to 5, or of thumbs, of those that 5 people or more answered."""
    shown = [[n / score.n for n in score.counts] for score in scores if _is_shown(score.n)]
    left = max((_left(shares) for shares in shown), default=0.5)
    right = max((1 - _left(shares) for shares in shown), default=0.5)
    scale = 100 / (left + right)
    return Likert(scale * left, tuple(_bar(shares, scale, scale * left) for shares in shown))


def trend(
    series: Sequence[tuple[str, Score | None]],
    breaks: Collection[str],
    labels: int = 3,
    notes: Sequence[tuple[float, str]] = (),
    beside: Sequence[Score | None] = (),
) -> Trend:
    """A trend by period. None is a period that is not shown, and so is one with few answers.

    `notes` stand at a number of periods from the left: 1.5 is the middle of the second. `beside`
    are the scores of the charts that stand beside it: all of them have one scale.
    """
    shown = [(name, score if score and _is_shown(score.n) else None) for name, score in series]
    known = [score for _, score in shown if score]
    known += [score for score in beside if score and _is_shown(score.n)]
    low, high = _range([item.low or 0.0 for item in known], [item.high or 0.0 for item in known])
    step = (100 - _MARGIN) / max(1, len(shown))
    runs: list[list[Dot]] = [[]]
    for at, (name, score) in enumerate(shown):
        if runs[-1] and (score is None or name in breaks):
            runs.append([])
        if score is not None:
            runs[-1].append(_dot(name, score, _MARGIN + (at + 0.5) * step, low, high))
    every = max(1, ceil(len(shown) / labels))
    return Trend(
        tuple(Run(tuple(dots)) for dots in runs if dots),
        tuple(
            Tick(_MARGIN + at * step, name) for at, (name, _) in enumerate(shown) if name in breaks
        ),
        tuple(Tick(_MARGIN + at * step, name) for at, name in notes),
        tuple(
            Tick(_MARGIN + (at + 0.5) * step, name)
            for at, (name, _) in enumerate(shown)
            if (len(shown) - 1 - at) % every == 0
        ),
        _shares(low, high),
    )


def funnel(funnel: Funnel) -> Plot:
    """Offices by how many answered (to the right) and their share (up), with their limits."""
    least = suppression.NOT_FOR_COMPARISON
    points = [point for point in funnel.points if point.n >= least]
    most = max((point.n for point in points), default=2 * least)
    grid = [_between(least, most, at / (_GRID - 1)) for at in range(_GRID)]
    outer = [funnel.limits(n, OUTER) for n in grid]
    inner = [funnel.limits(n, INNER) for n in grid]
    shares = [point.share for point in points] or [funnel.overall]
    low, high = _range([*shares, funnel.limits(grid[-1])[0]], [*shares, funnel.limits(grid[-1])[1]])

    def x(n: int) -> float:
        return _MARGIN + (98 - _MARGIN) * (sqrt(n) - sqrt(least)) / max(
            1e-9, sqrt(grid[-1]) - sqrt(least)
        )

    def y(share: float) -> float:
        return _up(min(high, max(low, share)), low, high)

    def area(limits: Sequence[tuple[float, float]]) -> str:
        over = [(x(n), y(limit[1])) for n, limit in zip(grid, limits, strict=True)]
        under = [(x(n), y(limit[0])) for n, limit in zip(grid, limits, strict=True)]
        return _points(over + under[::-1])

    return Plot(
        tuple(Spot(point.name, x(point.n), y(point.share), point.outside) for point in points),
        area(outer),
        area(inner),
        y(funnel.overall),
        tuple(Tick(x(n), f"{n:,}") for n in _nice(least, grid[-1])),
        _shares(low, high),
    )


def drivers(taps: Sequence[Taps]) -> tuple[Pair, ...]:
    """Bars to both sides of a middle line, of the drivers that 5 people or more were offered."""
    shown = [tap for tap in taps if _is_shown(tap.n)]
    most = max(
        (max(item.went_well.high or 0, item.could_be_better.high or 0) for item in shown), default=1
    )
    scale = 48 / max(most, 1e-9)
    result = []
    for item in shown:
        worse, better = item.could_be_better, item.went_well
        long, short = scale * (worse.share or 0), scale * (better.share or 0)
        result.append(
            Pair(
                item,
                Bar(50 - long, long, 50 - scale * (worse.high or 0), 50 - scale * (worse.low or 0)),
                Bar(50, short, 50 + scale * (better.low or 0), 50 + scale * (better.high or 0)),
            )
        )
    return tuple(result)


def parts(counts: Mapping[str, int | None]) -> dict[str, float]:
    """How wide the bar of each count is; the largest is 100. Hidden counts have none."""
    most = max((n for n in counts.values() if n), default=1)
    return {name: 100 * n / most for name, n in counts.items() if n and _is_shown(n)}


def _is_shown(n: int) -> bool:
    return suppression.staff(n) != "none"


def _left(shares: Sequence[float]) -> float:
    return shares[0] if len(shares) == len(_THUMBS) else shares[0] + shares[1] + shares[2] / 2


def _bar(shares: Sequence[float], scale: float, centre: float) -> tuple[Segment, ...]:
    at = centre - scale * _left(shares)
    result = []
    points = _THUMBS if len(shares) == len(_THUMBS) else _POINTS
    for (point, label), share in zip(points, shares, strict=True):
        result.append(Segment(point, at, scale * share, share, label))
        at += scale * share
    return tuple(result)


def _dot(name: str, score: Score, x: float, low: float, high: float) -> Dot:
    share, least, most = (
        _up(item or 0.0, low, high) for item in (score.top2, score.low, score.high)
    )
    return Dot(x, share, least, most, name)


def _range(lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    """Whole tens of percent around everything, and never fewer than two of them."""
    low = floor(10 * min(lows, default=0.0) + 1e-9) / 10
    high = ceil(10 * max(highs, default=1.0) - 1e-9) / 10
    if high - low < 0.2:
        low, high = (low - 0.1, high) if low >= 0.1 else (low, high + 0.1)
    return max(0.0, low), min(1.0, high)


def _up(share: float, low: float, high: float) -> float:
    return 100 * (high - share) / (high - low)


def _shares(low: float, high: float) -> tuple[Tick, ...]:
    tens = range(round(10 * low), round(10 * high) + 1)
    every = 2 if len(tens) > 6 else 1
    return tuple(Tick(_up(ten / 10, low, high), f"{10 * ten}%") for ten in tens[::every])


def _between(low: int, high: int, part: float) -> int:
    # Even steps on the axis, which shows square roots: small offices need the room.
    return max(low, round((sqrt(low) + part * (sqrt(high) - sqrt(low))) ** 2))


def _nice(low: int, high: int) -> list[int]:
    marks = [low, *(step * 10**zeros for zeros in range(2, 8) for step in (1, 2, 5))]
    result = [n for n in marks if low <= n <= high]
    return [result[0], *result[1:][-3:]] if len(result) > 4 else result


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)

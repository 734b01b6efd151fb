"""A small line of the last weeks: where its marks stand, in percent of its width and height. Pure.

It names no value: the numbers stand beside it, and in the table of the page it leads to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from cxserver.results.charts import Dot, Run
from cxserver.results.measures import Score
from cxserver.results.suppression import NOT_FOR_COMPARISON

# So many blocks: a quarter of a year, by week.
MOST = 13
# Room for half a dot at either end.
_EDGE = 3.0
_STEP = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """What the height goes from and to, in percent; charts that stand together share one."""

    low: int
    high: int

    def top(self, share: float) -> float:
        """How far from the top a share stands."""
        part = (100 * share - self.low) / (self.high - self.low)
        return 100 - 100 * min(1.0, max(0.0, part))

    @property
    def words(self) -> str:
        """As "60 to 100%"."""
        return f"{self.low} to {self.high}%"


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Runs that may be joined, where it breaks, where the reference and the dated notes stand."""

    runs: tuple[Run, ...]
    breaks: tuple[float, ...]
    reference: float | None
    first: str
    last: str
    notes: tuple[float, ...] = ()

    @property
    def end(self) -> Dot:
        """The newest mark."""
        return self.runs[-1].dots[-1]


@dataclass(frozen=True, slots=True)
class Bars:
    """How many answered, block by block: x, width, top and height of each bar, from zero."""

    bars: tuple[tuple[float, float, float, float], ...]
    first: str
    last: str


def scale(
    series: Sequence[Sequence[tuple[str, Score | None]]], references: Iterable[float] = ()
) -> Scale:
    """One scale for all of these and for what they are held against, in whole tens."""
    shown = [score for each in series for _, score in each[-MOST:] if _is_shown(score)]
    beside = list(references)
    lows = [score.low for score in shown if score and score.low is not None] + beside
    highs = [score.high for score in shown if score and score.high is not None] + beside
    low = _STEP * floor(100 * min(lows, default=0.0) / _STEP)
    high = _STEP * ceil(100 * max(highs, default=1.0) / _STEP)
    return Scale(low, max(high, low + _STEP))


def line(
    series: Sequence[tuple[str, Score | None]],
    scale: Scale,
    stops: frozenset[str],
    reference: float | None = None,
    notes: Sequence[float] = (),
) -> Sparkline | None:
    """The last blocks (label, score) as a line; it is broken before the blocks in `stops`, and
    where fewer than 30 answered. `notes` are places in blocks from the left edge of the series.
    None where there are not two marks to compare.
    """
    blocks = series[-MOST:]
    runs: list[list[Dot]] = [[]]
    breaks: list[float] = []
    for at, (label, score) in enumerate(blocks):
        x = _across(at, len(blocks))
        if label in stops and at:
            breaks.append(x - 50 / max(1, len(blocks) - 1))
        if label in stops or not _is_shown(score):
            runs.append([])
        if score is not None and _is_shown(score):
            runs[-1].append(_dot(x, score, scale, label))
    joined = tuple(Run(tuple(dots)) for dots in runs if dots)
    if sum(len(run.dots) for run in joined) < 2:  # one mark shows no way
        return None
    height = None if reference is None else scale.top(reference)
    first = len(series) - len(blocks)
    marks = (_across(place - first - 0.5, len(blocks)) for place in notes if place >= first)
    return Sparkline(joined, tuple(breaks), height, blocks[0][0], blocks[-1][0], tuple(marks))


def bars(series: Sequence[tuple[str, int]]) -> Bars | None:
    """How many answered in each of the last blocks (label, people)."""
    blocks = series[-MOST:]
    most = max((n for _, n in blocks), default=0)
    if most == 0 or len(blocks) < 2:  # one bar compares with nothing
        return None
    width = 100 / len(blocks)
    drawn = tuple(
        (at * width + 0.15 * width, 0.7 * width, 100 - 100 * n / most, 100 * n / most)
        for at, (_, n) in enumerate(blocks)
    )
    return Bars(drawn, blocks[0][0], blocks[-1][0])


def _is_shown(score: Score | None) -> bool:
    return score is not None and score.n >= NOT_FOR_COMPARISON


def _across(at: float, n: int) -> float:
    return _EDGE + (100 - 2 * _EDGE) * (at / (n - 1) if n > 1 else 1.0)


def _dot(x: float, score: Score, scale: Scale, label: str) -> Dot:
    share, low, high = score.top2 or 0.0, score.low or 0.0, score.high or 0.0
    return Dot(x, scale.top(share), scale.top(low), scale.top(high), label)

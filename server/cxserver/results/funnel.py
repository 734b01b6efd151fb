"""Which offices lie outside of what chance, and the usual spread of offices, explain? Pure.

A funnel plot and shrunken estimates, never a rank: in raw order the smallest offices are always
first and last.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from cxserver.results import chance, measures
from cxserver.results.measures import Interval

# One office of 500 lies beyond these limits by chance, one of 20 beyond the inner ones.
OUTER = 0.998
INNER = 0.95
# Limits are widened by the usual spread only where there are so many offices to learn it from,
FEW = 8
# and estimates are drawn together only where there are so many.
_SEVERAL = 3
# What the farthest offices show beyond the rest must not widen the limits that are to find them.
_TRIMMED = 0.1

Position = Literal["within", "above", "below"]


@dataclass(frozen=True, slots=True)
class Point:
    """One office. `share` is what was counted; `estimate`, with `low` and `high`, what to expect
    of it: drawn towards the overall share, the more so the fewer answers it has.

    `outside` says whether it lies beyond the outer limits, `apart` beyond the inner ones.
    """

    name: str
    hits: int
    n: int
    share: float
    estimate: float
    low: float
    high: float
    apart: Position
    outside: Position


@dataclass(frozen=True, slots=True)
class Funnel:
    """`overall` is the share of all; `spread` how alike two answers of one office are (0: offices
    differ by chance alone). `expected` offices would lie outside by chance.
    """

    overall: float
    spread: float
    points: tuple[Point, ...]
    expected: float

    @property
    def outside(self) -> tuple[Point, ...]:
        """The points beyond the outer limits."""
        return tuple(point for point in self.points if point.outside != "within")

    def limits(self, n: int, level: float = OUTER) -> Interval:
        """The shares between which `level` of the offices with `n` answers lie."""
        return limits(self.overall, n, self.spread, level)


def funnel(offices: Mapping[str, tuple[int, int]]) -> Funnel | None:
    """The funnel of offices, each given as (hits, n), by name. None when nobody answered."""
    answered = {name: counts for name, counts in sorted(offices.items()) if counts[1]}
    n = sum(counts[1] for counts in answered.values())
    if not n:
        return None
    overall = sum(counts[0] for counts in answered.values()) / n
    counts = list(answered.values())
    spread = _spread(overall, counts, trimmed=True)
    strength = _strength(overall, counts)
    points = tuple(
        _point(name, *answered[name], overall=overall, spread=spread, strength=strength)
        for name in answered
    )
    return Funnel(overall, spread, points, len(points) * (1 - OUTER))


def limits(overall: float, n: float, spread: float = 0.0, level: float = OUTER) -> Interval:
    """Control limits: the shares at which the tail of the binomial is just half of 1 - `level`.

    Offices differ for good reasons too. `n` answers of one office count as fewer independent ones
    (the design effect of a beta-binomial), which keeps the limits of large offices apart.
    """
    if overall in (0.0, 1.0):
        return overall, overall
    worth = _worth(n, spread)
    tail = (1 - level) / 2
    low = _crossing(lambda share: chance.at_most(share * worth, worth, overall) - tail, 0, overall)
    high = _crossing(
        lambda share: tail - chance.at_least(share * worth, worth, overall), overall, 1
    )
    return low, high


def _point(
    name: str, hits: int, n: int, *, overall: float, spread: float, strength: float
) -> Point:
    seen = hits + overall * strength
    people = n + strength
    low, high = measures.wilson(seen, people)
    return Point(
        name,
        hits,
        n,
        share=hits / n,
        estimate=seen / people,
        low=low,
        high=high,
        apart=_position(hits, n, overall, spread, INNER),
        outside=_position(hits, n, overall, spread, OUTER),
    )


def _position(hits: int, n: int, overall: float, spread: float, level: float) -> Position:
    if overall in (0.0, 1.0):
        return "within"
    worth = _worth(n, spread)
    seen = hits / n * worth
    tail = (1 - level) / 2
    if chance.at_most(seen, worth, overall) < tail:
        return "below"
    return "above" if chance.at_least(seen, worth, overall) < tail else "within"


def _worth(n: float, spread: float) -> float:
    return n / (1 + (n - 1) * spread)


def _spread(overall: float, counts: list[tuple[int, int]], *, trimmed: bool) -> float:
    """How alike two answers of one office are, by moments (the intraclass correlation).

    The squared distances from the overall share add up to one per office by chance alone; what is
    more comes from differences between offices.
    """
    if overall in (0.0, 1.0) or (trimmed and len(counts) < FEW):
        return 0.0
    noise = overall * (1 - overall)
    far = [(hits / n - overall) / sqrt(noise / n) for hits, n in counts]
    if trimmed:
        far = _winsorised(far)
    people = sum(n for _, n in counts)
    alone = len(counts) - 1
    room = people - sum(n * n for _, n in counts) / people - alone
    if room <= 0:
        return 0.0
    return min(0.99, max(0.0, (sum(item * item for item in far) - alone) / room))


def _winsorised(values: list[float]) -> list[float]:
    order = sorted(values)
    cut = int(len(order) * _TRIMMED)
    low, high = order[cut], order[-1 - cut]
    return [min(high, max(low, value)) for value in values]


def _strength(overall: float, counts: list[tuple[int, int]]) -> float:
    """How many answers what is known of all offices is worth when one of them is judged."""
    if len(counts) < _SEVERAL:
        return 0.0
    # Where no spread is to be seen, all estimates come close to the overall share.
    return 1 / max(_spread(overall, counts, trimmed=False), 1e-4) - 1


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(40):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2

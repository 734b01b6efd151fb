"""Counts per point → shares, intervals, means. Pure: counts are kept, scores are derived."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

# Two-sided 95 %.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Score:
    """A 5-point question: counts of the points 1 to 5 and what follows from them.

    `top2` is the share of 4 and 5 (0 to 1), `low` and `high` its Wilson 95 % interval, `mean`
    lies between 1 and 5. All are None when nobody answered.
    """

    counts: tuple[int, ...]
    top2: float | None
    low: float | None
    high: float | None
    mean: float | None

    @property
    def n(self) -> int:
        """How many answered."""
        return sum(self.counts)


def score(counts: Sequence[int]) -> Score:
    """The score of `counts`, five numbers for the points 1 to 5."""
    n = sum(counts)
    if n == 0:
        return Score(tuple(counts), None, None, None, None)
    top = counts[3] + counts[4]
    low, high = wilson(top, n)
    mean = sum(point * count for point, count in enumerate(counts, start=1)) / n
    return Score(tuple(counts), top / n, low, high, mean)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: honest also for small n, and at 0 and 1."""
    share = hits / n
    weight = 1 + _Z**2 / n
    centre = (share + _Z**2 / (2 * n)) / weight
    half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / weight
    # Rounding may leave 1e-17 instead of nothing.
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == n else min(1.0, centre + half)

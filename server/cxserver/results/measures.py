"""Counts per point → shares, intervals, means. Pure: counts are kept, scores are derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from cxserver.results import chance

# Two-sided 95 %.
_Z = 1.959963984540054

Interval = tuple[float, float]
# So many counts: down and up.
_THUMBS = 2


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` people, with the Wilson 95 % interval; the shares are None when n is 0."""

    hits: int
    n: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def people(self) -> str:
        """As people say it: "7 of 9"."""
        return people(self.hits, self.n)


@dataclass(frozen=True, slots=True)
class Score:
    """A question with points: how many gave each, the worst first, and what follows from them.

    `top2` is the share of 4 and 5 (0 to 1), `low` and `high` its Wilson 95 % interval, `mean`
    lies between 1 and 5. All are None when nobody answered. By thumbs there are two counts, down
    and up; `top2` is then the share of thumbs up, and there is no mean.
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

    @property
    def is_thumbs(self) -> bool:
        """Whether it was asked by thumbs."""
        return len(self.counts) == _THUMBS

    @property
    def top(self) -> int:
        """How many gave a 4 or a 5, or a thumb up."""
        return _top(self.counts)

    @property
    def bottom(self) -> int:
        """How many gave a 1 or a 2, or a thumb down."""
        return self.counts[0] if self.is_thumbs else self.counts[0] + self.counts[1]

    @property
    def people(self) -> str:
        """As people say it: "7 of 9" gave a 4 or a 5."""
        return people(self.top, self.n)


def score(counts: Sequence[int]) -> Score:
    """The score of `counts`, five numbers for the points 1 to 5, or two for thumbs."""
    n = sum(counts)
    if n == 0:
        return Score(tuple(counts), None, None, None, None)
    top = _top(counts)
    low, high = wilson(top, n)
    mean = sum(point * count for point, count in enumerate(counts, start=1)) / n
    return Score(tuple(counts), top / n, low, high, None if len(counts) == _THUMBS else mean)


def share(hits: int, n: int) -> Share:
    """`hits` of `n` as a share with its interval."""
    if n == 0:
        return Share(hits, n, None, None, None)
    return Share(hits, n, hits / n, *wilson(hits, n))


def _top(counts: Sequence[int]) -> int:
    return counts[1] if len(counts) == _THUMBS else counts[3] + counts[4]


def choices(counts: Mapping[str, int]) -> dict[str, Share]:
    """A question with one choice each: the share of every code among those who answered it."""
    n = sum(counts.values())
    return {code: share(count, n) for code, count in sorted(counts.items())}


def people(hits: int, n: int) -> str:
    """As people say it: "7 of 9", "1,204 of 1,500"."""
    return f"{hits:,} of {n:,}"


def wilson(hits: float, n: float, level: float = 0.95) -> Interval:
    """Wilson's interval of a share: honest also for small n, and at 0 and 1."""
    z = _Z if level == 0.95 else chance.z(level)
    share = hits / n
    weight = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / weight
    half = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / weight
    # Rounding may leave 1e-17 instead of nothing.
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == n else min(1.0, centre + half)


def newcombe(interval: Interval, there: Interval, p: float, q: float) -> Interval:
    """Newcombe's interval of the difference p - q from the Wilson interval of each (his method 10).

    Each end takes from either side the half of its own interval that points that way.
    """
    down = sqrt((p - interval[0]) ** 2 + (there[1] - q) ** 2)
    up = sqrt((interval[1] - p) ** 2 + (q - there[0]) ** 2)
    return p - q - down, p - q + up


def difference(inside: tuple[int, int], outside: tuple[int, int], level: float = 0.95) -> Interval:
    """The interval of the difference of two shares, each given as (hits, n)."""
    return newcombe(
        wilson(*inside, level),
        wilson(*outside, level),
        inside[0] / inside[1],
        outside[0] / outside[1],
    )

"""Which channels the answers came by: whether that changed, and what a change would be without it.

Pure. Each channel reaches other people (a kiosk those who stand at the exit, an email those who
read it), so a share can move although nobody's mind did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt

from cxserver.results import measures

# Of two mixes whose distance is d, the one cannot give another share than the other by more than
# d times the gap between the best and the worst channel. Channels rarely lie more than 20 points
# apart: at 0.1 the mix alone moves a share by no more than 2 points.
LIMIT = 0.1

Counts = Mapping[str, tuple[int, int]]  # channel → (hits, n)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The difference that is left when both sides have the same mix (direct standardisation).

    `covered` is the share of all answers that came by channels which both sides have: what came
    by another cannot be compared with anything.
    """

    difference: float
    low: float
    high: float
    covered: float


def distance(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """The total variation distance of two mixes: 0 the same, 1 nothing in common."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return 0.0
    names = before.keys() | after.keys()
    return sum(abs(before.get(name, 0) / n - after.get(name, 0) / m) for name in names) / 2


def by_chance(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """The distance to be expected of two samples of one mix: large when the samples are small."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return 0.0
    distance = 0.0
    for name in before.keys() | after.keys():
        share = (before.get(name, 0) + after.get(name, 0)) / (n + m)
        distance += sqrt(2 / pi * share * (1 - share) * (1 / n + 1 / m))
    return distance / 2


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Whether the mix moved by more than `LIMIT` beyond what chance does."""
    return distance(before, after) - by_chance(before, after) > LIMIT


def adjusted(
    before: Counts, after: Counts, weights: Mapping[str, int] | None = None, level: float = 0.95
) -> Adjusted | None:
    """How `after` differs from `before` at the same mix, or None when no channel is in both.

    `weights` is the mix to compare at, by default that of both together. The interval joins the
    Wilson intervals of the channels as Newcombe's does those of two shares (MOVER).
    """
    everyone = {name: before[name][1] + after[name][1] for name in before.keys() & after.keys()}
    common = [name for name, _ in everyone.items() if before[name][1] and after[name][1]]
    given = everyone if weights is None else weights
    total = sum(given.get(name, 0) for name in common)
    if not total:
        return None
    difference = down = up = 0.0
    for name in common:
        weight = given.get(name, 0) / total
        (x, n), (y, m) = after[name], before[name]
        low, high = measures.difference((x, n), (y, m), level)
        apart = x / n - y / m
        difference += weight * apart
        down += (weight * (apart - low)) ** 2
        up += (weight * (high - apart)) ** 2
    share = total / (sum(given.values()) if weights is not None else _people(before, after))
    return Adjusted(difference, difference - sqrt(down), difference + sqrt(up), share)


def channels(counts: Counts) -> dict[str, int]:
    """The mix itself: how many answers came by each channel."""
    return {name: n for name, (_, n) in counts.items() if n}


def _people(*sides: Counts) -> int:
    return sum(n for side in sides for _, n in side.values())

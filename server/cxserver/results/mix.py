"""Which channels the answers came by: whether that changed, and what a change would be without it.

Pure. Each channel reaches other people (a kiosk those who stand at the exit, an email those who
read it), so a share can move although nobody's mind did.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import pi, sqrt

from cxserver.results import chance, measures

# Of two mixes whose distance is d, the one cannot give another share than the other by more than
# d times the gap between the best and the worst channel. Channels rarely lie more than 20 points
# apart: at 0.1 the mix alone moves a share by no more than 2 points.
LIMIT = 0.1
# How often a mix that stays as it is may look as if it had not, in one comparison or in one week
# of a series: at most 0.26 times in 52 weeks, and less as the tails are exact. The simulation in
# tests/results/test_breaks.py measures what it comes to.
RATE = 0.005
# Below this square of a normal deviate no exact tail is as short as `RATE`.
_PLAINLY_CHANCE = 5

Counts = Mapping[str, tuple[int, int]]  # <service>/<channel> → (hits, n)
Ways = Mapping[str, int]  # <service>/<channel> → n


@dataclass(frozen=True, slots=True)
class Shift:
    """Whose share of the answers is another than before: (its answers, all answers) each time.

    `service` or `channel` is empty where all of them are meant. `chance` tells how often a mix
    that stays as it is does this, adjusted for all that was looked at.
    """

    service: str
    channel: str
    before: tuple[int, int]
    after: tuple[int, int]
    chance: float = 0.0

    @property
    def moved(self) -> float:
        """By how much its share is larger than before."""
        return self.after[0] / self.after[1] - self.before[0] / self.before[1]


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


def shift(before: Ways, after: Ways, looks: int = 1) -> Shift | None:
    """Whether answers come by other ways than before, and which way changed most surely.

    The share of each channel, each service, and each channel of a service is held against what it
    was, by Fisher's exact test, twice the smaller tail; the smallest chance counts, times the
    number of shares and of `looks` at them (Bonferroni). It has to be at most `RATE`. Exact,
    because a chi-square calls three answers by a rare channel, in a week of 20, impossible. A
    sure shift counts where it matters: that share, or the mix as a whole, moved by more than
    `LIMIT`.
    """
    if not sum(before.values()) or not sum(after.values()):
        return None
    shares = list(_shares(before, after))
    unlikely = [item for item in shares if not _is_plainly_chance(item)]
    if not unlikely:
        return None
    far = distance(before, after) - by_chance(before, after) > LIMIT
    # Of two shares that are all there is, the one says what the other does.
    tries = looks * (1 if len(shares) == 2 else len(shares))
    tested = [_tested(item, tries) for item in unlikely if far or abs(item.moved) > LIMIT]
    sure = [item for item in tested if item.chance <= RATE]
    return min(sure, key=lambda item: (item.chance, -item.moved), default=None)


def again(shift: Shift, before: Ways, after: Ways) -> Shift:
    """The same channel or service among other answers: of more weeks than it was noticed in."""
    part = shift.service, shift.channel
    then, now = ((_parts(side).get(part, 0), sum(side.values())) for side in (before, after))
    return replace(shift, before=then, after=now)


def summed(several: Iterable[Ways]) -> dict[str, int]:
    """Several mixes together."""
    total: dict[str, int] = {}
    for ways in several:
        for way, n in ways.items():
            total[way] = total.get(way, 0) + n
    return total


def distance(before: Ways, after: Ways) -> float:
    """The total variation distance of two mixes: 0 the same, 1 nothing in common."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return 0.0
    names = before.keys() | after.keys()
    return sum(abs(before.get(name, 0) / n - after.get(name, 0) / m) for name in names) / 2


def by_chance(before: Ways, after: Ways) -> float:
    """The distance to be expected of two samples of one mix: large when the samples are small."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return 0.0
    distance = 0.0
    for name in before.keys() | after.keys():
        share = (before.get(name, 0) + after.get(name, 0)) / (n + m)
        distance += sqrt(2 / pi * share * (1 - share) * (1 / n + 1 / m))
    return distance / 2


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


def ways(counts: Counts) -> dict[str, int]:
    """The mix itself: how many answers came by each channel of each service."""
    return {name: n for name, (_, n) in counts.items() if n}


def _people(*sides: Counts) -> int:
    return sum(n for side in sides for _, n in side.values())


def _shares(before: Ways, after: Ways) -> Iterator[Shift]:
    """Every share that can have moved, before and after."""
    n, m = sum(before.values()), sum(after.values())
    if len(before.keys() | after.keys()) == 1:
        return
    then, now = _parts(before), _parts(after)
    parts = then.keys() | now.keys()
    several_channels = sum(not service for service, _ in parts) > 1
    several_services = sum(not channel for _, channel in parts) > 1
    for service, channel in sorted(parts):
        # What is the same share as another, or all of the answers, is looked at once.
        if channel and not several_channels or service and not several_services:
            continue
        part = service, channel
        yield Shift(*part, (then.get(part, 0), n), (now.get(part, 0), m))


def _parts(ways: Ways) -> dict[tuple[str, str], int]:
    """How many came by each channel, by each service, and by each channel of each service."""
    parts: dict[tuple[str, str], int] = {}
    for way, count in ways.items():
        service, _, channel = way.partition("/")
        for part in ((service, channel), (service, ""), ("", channel)):
            parts[part] = parts.get(part, 0) + count
    return parts


def _is_plainly_chance(item: Shift) -> bool:
    """Whether no exact tail can be short enough: a look that costs little."""
    (hits, n), (then, m) = item.after, item.before
    share = (hits + then) / (n + m)
    return item.moved**2 < _PLAINLY_CHANCE * share * (1 - share) * (1 / n + 1 / m)


def _tested(item: Shift, tries: int) -> Shift:
    exact = chance.differs(*item.after, *item.before)
    return replace(item, chance=min(1.0, tries * exact))

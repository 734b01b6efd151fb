"""What should I fix on Monday? The drivers that are named where they need not be. Pure.

Each driver at each office, and at each of its channels, is held against the rest of the same
service. What chance explains is left out; the rest is in the order of the people it concerns.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cxserver.instrument.survey import Survey
from cxserver.results import chance, mix
from cxserver.results.slices import Slice

# What the slices have to be grouped by.
NEEDS = ("service", "office", "channel", "survey")
# Fewer answers are "not for comparison".
LEAST = 30
# Of the findings at most this share is chance.
RATE = 0.05
# Two of a hundred people more than elsewhere: below that nobody could see it fixed.
WORTH = 0.02

Counts = dict[str, tuple[int, int]]  # channel → (named, people)


@dataclass(frozen=True, slots=True)
class Finding:
    """A driver that is named more often at an office than elsewhere in the same service.

    `named` of `n` people named it; elsewhere `named_elsewhere` of `n_elsewhere`. `low` and `high`
    hold the difference at the same mix of channels (95 %); `people` are at least so many as would
    not have named it elsewhere. `rate` is how often such a finding is chance, adjusted for all
    that was looked at. `specific`: unhappy people here name it more often than unhappy people
    elsewhere. `also` are other drivers of which the same was found here.
    """

    service: str
    office: str
    channel: str | None
    driver: str
    named: int
    n: int
    named_elsewhere: int
    n_elsewhere: int
    low: float
    high: float
    rate: float
    specific: bool
    also: tuple[str, ...] = ()

    @property
    def people(self) -> float:
        """How many people it concerns at least: what both the size and the certainty allow."""
        return self.low * self.n


@dataclass(frozen=True, slots=True)
class Report:
    """What stands out, the most people first.

    `looked_at` counts the comparisons; 0 means that there were not enough answers for any.
    """

    findings: tuple[Finding, ...]
    looked_at: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """One driver at one place: what people named there and elsewhere, by channel; and how many of
    the unhappy named it, here (`unhappy`) and elsewhere (`apart`).
    """

    service: str
    office: str
    channel: str | None
    driver: str
    inside: Counts
    elsewhere: Counts
    unhappy: tuple[int, int]
    apart: tuple[int, int]

    @property
    def chance(self) -> float:
        """How often chance alone names it so often here."""
        return chance.more_here(*_total(self.inside), *_total(self.elsewhere))


def measures(surveys: Mapping[str, Survey]) -> set[str]:
    """The tallies that this needs: the fewer are read, the sooner the answer is there."""
    codes = {code for survey in surveys.values() for code in survey.drivers}
    return {"response", "trust", *(f"driver:{code}" for code in codes)}


def named(part: Slice, survey: Survey, driver: str) -> tuple[int, int]:
    """How many named a driver as what could be better, of how many who could."""
    if survey.driver_mode == "likert":
        points = part.points(f"driver:{driver}")
        return points[0] + points[1], sum(points)
    return part.taps(driver)[1], part.n


def first(
    slices: Iterable[Slice], surveys: Mapping[str, Survey], *, channels: bool = True
) -> Report:
    """What to fix first, from slices by `NEEDS`. `surveys` are the versions by name.

    `channels`: whether a finding may be of one channel of an office, for those who hold the rows.
    """
    counted = _Counted(slices, surveys, channels=channels)
    cells = [cell for key in sorted(counted.drivers) for cell in counted.cells(*key)]
    rates = chance.adjusted([cell.chance for cell in cells])
    sure = [(cell, rate) for cell, rate in zip(cells, rates, strict=True) if rate <= RATE]
    # Whether it is the driver or the mood is asked of what was found, and adjusted for that.
    own = chance.adjusted([chance.more_here(*cell.unhappy, *cell.apart) for cell, _ in sure])
    result = [_finding(*item, own[at] <= RATE) for at, item in enumerate(sure)]
    standing = [item for item in result if item is not None]
    return Report(tuple(_gathered(standing)), len(cells))


class _Counted:
    """Who named what where, summed from the slices."""

    def __init__(
        self, slices: Iterable[Slice], surveys: Mapping[str, Survey], *, channels: bool = True
    ):
        self._channels = channels
        # (service, driver) → office → channel → (named, people)
        self.drivers: dict[tuple[str, str], dict[str, Counts]] = defaultdict(
            lambda: defaultdict(dict)
        )
        self._unhappy: dict[tuple[str, str], dict[str, Counts]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for part in slices:
            survey = surveys.get(part.group["survey"])
            if survey is not None:
                self._add(part, survey)

    def cells(self, service: str, driver: str) -> Iterator[_Cell]:
        """Every place where this driver can be held against the rest."""
        offices, unhappy = self.drivers[service, driver], self._unhappy[service, driver]
        everybody, all_unhappy = _summed(offices.values()), _summed(unhappy.values())
        for office, counts in sorted(offices.items()):
            apart = self._channels and len(counts) > 1
            for channel in (None, *sorted(counts)) if apart else (None,):
                inside = counts if channel is None else {channel: counts[channel]}
                elsewhere = _rest(everybody, counts, channel)
                if min(_total(inside)[1], _total(elsewhere)[1]) < LEAST:
                    continue
                base = unhappy[office]
                sad = base if channel is None else {channel: base[channel]}
                others = _rest(all_unhappy, base, channel)
                yield _Cell(
                    *(service, office, channel, driver),
                    *(inside, elsewhere, _total(sad), _total(others)),
                )

    def _add(self, part: Slice, survey: Survey) -> None:
        service, office, channel = (part.group[name] for name in NEEDS[:3])
        unhappy = sum(part.points("trust")[:3]) + part.points("thumbs")[0]
        for code in survey.drivers:
            hits, n = named(part, survey, code)
            base = 0 if survey.driver_mode == "likert" else unhappy
            _plus(self.drivers[service, code][office], channel, hits, n)
            _plus(self._unhappy[service, code][office], channel, hits if base else 0, base)


def _finding(cell: _Cell, rate: float, specific: bool) -> Finding | None:
    named, n = _total(cell.inside)
    interval = _apart(cell)
    if interval is None or interval[0] <= 0 or named / n - _share(cell.elsewhere) < WORTH:
        return None
    return Finding(
        cell.service,
        cell.office,
        cell.channel,
        cell.driver,
        named,
        n,
        *_total(cell.elsewhere),
        *interval,
        rate,
        specific=specific,
    )


def _apart(cell: _Cell) -> tuple[float, float] | None:
    """The difference if elsewhere had the mix of channels of here."""
    if cell.channel is not None:
        same = mix.adjusted({"": _total(cell.elsewhere)}, {"": _total(cell.inside)})
    else:
        weights = {channel: n for channel, (_, n) in cell.inside.items()}
        same = mix.adjusted(cell.elsewhere, cell.inside, weights)
    return None if same is None else (same.low, same.high)


def _gathered(findings: list[Finding]) -> list[Finding]:
    """The most people first; one line for an office, unless a second driver is a matter of its own.

    An office with more unhappy people than others has more of everything: six lines about it
    would hide the other offices.
    """
    by_office: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    seen: set[tuple[str, str, str]] = set()
    for item in sorted(
        findings,
        key=lambda finding: (-finding.people, finding.service, finding.office, finding.driver),
    ):
        where = (item.service, item.office)
        if (*where, item.driver) in seen:  # the same on one of its channels, or on all
            continue
        seen.add((*where, item.driver))
        if not by_office[where] or item.specific:
            by_office[where].append(item)
        else:
            head = by_office[where][0]
            by_office[where][0] = replace(head, also=(*head.also, item.driver))
    every = [item for several in by_office.values() for item in several]
    return sorted(
        every,
        key=lambda finding: (-finding.people, finding.service, finding.office, finding.driver),
    )


def _plus(counts: Counts, channel: str, named: int, n: int) -> None:
    had = counts.get(channel, (0, 0))
    counts[channel] = (had[0] + named, had[1] + n)


def _rest(everybody: Counts, inside: Counts, channel: str | None) -> Counts:
    """Who an office, or one channel of it, is held against."""
    others = (
        (item, *_less(counts, inside.get(item, (0, 0)))) for item, counts in everybody.items()
    )
    elsewhere = {way: (named, n) for way, named, n in others if n}
    if channel is None:
        return elsewhere
    # A channel is held against itself elsewhere; at a lone office against its others.
    if channel in elsewhere:
        return {channel: elsewhere[channel]}
    return {item: counts for item, counts in inside.items() if item != channel}


def _less(total: tuple[int, int], part: tuple[int, int]) -> tuple[int, int]:
    return total[0] - part[0], total[1] - part[1]


def _summed(several: Iterable[Counts]) -> Counts:
    total: Counts = {}
    for counts in several:
        for channel, (named, n) in counts.items():
            _plus(total, channel, named, n)
    return total


def _total(counts: Counts) -> tuple[int, int]:
    return sum(named for named, _ in counts.values()), sum(n for _, n in counts.values())


def _share(counts: Counts) -> float:
    named, n = _total(counts)
    return named / n

"""What may be told beside single answers: how each came, and when. Pure.

Whoever knows how or when somebody answered must find 5 answers or more of which each may be
theirs. So answers are told in groups of 5 and more that share all that stands beside them, and no
sum or difference of such groups is of fewer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cxserver import periods
from cxserver.insight import suppression

LIMIT = suppression.STAFF_HIDES

# A channel and a language; a day and an hour; both.
Way = tuple[str, str]
Time = tuple[date, datetime]
Cell = tuple[str, str, date, datetime]


@dataclass(frozen=True, slots=True)
class Label:
    """What may stand beside an answer; None may not."""

    way: Way | None = None
    week: str | None = None
    day: date | None = None
    hour: datetime | None = None


def clean(counts: Mapping[tuple[str, Way], int]) -> set[str]:
    """The offices whose answers may say how they came, of one service in one month.

    There each way has 5 answers or none. And so it is at the other offices taken together, for how
    many came by a channel is told of the whole service.
    """
    of: dict[str, Counter[Way]] = defaultdict(Counter)
    for (office, way), n in counts.items():
        of[office][way] += n
    told = {office for office, ways in of.items() if not _few(ways.values())}
    while told and _few(_together(of[office] for office in of.keys() - told).values()):
        told.remove(min(told, key=lambda office: (of[office].total(), office)))
    return told


def of(counts: Mapping[Cell, int], *, ways: bool) -> dict[Cell, Label]:
    """The label of each answer of one service, office and month, by where it is counted.

    `ways` says whether how they came may be told: there each way must have 5 or none.
    """
    apart: dict[Way | None, dict[Time, int]] = defaultdict(lambda: defaultdict(int))
    for (channel, language, day, hour), n in counts.items():
        apart[(channel, language) if ways else None][day, hour] += n
    times = {way: _times(some) for way, some in apart.items()}
    found = {}
    for cell in counts:
        way = cell[:2] if ways else None
        found[cell] = Label(way, *times[way].get(cell[2:], (None, None, None)))
    return found


_When = tuple[str, date | None, datetime | None]


def _times(counts: Mapping[Time, int]) -> dict[Time, _When]:
    """When each was, as closely as 5 share it; and who is left over are 5 or nobody."""
    left = dict(counts)
    groups: list[tuple[int, _When, list[Time]]] = []
    for cut in (_hour, _day, _week):
        some: dict[_When, list[Time]] = defaultdict(list)
        for time in left:
            some[cut(time)].append(time)
        for when, times in some.items():
            n = sum(left[time] for time in times)
            if n >= LIMIT:
                groups.append((n, when, times))
                left = {time: many for time, many in left.items() if time not in times}
    groups.sort(key=lambda group: (group[0], str(group[1])))
    while groups and _few([sum(left.values())]):
        for time in groups.pop(0)[2]:
            left[time] = counts[time]
    return {time: when for _, when, times in groups for time in times}


def _hour(time: Time) -> _When:
    day, hour = time
    return _name(day), day, hour


def _day(time: Time) -> _When:
    return _name(time[0]), time[0], None


def _week(time: Time) -> _When:
    return _name(time[0]), None, None


def _name(day: date) -> str:
    return periods.of("week", day).name


def _few(counts: Iterable[int]) -> bool:
    return any(0 < n < LIMIT for n in counts)


def _together(every: Iterable[Counter[Way]]) -> Counter[Way]:
    found: Counter[Way] = Counter()
    for one in every:
        found.update(one)
    return found

"""People who answer for many nights, who of them is released, and what readers are told of them.

The model of who is released shares nothing with the code it checks. A set of people is a number:
bit n is the person n.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_

from cxsdk.token import Kind

DAY = timedelta(days=1)
FIRST = date(2026, 11, 5)
LIVE = "live"
CUTS = ("channel", "language")
# The least and the most a day brings, and how often there is a day without anybody.
UNITS = {
    ("permits", "riverside"): (14, 50, 0.0),
    ("permits", "lakeside"): (0, 9, 0.2),
    ("permits", "hilltop"): (0, 3, 0.4),
    ("permits", "seaside"): (0, 1, 0.5),
    ("hearings", "riverside"): (0, 6, 0.2),
    ("calls", "center"): (0, 4, 0.3),
}
CHANNELS = {
    "permits": (("email", "kiosk", "poster", "site"), (70, 20, 8, 1)),
    "hearings": (("email",), (1,)),
    "calls": (("phone",), (1,)),
}
# A service, an office, and the day that closed the batch.
Batch = tuple[str, str, date]
KINDS: dict[str, Kind] = {kind.channel: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who answered: on `day`, which was stored on `stored`; of an import in `source`."""

    service: str
    office: str
    channel: str
    language: str
    day: date
    stored: date
    source: str = LIVE

    @property
    def unit(self) -> tuple[str, str]:
        """The service and the office."""
        return self.service, self.office


@dataclass(frozen=True, slots=True)
class Night:
    """What happens after a day: whether the job runs, when, and on how many nodes."""

    day: date
    runs: bool
    early: bool
    nodes: int

    @property
    def finished(self) -> date:
        """The last day that is over at every office when the job runs."""
        return self.day - DAY if self.early else self.day


def nights(chance: random.Random, many: int) -> list[Night]:
    """The nights one after the other; the job has days off, and some nights it runs too early."""
    return [
        Night(
            FIRST + n * DAY,
            chance.random() < 0.8,
            chance.random() < 0.1,
            2 if chance.random() < 0.15 else 1,
        )
        for n in range(many)
    ]


def morning(night: Night) -> datetime:
    """When the job runs: after three at every office, or before three at every one."""
    hour = time(6) if night.early else time(12)
    return datetime.combine(night.day + DAY, hour, UTC)


def of_a_day(chance: random.Random, day: date) -> list[Person]:
    """Who answers on a day, and whose answers a kiosk sends that was off the network."""
    people = []
    for unit, (least, most, empty) in UNITS.items():
        if chance.random() >= empty and day.weekday() < 6:
            people += [_person(chance, unit, day) for _ in range(chance.randint(least, most))]
    if chance.random() < 0.1:
        people += _late(chance, day)
    return people


def of_an_import(chance: random.Random, today: date, source: str, mixed: bool) -> list[Person]:
    """Whoever is in a file of another system: of months before the first day and of this one."""
    people = []
    for office, most in (("riverside", 20), ("lakeside", 7), ("seaside", 2)):
        for back in range(6):
            day = today - timedelta(days=15 + 30 * back)
            for _ in range(chance.randint(0, most)):
                channel = chance.choice(("email", "kiosk")) if mixed else "email"
                language = chance.choice(("en", "es")) if mixed else "en"
                people.append(Person("permits", office, channel, language, day, today, source))
    return people


def to_exclude(chance: random.Random, town: "Town", today: date) -> int:
    """Some people of one service to be taken out: of some offices, of a channel, of a stretch of
    days; nearly those whom somebody took out before; or just a few.
    """
    out = _union(action.people for action in town.active)
    undone = [action.people for action in town.actions if action.is_undone and action.people]
    if undone and chance.random() < 0.3:
        again = chance.choice(undone)
        service = town.people[_numbers(again)[0]].service
        others = _those(town, service, {person.office for person in town.people}, None, today - DAY)
        more = chance.sample(_numbers(others), min(others.bit_count(), chance.randint(0, 3)))
        return (again | _union(1 << n for n in more)) & ~out
    service = chance.choice(("permits", "permits", "permits", "hearings", "calls"))
    offices = sorted({office for unit_service, office in UNITS if unit_service == service})
    some = set(chance.sample(offices, chance.randint(1, len(offices))))
    channel = chance.choice((None, *CHANNELS[service][0]))
    first = today - chance.choice((3, 9, 20, 50)) * DAY
    chosen = _numbers(_those(town, service, some, channel, first) & ~out)
    if chance.random() < 0.5:
        chosen = chance.sample(chosen, min(len(chosen), chance.choice((1, 4, 6, 15, 30))))
    return _union(1 << n for n in chosen)


def _those(town: "Town", service: str, offices: set[str], channel: str | None, first: date) -> int:
    return _union(
        1 << n
        for n, person in enumerate(town.people)
        if person.service == service
        and person.office in offices
        and person.source == LIVE
        and channel in (None, person.channel)
        and person.day >= first
    )


def _person(chance: random.Random, unit: tuple[str, str], day: date) -> Person:
    names, weights = CHANNELS[unit[0]]
    [channel] = chance.choices(names, weights)
    return Person(*unit, channel, "es" if chance.random() < 0.06 else "en", day, day)


def _late(chance: random.Random, day: date) -> list[Person]:
    office = chance.choice(("riverside", "lakeside", "hilltop"))
    before = day - chance.randint(1, 6) * DAY
    return [
        Person("permits", office, "kiosk", "en", before, day) for _ in range(chance.randint(1, 8))
    ]


@dataclass
class Action:
    """An exclusion: whom it took out, and the batches that lost a part or all of their people."""

    people: int
    parts: set[Batch] = field(default_factory=set)
    wholes: set[Batch] = field(default_factory=set)
    is_undone: bool = False

    def changes(self, service: str, month: date) -> bool:
        """Whether it has an effect on a batch of this month."""
        return any(_is_of(batch, service, month) for batch in self.parts | self.wholes)


@dataclass
class Town:
    """All who answered so far, under which day each counts, and what was done to them.

    `enough` people make a batch, and `least` have to be many for an exclusion to be released.
    """

    enough: int = 5
    least: int = 5
    people: list[Person] = field(default_factory=list)
    days: list[date | None] = field(default_factory=list)
    finished: date = FIRST - DAY
    actions: list[Action] = field(default_factory=list)
    drawn: dict[tuple[str, date], list[Action]] = field(default_factory=dict)

    def arrive(self, people: list[Person]) -> None:
        """They answered."""
        self.people += people
        self.days += [person.stored if person.source == LIVE else None for person in people]

    @property
    def active(self) -> list[Action]:
        """The exclusions that are not undone."""
        return [action for action in self.actions if not action.is_undone]

    def exclude(self, people: int) -> Action:
        """Take people out. Whoever waits for a batch has not arrived; a batch that is closed loses
        nobody if fewer than five would leave, and everybody if it is not to be split.
        """
        action = Action(people)
        waiting = people
        for batch, members in self.batches().items():
            waiting &= ~members
            left = members & ~_union(
                earlier.people for earlier in self.active if batch in earlier.parts
            )
            taken = (left & people).bit_count()
            stay = left.bit_count() - taken
            if taken >= self.least:
                is_whole = stay < self.least or self.is_unsplit(batch)
                (action.wholes if is_whole else action.parts).add(batch)
        for n in _numbers(waiting):
            self.days[n] = None
        self.actions.append(action)
        return action

    def restore(self, action: Action, today: date) -> None:
        """Undo it: everybody is where they were, and those who had not arrived arrive today."""
        action.is_undone = True
        for n in _numbers(action.people):
            if self.days[n] is None:
                self.days[n] = max(today, self.finished + DAY)

    def finish(self, day: date) -> None:
        """The job closes all days up to this one, and draws the tables of months that are over."""
        self.finished = max(self.finished, day)
        for batch, people in self.batches().items():
            month = batch[2].replace(day=1)
            is_over = month_end(month) <= day
            if is_over and (batch[0], month) not in self.drawn and self._shown(batch, people):
                self.drawn[batch[0], month] = self._in_effect(batch[0], month)

    def batches(self) -> dict[Batch, int]:
        """Who is in each batch that is closed, of those whose answers came in here."""
        days: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for n, (person, day) in enumerate(zip(self.people, self.days, strict=True)):
            if day is not None and day <= self.finished:
                days[person.unit][day] |= 1 << n
        return {
            (*unit, through): people
            for unit, some in days.items()
            for through, people in self._closed(some)
        }

    def released(self) -> "Released":
        """Who can be counted, under the day that closed their batch."""
        released = Released(self.people)
        months = set()
        for batch, people in self.batches().items():
            shown = self._shown(batch, people)
            released.add(batch[2], shown)
            months |= {(batch[0], batch[2].replace(day=1))} if shown else set()
        released.refused = {
            month for month in months | self.drawn.keys() if self._is_refused(*month)
        }
        for months_of in self._imports().values():
            for through, people in self._closed(months_of, has_end=True):
                released.add(month_end(through), people)
        return released

    def _closed(self, days: dict[date, int], has_end: bool = False) -> list[tuple[date, int]]:
        """People by the day that releases them; those left at the end go with the last."""
        closed, waiting = [], 0
        for day in sorted(days):
            waiting |= days[day]
            if waiting.bit_count() >= self.enough:
                closed.append((day, waiting))
                waiting = 0
        if closed and waiting and has_end:
            closed[-1] = (closed[-1][0], closed[-1][1] | waiting)
        return closed

    def _imports(self) -> dict[tuple[str, ...], dict[date, int]]:
        months: dict[tuple[str, ...], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for n, person in enumerate(self.people):
            if person.source != LIVE:
                months[*person.unit, person.source][person.day.replace(day=1)] |= 1 << n
        return months

    def _shown(self, batch: Batch, people: int) -> int:
        if any(batch in action.wholes for action in self.active):
            return 0
        return people & ~_union(action.people for action in self.active if batch in action.parts)

    def is_unsplit(self, batch: Batch) -> bool:
        """Whether a batch has been split and whole again, or is in a table that was drawn."""
        was_split = any(action.is_undone and batch in action.parts for action in self.actions)
        return was_split or (batch[0], batch[2].replace(day=1)) in self.drawn

    def _in_effect(self, service: str, month: date) -> list[Action]:
        return [action for action in self.active if action.changes(service, month)]

    def _is_refused(self, service: str, month: date) -> bool:
        """Whether a month cannot be cut: not yet, or not as it was when its table was drawn."""
        was_split = any(
            _is_of(batch, service, month)
            for action in self.actions
            for batch in action.parts
            if action.is_undone
        )
        return was_split or self.drawn.get((service, month)) != self._in_effect(service, month)


def _is_of(batch: Batch, service: str, month: date) -> bool:
    return batch[0] == service and batch[2].replace(day=1) == month


def _numbers(people: int) -> list[int]:
    return [n for n, bit in enumerate(reversed(bin(people)[2:])) if bit == "1"]


def _union(some: Iterable[int]) -> int:
    return reduce(or_, some, 0)


class Released:
    """Who can be counted on one night: by unit and day, and by the cells of the cut tables."""

    def __init__(self, people: list[Person]):
        self._people = people
        self.days: Counter[tuple[str, str, date]] = Counter()
        self.cells: Counter[tuple[str, str, date, str, str]] = Counter()
        # Services and months that are not cut.
        self.refused: set[tuple[str, date]] = set()

    def add(self, through: date, people: int) -> None:
        """These people are released under this day."""
        month = through.replace(day=1)
        for n in _numbers(people):
            person, bit = self._people[n], 1 << n
            self.days[(*person.unit, through)] |= bit
            for cut in CUTS:
                self.cells[(*person.unit, month, cut, getattr(person, cut))] |= bit

    def total(self, services: set[str], offices: set[str], first: date, last: date) -> int:
        """The people of these services at these offices, from one day to another."""
        people = 0
        for (service, office, day), some in self.days.items():
            if service in services and office in offices and first <= day <= last:
                people |= some
        return people

    def cell(self, service: str, offices: set[str], month: date, cut: str, category: str) -> int:
        """The people of a service at these offices in one category, of a month."""
        people = 0
        for (owner, office, when, by, name), some in self.cells.items():
            if (owner, when, by, name) == (service, month, cut, category) and office in offices:
                people |= some
        return people

    def table(self, service: str, month: date, cut: str) -> dict[tuple[str, str], int]:
        """How many people there are in each cell of a cut table."""
        return {
            (office, name): some.bit_count()
            for (owner, office, when, by, name), some in self.cells.items()
            if (owner, when, by) == (service, month, cut) and some
        }


def month_end(day: date) -> date:
    """The last day of the month in which a day lies."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY


def few(people: int) -> bool:
    """Whether these are some people, and fewer than five."""
    return 0 < people.bit_count() < 5

"""People who answer for many nights, who of them is released, and what readers are told of them.

The model of who is released shares nothing with the code it checks. A set of people is a number:
bit n is the person n.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

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
KINDS = {kind.channel: kind for kind in Kind}


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
    found = []
    for unit, (least, most, empty) in UNITS.items():
        if chance.random() >= empty and day.weekday() < 6:
            found += [_person(chance, unit, day) for _ in range(chance.randint(least, most))]
    if chance.random() < 0.1:
        found += _late(chance, day)
    return found


def of_an_import(chance: random.Random, today: date, source: str, mixed: bool) -> list[Person]:
    """Whoever is in a file of another system: of months before the first day and of this one."""
    found = []
    for office, most in (("riverside", 20), ("lakeside", 7), ("seaside", 2)):
        for back in range(6):
            day = today - timedelta(days=15 + 30 * back)
            for _ in range(chance.randint(0, most)):
                channel = chance.choice(("email", "kiosk")) if mixed else "email"
                language = chance.choice(("en", "es")) if mixed else "en"
                found.append(Person("permits", office, channel, language, day, today, source))
    return found


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
class Town:
    """All who answered so far. `gone` are those whose answers do not count any more."""

    enough: int = 5
    people: list[Person] = field(default_factory=list)
    finished: date = FIRST - DAY
    gone: int = 0

    def released(self) -> "Released":
        """Who is in a batch that is closed, under the day that closed it."""
        of: dict[tuple[str, str, str], dict[date, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for n, one in enumerate(self.people):
            day = one.stored if one.source == LIVE else one.day.replace(day=1)
            of[(*one.unit, one.source)][day].append(n)
        found = Released(self.people)
        for (*_, source), days in of.items():
            closed = self._live(days) if source == LIVE else self._imported(days)
            for through, some in closed:
                found.add(through, [n for n in some if not self.gone >> n & 1])
        return found

    def _live(self, days: dict[date, list[int]]) -> list[tuple[date, list[int]]]:
        found, waiting = [], []
        for day in sorted(day for day in days if day <= self.finished):
            waiting = waiting + days[day]
            if len(waiting) >= self.enough:
                found.append((day, waiting))
                waiting = []
        return found

    def _imported(self, months: dict[date, list[int]]) -> list[tuple[date, list[int]]]:
        found, waiting = [], []
        for month in sorted(months):
            waiting = waiting + months[month]
            if len(waiting) >= self.enough:
                found.append((month_end(month), waiting))
                waiting = []
        if found and waiting:
            found[-1] = (found[-1][0], found[-1][1] + waiting)
        return found


class Released:
    """Who can be counted on one night: by unit and day, and by the cells of the cut tables."""

    def __init__(self, people: list[Person]):
        self._people = people
        self.days: Counter[tuple[str, str, date]] = Counter()
        self.cells: Counter[tuple[str, str, date, str, str]] = Counter()

    def add(self, through: date, some: list[int]) -> None:
        """These people are released under this day."""
        month = through.replace(day=1)
        for n in some:
            one, bit = self._people[n], 1 << n
            self.days[(*one.unit, through)] |= bit
            for cut in CUTS:
                self.cells[(*one.unit, month, cut, getattr(one, cut))] |= bit

    def total(self, services: set[str], offices: set[str], first: date, last: date) -> int:
        """The people of these services at these offices, from one day to another."""
        found = 0
        for (service, office, day), some in self.days.items():
            if service in services and office in offices and first <= day <= last:
                found |= some
        return found

    def cell(self, service: str, offices: set[str], month: date, cut: str, category: str) -> int:
        """The people of a service at these offices in one category, of a month."""
        found = 0
        for (one, office, when, by, name), some in self.cells.items():
            if (one, when, by, name) == (service, month, cut, category) and office in offices:
                found |= some
        return found

    def table(self, service: str, month: date, cut: str) -> dict[tuple[str, str], int]:
        """How many people there are in each cell of a cut table."""
        return {
            (office, name): some.bit_count()
            for (one, office, when, by, name), some in self.cells.items()
            if (one, when, by) == (service, month, cut) and some
        }


def month_end(day: date) -> date:
    """The last day of the month in which a day lies."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY


def few(people: int) -> bool:
    """Whether these are some people, and fewer than five."""
    return 0 < people.bit_count() < 5

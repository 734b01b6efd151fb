"""Who answers at which office on which day, invented. Pure: a day has the same answers whoever asks
for it, and whatever was asked for before.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from cxserver.demo.people import SHEP_2019

SEED = 280
DAYS = 365
# A Monday: the newest week is whole.
END = date(2026, 11, 2)
START = END - timedelta(days=DAYS)
CHANNELS = ("email", "poster", "site", "sms", "web")
LANGUAGES = ("en", "es")
DRIVERS = ("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee")
# Of the tallies, those that these people add to.
COLUMNS = (
    "answers",
    *(f"{measure}_{point}" for measure in ("trust", "satisfaction") for point in range(1, 6)),
    *(f"{code}_{side}" for code in DRIVERS for side in ("positive", "negative")),
)
# Each way to answer.
WAYS = tuple((channel, language) for channel in CHANNELS for language in LANGUAGES)

# So many crowds of one size and mood. More of them would take longer and look no different.
_VARIANTS = 2
# One office in so many fell in the last four weeks: what changed has something to tell.
_FALLING, _FALLEN_DAYS, _FALL = 20, 28, 0.12
_LARGEST = 8.0
# People praise the staff and complain of waiting.
_PRAISED, _BLAMED = (5, 3, 3, 2, 3, 6), (3, 3, 7, 4, 1, 1)


@dataclass(frozen=True, slots=True)
class Size:
    """How many offices, and about how many answers they get in a year. About `rows` of them, those
    of the newest days, are kept one by one as well.
    """

    offices: int
    answers: int
    rows: int = 0

    @property
    def kept_from(self) -> date:
        """The first day of which every answer is kept."""
        share = min(1.0, self.rows / self.answers)
        return END - timedelta(days=round(DAYS * share))


@dataclass(frozen=True, slots=True)
class Person:
    """What one person answered."""

    satisfaction: int
    trust: int
    drivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, and what they add to the columns of the tallies."""

    people: tuple[Person, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """Who answered on a day at an office in one way."""

    day: date
    office: str
    channel: str
    language: str
    crowd: Crowd

    @property
    def n(self) -> int:
        """How many they are."""
        return len(self.crowd.people)


@dataclass(frozen=True, slots=True)
class _Office:
    slug: str
    # Which share of its visitors is satisfied, and how many of them answer in a way on a day.
    share: float
    pull: float
    falls: bool


def slugs(offices: int) -> list[str]:
    """The offices that serve."""
    return [f"office-{number:04}" for number in range(offices)]


def days(size: Size) -> Iterator[tuple[date, list[Cell]]]:
    """Every day of the year with its cells; nobody is in a cell that is not there."""
    offices = _offices(size)
    for ahead in range(DAYS):
        day = START + timedelta(days=ahead)
        yield day, list(_cells(day, offices))


def _offices(size: Size) -> list[_Office]:
    chance = random.Random(SEED)
    # A few large offices, many small ones: as everywhere.
    weights = [min(chance.paretovariate(1.6), _LARGEST) for _ in range(size.offices)]
    each = size.answers / DAYS / len(WAYS) / sum(weights)
    return [
        _Office(slug, chance.choice(SHEP_2019), each * weight, falls=at % _FALLING == 0)
        for at, (slug, weight) in enumerate(zip(slugs(size.offices), weights, strict=True))
    ]


def _cells(day: date, offices: Sequence[_Office]) -> Iterator[Cell]:
    # Of the day alone: a day that is made again, after others or after none, is the same.
    chance = random.Random(f"{SEED} {day}")
    late = (END - day).days <= _FALLEN_DAYS
    for office in offices:
        share = office.share - _FALL * (late and office.falls)
        for channel, language in WAYS:
            # As many as the office's pull on average, in whole people, however small it is.
            n = int(office.pull * (0.3 + 1.4 * chance.random()) + chance.random())
            if n:
                crowd = _crowd(share, n, chance.randrange(_VARIANTS))
                yield Cell(day, office.slug, channel, language, crowd)


@cache
def _crowd(share: float, n: int, variant: int) -> Crowd:
    chance = random.Random(f"{SEED} {share:.3f} {n} {variant}")
    people = tuple(_person(share, chance) for _ in range(n))
    return Crowd(people, _counts(people))


def _person(share: float, chance: random.Random) -> Person:
    satisfied = chance.random() < share
    points = chance.choices((4, 5), (4, 6)) if satisfied else chance.choices((1, 2, 3), (3, 3, 4))
    # Trust follows satisfaction, a little more slowly.
    trust = min(5, max(1, points[0] + chance.choices((-1, 0, 1), (3, 6, 1))[0]))
    weights = _PRAISED if trust >= 4 else _BLAMED
    taps = set(chance.choices(DRIVERS, weights, k=chance.randrange(4)))
    return Person(points[0], trust, tuple(code for code in DRIVERS if code in taps))


def _counts(people: Sequence[Person]) -> Mapping[str, int]:
    found: Counter[str] = Counter(answers=len(people))
    for person in people:
        side = "positive" if person.trust >= 4 else "negative"
        found[f"satisfaction_{person.satisfaction}"] += 1
        found[f"trust_{person.trust}"] += 1
        found.update(f"{code}_{side}" for code in person.drivers)
    return {column: found[column] for column in COLUMNS}

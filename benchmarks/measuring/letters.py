"""The answers behind the counts of a day, one by one, some of them with words."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from cxserver import tables
from measuring.crowds import SEED, Cell, Person

_WORDED = 0.15
# Whether somebody is content, and what such people write.
_WORDS = {
    ("en", True): ("Quick and friendly. Thank you.", "The clerk explained every step."),
    ("en", False): ("I waited over an hour and nobody said why.", "Parking was full."),
    ("es", True): ("Muy amables y rápidos. Gracias.", "Me explicaron todo con paciencia."),
    ("es", False): ("Esperé más de una hora.", "No había nadie que hablara español."),
}
_PLACES = ("poster", "site")


def keep(connection: Connection, service: str, day: date, cells: Sequence[Cell]) -> None:
    """Write the answers of a day: the same each time, by the day alone."""
    chance = random.Random(f"{SEED} {day} one by one")
    rows = [
        {"service": service, **_row(cell, person, chance)}
        for cell in cells
        for person in cell.crowd.people
    ]
    if rows:
        connection.execute(insert(tables.responses), rows)


def _row(cell: Cell, person: Person, chance: random.Random) -> dict[str, Any]:
    # Any of these hours is of the same day in every time zone of the country.
    hour = datetime(cell.day.year, cell.day.month, cell.day.day, chance.randint(15, 22), tzinfo=UTC)
    return {
        "day": cell.day,
        "id": f"{chance.getrandbits(128):032x}",
        "office": cell.office,
        "channel": cell.channel,
        "language": cell.language,
        "survey": 1,
        "answered_hour": hour,
        "delay": "self" if cell.channel in _PLACES else "4",
        "satisfaction": person.satisfaction,
        "trust": person.trust,
        "drivers": list(person.drivers),
        "comment": "".join(_words(cell, person, chance)),
        "questions": {},
        "flags": "",
        "counted_day": cell.day,
    }


def _words(cell: Cell, person: Person, chance: random.Random) -> Iterator[str]:
    if chance.random() < _WORDED:
        yield chance.choice(_WORDS[cell.language, person.trust >= 4])

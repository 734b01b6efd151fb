"""Count the responses again and compare with the tallies: they must agree to the last unit."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.intake import entry
from cxserver.intake.entry import Tally

PAGE = 2000


def differences(engine: Engine) -> list[tuple[Tally, int, int]]:
    """Where tallies and responses disagree: the tally, what it says, what there is."""
    with db.read(engine) as connection:
        known = directory.load(connection)
    # Answers keep coming in. Each day's tallies and responses are read under one snapshot.
    found: list[tuple[Tally, int, int]] = []
    for service in _services(engine):
        for day in _days(engine, service):
            found += _compare(engine, known, service, day)
    return found


def _compare(
    engine: Engine, known: Directory, service: str, day: object
) -> list[tuple[Tally, int, int]]:
    with db.read(engine) as connection:
        told = _told(connection, service, day)
        counted: Counter[Tally] = Counter()
        for row in _responses(connection, service, day):
            survey = known.services[service].surveys[row.survey]
            counted.update(entry.tallies(row._asdict(), survey))
    return [
        (tally, told[tally], counted[tally])
        for tally in sorted(told.keys() | counted.keys())
        if told[tally] != counted[tally]
    ]


def _told(connection: Connection, service: str, day: object) -> Counter[Tally]:
    table = tables.tallies
    query = select(table).where(table.c.service == service, table.c.day == day)
    return Counter({tuple(row)[:-1]: row.n for row in connection.execute(query)})


def _responses(connection: Connection, service: str, day: object) -> Iterator[Row[Any]]:
    table = tables.responses.c
    last = ""
    while True:
        page = connection.execute(
            select(tables.responses)
            .where(table.service == service, table.day == day, table.id > last)
            .order_by(table.id)
            .limit(PAGE)
        ).all()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].id


def _services(engine: Engine) -> list[str]:
    with db.read(engine) as connection:
        return list(connection.execute(select(tables.services.c.slug)).scalars())


def _days(engine: Engine, service: str) -> list[object]:
    days: set[object] = set()
    with db.read(engine) as connection:
        for table in (tables.tallies, tables.responses):
            query = select(table.c.day).where(table.c.service == service).distinct()
            days |= set(connection.execute(query).scalars())
    return sorted(days, key=str)

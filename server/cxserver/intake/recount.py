"""Count the responses again and compare with the tallies: they must agree to the last unit.

Batches, and what they released, are rebuilt too (`released`).

What stands for an office and a day is held against the responses, every sum against what it is
the sum of. Versions that hold imported counts have no responses, nor have days that retention
deleted: of them only the sums are checked.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.instrument.levels import Level
from cxserver.intake import counts, disposals, entry, released
from cxserver.intake.counts import Count
from cxserver.intake.entry import Tally

PAGE = 2000
_BOTH = (tables.tallies, tables.choices)

Difference = released.Difference


def differences(source: db.Source) -> list[Difference]:
    """Where tallies and responses disagree: the count, what is told, what there is."""
    with source() as connection:
        known = directory.load(connection)
    # Answers keep coming in. Each day's tallies and responses are read under one snapshot.
    disagreements: list[Difference] = []
    for service in _services(source):
        days = _days(source, service)
        for day in days:
            disagreements += _compare_day(source, known, service, day)
        for first, _ in groupby(days, key=lambda day: day.replace(day=1)):
            disagreements += _compare_month(source, service, first)
        with source() as connection:
            disagreements += released.differences(connection, known, service)
    return disagreements


def _compare_day(source: db.Source, known: Directory, service: str, day: date) -> list[Difference]:
    with source() as connection:
        tallied = _told(connection, service, day, Level.OFFICE_DAY, Level.DAY)
        # Counts outlive the answers that retention deleted: of them only the sums are checked.
        disposed = disposals.offices(connection, service, day)
        counted: Counter[Tally] = Counter()
        for row in _responses(connection, service, day):
            if row.office in disposed:
                continue
            survey = known.services[service].surveys[row.survey]
            counted.update(entry.tallies(row._asdict(), survey))
        counted.update(_uncountable(connection, known, service, day, disposed))
    return _apart(tallied, counts.spread(counted), (Level.OFFICE_DAY, Level.DAY))


def _uncountable(
    connection: Connection, known: Directory, service: str, day: date, disposed: Collection[str]
) -> Counter[Tally]:
    """The counts of a day that came as counts, or whose answers are disposed of: there is nothing
    to count them from.
    """
    versions = known.services[service].surveys.values()
    numbers = {version.n for version in versions if version.origin == "counts"}
    if not numbers and not disposed:
        return Counter()
    tallied = _told(connection, service, day, Level.OFFICE_DAY)
    return Counter(
        {
            count[1:]: n
            for count, n in tallied.items()
            if count[6] in numbers or count[3] in disposed
        }
    )


def _compare_month(source: db.Source, service: str, first: date) -> list[Difference]:
    with source() as connection:
        tallied = _told(connection, service, first, Level.OFFICE_MONTH)
        counted = dict(_summed(connection, service, first))
    return _apart(tallied, counts.spread(counted), (Level.OFFICE_MONTH,))


def _apart(
    tallied: Counter[Count], there: Counter[Count], levels: tuple[Level, ...]
) -> list[Difference]:
    return [
        (count, tallied[count], there[count])
        for count in sorted(tallied.keys() | there.keys())
        if count[0] in levels and tallied[count] != there[count]
    ]


def _told(connection: Connection, service: str, day: date, *levels: Level) -> Counter[Count]:
    result: Counter[Count] = Counter()
    for table in _BOTH:
        columns = table.c
        query = select(table).where(
            columns.level.in_(levels), columns.service == service, columns.day == day
        )
        for row in connection.execute(query):
            result.update(dict(counts.of_row(row._asdict())))
    return result


def _summed(connection: Connection, service: str, first: date) -> Iterator[tuple[Tally, int]]:
    """The counts of a month, by office, out of those of its days."""
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    for table in _BOTH:
        columns = table.c
        key = [column for column in table.primary_key if column.name != "day"]
        sums = [func.sum(columns[name]).label(name) for name in _counted(table)]
        query = (
            select(*key, *sums)
            .where(columns.level == Level.OFFICE_DAY, columns.service == service)
            .where(columns.day >= first, columns.day < end)
            .group_by(*key)
        )
        for row in connection.execute(query):
            for place, n in counts.of_row(row._asdict() | {"day": first}):
                yield place[1:], int(n)


def _counted(table: Any) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]


def _responses(connection: Connection, service: str, day: date) -> Iterator[Row[Any]]:
    table = tables.responses.c
    last = ""
    while True:
        page = connection.execute(
            select(tables.responses)
            .where(table.service == service, table.day == day, table.id > last)
            .where(table.excluded.is_(None))
            .order_by(table.id)
            .limit(PAGE)
        ).all()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].id


def _services(source: db.Source) -> list[str]:
    with source() as connection:
        return list(connection.execute(select(tables.services.c.slug)).scalars())


def _days(source: db.Source, service: str) -> list[date]:
    days: set[date] = set()
    with source() as connection:
        for table in (*_BOTH, tables.responses):
            query = select(table.c.day).where(table.c.service == service).distinct()
            days |= set(connection.execute(query).scalars())
    return sorted(days)

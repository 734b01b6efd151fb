"""Rebuild batches and released counts from the responses kept, and compare.

A batch shows its answers, less what exclusions took out of it, with the flags they had when it
closed. Imported counts have no responses, nor has a batch from which retention deleted answers: of
them only the sums are checked.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.disclosure import batches
from cxserver.disclosure.batches import Batch
from cxserver.instrument import levels
from cxserver.instrument.levels import Level
from cxserver.intake import closing, counts, cut_tables, disposals, members, store
from cxserver.intake.cut_tables import LIVE

# What is counted, what stands in the tables, what the responses give.
Difference = tuple[tuple[Any, ...], int, int]


def differences(connection: Connection, known: Directory, service: str) -> list[Difference]:
    """Where a service's batches and released counts are not what its responses give."""
    return [
        *_batches(connection, known, service),
        *_live(connection, known, service),
        *_imports(connection, known, service),
        *_sums(connection, service),
        *_cut_tables(connection, known, service),
    ]


def _batches(connection: Connection, known: Directory, service: str) -> Iterator[Difference]:
    touched = disposals.touched(connection, service)
    for office in sorted(known.services[service].offices):
        lost = touched.get(office, set())
        stored = set(_kept(connection, service, office)) - lost
        after = disposals.last_through(lost)
        rebuilt = set(_rebuilt(connection, known, service, office, after))
        for batch in sorted(stored ^ rebuilt, key=lambda batch: (batch.through, batch.first)):
            name = ("batch", service, office, batch.first, batch.through)
            yield name, batch.n * (batch in stored), batch.n * (batch in rebuilt)


def _kept(connection: Connection, service: str, office: str) -> list[Batch]:
    columns = tables.batches.c
    query = select(columns.first, columns.through, columns.n).where(
        columns.service == service, columns.office == office, columns.source == LIVE
    )
    return [Batch(*row) for row in connection.execute(query)]


def _rebuilt(
    connection: Connection, known: Directory, service: str, office: str, after: date | None
) -> list[Batch]:
    # What is due and not closed yet is no fault.
    last = closing.last_closed(connection, service).get(office)
    if last is None:
        return []
    arrivals = closing.arrivals(connection, known.services[service], office, after)
    return batches.close(arrivals, last, after)


def _live(connection: Connection, known: Directory, service: str) -> Iterator[Difference]:
    """Released counts of each office's own answers, batch by batch."""
    known_service = known.services[service]
    imported = cut_tables.imported(known_service)
    effects = members.effects(connection, service)
    touched = disposals.touched(connection, service)
    for office in sorted(known_service.offices):
        lost = touched.get(office, set())
        rebuilt: Counter[Any] = Counter()
        for batch in set(_kept(connection, service, office)) - lost:
            changes = effects.get((office, batch.through), {})
            rebuilt.update(members.shown(connection, known_service, office, batch, changes))
        there = Counter({(Level.OFFICE_DAY, *tally): n for tally, n in rebuilt.items()})
        released = _released(connection, service, Level.OFFICE_DAY, office)
        unknown = {batch.through for batch in lost}
        mine = Counter(
            {
                key: n
                for key, n in released.items()
                if key[6] not in imported and key[2] not in unknown
            }
        )
        yield from _apart(mine, there)


def _imports(connection: Connection, known: Directory, service: str) -> Iterator[Difference]:
    """Whether as many imported answers are released as the batches of imports hold."""
    closed, counted = tables.batches.c, tables.released.c
    imported = sorted(cut_tables.imported(known.services[service]))
    in_batches = _by_office(
        connection,
        select(closed.office, func.sum(closed.n))
        .where(closed.service == service, closed.source != LIVE)
        .group_by(closed.office),
    )
    released = _by_office(
        connection,
        select(counted.office, func.sum(counted.answers))
        .where(counted.service == service, counted.level == Level.OFFICE_DAY)
        .where(counted.survey.in_(imported))
        .group_by(counted.office),
    )
    for office in sorted(in_batches.keys() | released.keys()):
        if released[office] != in_batches[office]:
            yield ("imports", service, office), released[office], in_batches[office]


def _cut_tables(connection: Connection, known: Directory, service: str) -> Iterator[Difference]:
    """Cells that are hidden in one and shown in the other, counted as 1 where they are hidden.

    A month that exclusions changed after its table was drawn is not shown by it any more.
    """
    columns = tables.cut_tables.c
    without = cut_tables.imported(known.services[service])
    query = select(tables.cut_tables).where(columns.service == service)
    for row in connection.execute(query):
        if row.source == LIVE:
            in_effect = cut_tables.exclusions(connection, service, row.month)
            if row.exclusions != in_effect:
                continue
        there = {tuple(cell) for cell in row.hidden}
        anew = set(
            cut_tables.hidden(connection, service, row.month, row.cut, row.versions, without)
        )
        for cell in sorted(there ^ anew, key=str):
            name = ("cut table", service, row.month, row.source, row.cut, *cell)
            yield name, int(cell in there), int(cell in anew)


def _by_office(connection: Connection, query: Any) -> Counter[str]:
    return Counter({office: int(n) for office, n in connection.execute(query)})


def _sums(connection: Connection, service: str) -> Iterator[Difference]:
    """Months, and all offices of a day, against the offices' days."""
    days = _released(connection, service, Level.OFFICE_DAY)
    spread: Counter[Any] = Counter()
    for (_, of, day, office, *rest), n in days.items():
        for level, at, where in levels.places(day, office):
            spread[level, of, at, where, *rest] += n
    for level in (Level.DAY, Level.OFFICE_MONTH):
        there = Counter({key: n for key, n in spread.items() if key[0] == level})
        yield from _apart(_released(connection, service, level), there)


def _released(
    connection: Connection, service: str, level: Level, office: str | None = None
) -> Counter[Any]:
    result: Counter[Any] = Counter()
    for table in store.RELEASED:
        query = select(table).where(table.c.service == service, table.c.level == level.value)
        if office is not None:
            query = query.where(table.c.office == office)
        for row in connection.execute(query):
            result.update(dict(counts.of_row(row._asdict())))
    return result


def _apart(released: Counter[Any], there: Counter[Any]) -> Iterator[Difference]:
    for key in sorted(released.keys() | there.keys()):
        if released[key] != there[key]:
            yield ("released", *key), released[key], there[key]

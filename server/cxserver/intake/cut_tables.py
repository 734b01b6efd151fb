"""Cut tables: which cells of a month's released counts stay hidden.

A cut is a choice of people that is not by service, office or day: a channel, a language, a survey
version, answers with or without a flag. A service's offices by the categories of one cut are one
table. What is hidden in it is settled once: when the month is over, and for an import, which has a
table of its own, when it comes in. Drawn again with a few people more, a table and the one before
it would give those people away.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine, delete, func, insert, select

from cxserver import db, periods, tables
from cxserver.catalog.directory import Directory, Service
from cxserver.disclosure import batches, suppression
from cxserver.disclosure.cut_table import Cell
from cxserver.instrument.levels import Level
from cxserver.intake import store

LIVE = "live"
CUTS = ("channel", "language", "survey", "flagged")
_DAY = timedelta(days=1)


def imported(service: Service) -> frozenset[int]:
    """The survey versions that came with an import."""
    return frozenset(n for n, survey in service.surveys.items() if survey.origin)


def draw_due(engine: Engine, known: Directory, now: datetime) -> int:
    """Draw the tables of every month that is over at all offices of a service; how many months."""
    drawn = 0
    for service in known.services.values():
        with db.read(engine) as connection:
            months = _due(connection, known, service, now)
        for month in months:
            store.run(engine, partial(draw, service=service, month=month))
        drawn += len(months)
    return drawn


def draw(connection: Connection, service: Service, month: date) -> None:
    """Draw the tables of one month, unless another server has."""
    db.lock(connection, store.COUNTS_LOCK, service.slug)
    if month not in drawn(connection, service.slug):
        _write(connection, service.slug, month, LIVE, (), imported(service))


def draw_import(
    connection: Connection, service: str, month: date, source: str, versions: Collection[int]
) -> None:
    """Draw the tables of what an import brought to a month."""
    _write(connection, service, month, source, sorted(versions), ())


def erase_import(connection: Connection, source: str) -> None:
    """Take the tables of an import out."""
    columns = tables.cut_tables.c
    connection.execute(delete(tables.cut_tables).where(columns.source == source))


def drawn(connection: Connection, service: str) -> set[date]:
    """The months of a service whose tables are drawn."""
    table = tables.cut_tables.c
    query = select(table.month).where(table.service == service, table.source == LIVE)
    return set(connection.execute(query.distinct()).scalars())


def exclusions(connection: Connection, service: str, month: date) -> list[str]:
    """The exclusions that are in effect on batches of a month: its table is good for these."""
    change, action = tables.batch_changes.c, tables.exclusions.c
    query = (
        select(change.exclusion)
        .where(change.service == service, action.restored_at.is_(None))
        .where(change.through.between(month, periods.of("month", month).end - _DAY))
        .where(action.service == change.service, action.id == change.exclusion)
    )
    return sorted(set(connection.execute(query).scalars()))


def hidden(
    connection: Connection,
    service: str,
    month: date,
    cut: str,
    only: Collection[int] = (),
    without: Collection[int] = (),
) -> list[Cell]:
    """The cells of one table that must not be shown; an office of None is the whole service.

    `only` these survey versions are counted, or all `without` those.
    """
    columns = tables.released.c
    category = columns[cut]
    query = (
        select(columns.office, category, func.sum(columns.answers))
        .where(
            columns.service == service,
            columns.level == Level.OFFICE_MONTH.value,
            columns.day == month,
        )
        .where(columns.survey.in_(sorted(only)) if only else columns.survey.not_in(sorted(without)))
        .group_by(columns.office, category)
    )
    people: Counter[tuple[str, str]] = Counter()
    for office, name, n in connection.execute(query):
        people[office, str(name)] += int(n)
    return sorted(suppression.hide(people), key=str)


def _write(
    connection: Connection,
    service: str,
    month: date,
    source: str,
    only: Collection[int],
    without: Collection[int],
) -> None:
    in_effect = exclusions(connection, service, month) if source == LIVE else []
    rows = [
        {
            "service": service,
            "month": month,
            "source": source,
            "cut": cut,
            "versions": list(only),
            "hidden": [
                list(cell) for cell in hidden(connection, service, month, cut, only, without)
            ],
            "exclusions": in_effect,
        }
        for cut in CUTS
    ]
    connection.execute(insert(tables.cut_tables), rows)


def _due(connection: Connection, known: Directory, service: Service, now: datetime) -> list[date]:
    """The months with released counts and no tables, as far as they are over."""
    if not service.offices:
        return []
    zones = [known.offices[office].zone for office in service.offices]
    finished = min(batches.finished_day(now, zone) for zone in zones)
    there = tables.released.c
    with_counts = select(there.day).where(
        there.service == service.slug,
        there.level == Level.OFFICE_MONTH.value,
        there.survey.not_in(sorted(imported(service))),
    )
    months = set(connection.execute(with_counts.distinct()).scalars())
    months -= drawn(connection, service.slug)
    # A month is over when its last day is finished everywhere.
    return sorted(month for month in months if periods.of("month", month).end <= finished + _DAY)

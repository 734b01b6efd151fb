"""Responses as rows for other programs: page by page, in an order that tells nothing.

The order is service, day, random id. No read transaction lasts longer than one page, so an export
of millions of rows never holds up the writer. What a row looks like in a file: `formats`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select, tuple_

from cxserver import db, tables

COLUMNS = (
    "service",
    "office",
    "channel",
    "language",
    "survey",
    "day",
    "answered_hour",
    "delay",
    "trust",
    "satisfaction",
    "drivers_positive",
    "drivers_negative",
    "driver_scores",
    "comment",
    "questions",
    "flags",
)
PAGE = 2000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which responses; None means all. `start` and `end` are included.

    `offices` is for a whole subtree; together with `office` both must hold.
    """

    service: str | None = None
    office: str | None = None
    start: date | None = None
    end: date | None = None
    offices: frozenset[str] | None = None
    flagged: bool = True


def total(engine: Engine, wanted: Filter) -> int:
    """How many responses an export will hold."""
    with db.read(engine) as connection:
        query = _where(select(func.count()).select_from(tables.responses), wanted)
        return int(connection.execute(query).scalar_one())


def rows(engine: Engine, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Each response as a row with the columns `COLUMNS`."""
    last: Row[Any] | None = None
    while True:
        with db.read(engine) as connection:
            page = _page(connection, wanted, last)
        yield from (row(found) for found in page)
        if len(page) < PAGE:
            return
        last = page[-1]


def _page(connection: Connection, wanted: Filter, last: Row[Any] | None) -> list[Row[Any]]:
    table = tables.responses.c
    query = _where(select(tables.responses), wanted)
    key = (table.service, table.day, table.id)
    if last is not None:
        # As one row value: spelled out with AND and OR, no engine would use the primary key.
        query = query.where(tuple_(*key) > tuple_(last.service, last.day, last.id))
    ordered = query.order_by(*key).limit(PAGE)
    return list(connection.execute(ordered))


def _where(query: Select[Any], wanted: Filter) -> Select[Any]:
    table = tables.responses.c
    if wanted.service is not None:
        query = query.where(table.service == wanted.service)
    if wanted.office is not None:
        query = query.where(table.office == wanted.office)
    if wanted.start is not None:
        query = query.where(table.day >= wanted.start)
    if wanted.end is not None:
        query = query.where(table.day <= wanted.end)
    if wanted.offices is not None:
        query = query.where(table.office.in_(sorted(wanted.offices)))
    if not wanted.flagged:
        query = query.where(table.flags == "")
    return query


def row(found: Row[Any]) -> dict[str, Any]:
    """One response as it leaves the house."""
    taps = found.drivers if isinstance(found.drivers, list) else []
    positive = found.trust >= 4
    return {
        "service": found.service,
        "office": found.office,
        "channel": found.channel,
        "language": found.language,
        "survey": f"{found.service}/{found.survey}",
        "day": found.day.isoformat(),
        "answered_hour": f"{found.answered_hour.isoformat()[:13]}:00:00Z",
        "delay": found.delay,
        "trust": found.trust,
        "satisfaction": found.satisfaction,
        "drivers_positive": taps if positive else [],
        "drivers_negative": [] if positive else taps,
        "driver_scores": found.drivers if isinstance(found.drivers, dict) else {},
        "comment": found.comment,
        "questions": found.questions,
        "flags": found.flags.split(";") if found.flags else [],
    }

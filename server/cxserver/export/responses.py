"""Responses as rows for other programs: page by page, in an order that tells nothing.

The order is service, day, random id. No read transaction lasts longer than one page, so an export
of millions of rows never holds up the writer. What a row looks like in a file: `formats`; which
rows say their hour: `hours`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, tuple_

from cxserver import db, tables
from cxserver.export import hours
from cxserver.instrument import survey as survey_text
from cxserver.instrument.scale import Scale

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
    "scale",
)
PAGE = 2000

Scales = dict[tuple[str, int], Scale]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which responses; None means all. `start` and `end` are included.

    `offices` is for a whole subtree; together with `office` both must hold. Responses with any of
    the flags `without` are left out. `every_hour` tells the hours that few share, too.

    This is no `results.scopes.Scope`: tallies know that an answer has a flag, responses which.
    """

    service: str | None = None
    office: str | None = None
    start: date | None = None
    end: date | None = None
    offices: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    every_hour: bool = False

    @property
    def places(self) -> frozenset[str] | None:
        """The offices that are meant; None is all."""
        if self.office is None:
            return self.offices
        named = frozenset({self.office})
        return named if self.offices is None else named & self.offices


def total(source: db.Source, wanted: Filter) -> int:
    """How many responses an export will hold."""
    with source() as connection:
        query = _where(select(func.count()).select_from(tables.responses), wanted)
        return int(connection.execute(query).scalar_one())


def rows(source: db.Source, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Each response as a row with the columns `COLUMNS`."""
    last: Row[Any] | None = None
    scales: Scales = {}
    shared_hours = None if wanted.every_hour else hours.SharedHours(wanted.places)
    while True:
        with source() as connection:
            page = _page(connection, wanted, last)
            scales |= _scales(connection, page, scales)
            cells = shared_hours.read(connection, page) if shared_hours else None
        for response in page:
            hour = cells is None or hours.of(response) in cells
            yield row(response, scales[response.service, response.survey], hour=hour)
        if len(page) < PAGE:
            return
        last = page[-1]


def _page(connection: Connection, wanted: Filter, last: Row[Any] | None) -> list[Row[Any]]:
    table = tables.responses.c
    key = (table.service, table.day, table.id)
    if last is None:
        query = _where(select(tables.responses), wanted)
    else:
        # As one row value: spelled out with AND and OR, no engine would use the primary key.
        # Nor would SQLite use more of it than another clause names: those must not be there.
        named = wanted.service is not None
        query = _where(select(tables.responses), replace(wanted, start=None) if named else wanted)
        past = (last.service, last.day, last.id)
        query = query.where(tuple_(*key[named:]) > tuple_(*past[named:]))
    ordered = query.order_by(*key).limit(PAGE)
    return list(connection.execute(ordered))


def _where(query: Select[Any], wanted: Filter) -> Select[Any]:
    table = tables.responses.c
    query = query.where(tables.IS_COUNTED)
    if wanted.service is not None:
        query = query.where(table.service == wanted.service)
    if wanted.start is not None:
        query = query.where(table.day >= wanted.start)
    if wanted.end is not None:
        query = query.where(table.day <= wanted.end)
    if wanted.places is not None:
        query = query.where(table.office.in_(sorted(wanted.places)))
    for flag in sorted(wanted.without):
        # They stand in one text, joined by semicolons.
        query = query.where((";" + table.flags + ";").not_like(f"%;{flag};%"))
    return query


def _scales(connection: Connection, page: Iterable[Row[Any]], known: Scales) -> Scales:
    """The scale of each survey version that these responses answered: 1 is not 1 on both."""
    columns = tables.surveys.c
    versions = {(response.service, response.survey) for response in page} - known.keys()
    query = select(tables.surveys).where(tuple_(columns.service, columns.n).in_(sorted(versions)))
    return {
        (item.service, item.n): survey_text.from_json(item.definition).trust_scale
        for item in (connection.execute(query) if versions else ())
    }


def row(response: Row[Any], scale: Scale, *, hour: bool) -> dict[str, Any]:
    """One response as it leaves the house. `scale` is that of the survey version it answered;
    `hour` says whether its hour may be told.
    """
    at = f"{response.answered_hour.isoformat()[:13]}:00:00Z"
    taps = response.drivers if isinstance(response.drivers, list) else []
    positive = scale.is_good(response.trust)
    return {
        "service": response.service,
        "office": response.office,
        "channel": response.channel,
        "language": response.language,
        "survey": f"{response.service}/{response.survey}",
        "day": response.day.isoformat(),
        "answered_hour": at if hour else None,
        "delay": response.delay,
        "trust": response.trust,
        "satisfaction": response.satisfaction,
        "drivers_positive": taps if positive else [],
        "drivers_negative": [] if positive else taps,
        "driver_scores": response.drivers if isinstance(response.drivers, dict) else {},
        "comment": response.comment,
        "questions": response.questions,
        "flags": response.flags.split(";") if response.flags else [],
        "scale": scale.name,
    }

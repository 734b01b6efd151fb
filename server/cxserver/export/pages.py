"""Responses for programs, some days at a time, in the order of their random ids.

An order by day would tell the day of each row that is not to tell it. Answers stand in the order of
the first half of their ids, and what was written in that of the second: laid beside each other, the
two lists do not tell which words belong to which answers.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal_column, select

from cxserver import tables
from cxserver.periods import Span

HALF = 16
# Comes after whatever goes on from the first half of an id.
_PAST = "g"


def first_day(connection: Connection, service: str, since: date) -> date | None:
    """The first day from `since` on that has answers."""
    columns = tables.responses.c
    query = select(func.min(columns.day)).where(columns.service == service, columns.day >= since)
    day: date | None = connection.execute(query).scalar()
    return day


def answers(
    connection: Connection,
    service: str,
    span: Span,
    offices: Collection[str],
    after: str,
    limit: int,
) -> list[Row[Any]]:
    """The next responses, after the one whose id begins like this."""
    columns = tables.responses.c
    query = _of(service, span, offices).where(columns.id > (after + _PAST if after else ""))
    return list(connection.execute(query.order_by(columns.id).limit(limit)))


def words(
    connection: Connection,
    service: str,
    span: Span,
    offices: Collection[str],
    after: str,
    limit: int,
    only: ColumnElement[bool] | None = None,
) -> list[Row[Any]]:
    """The next responses in which somebody may have written, after the one whose id ends so."""
    end = func.substr(tables.responses.c.id, HALF + 1)
    query = _of(service, span, offices).where(literal_column(f"({tables.WORDED})"), end > after)
    if only is not None:
        query = query.where(only)
    return list(connection.execute(query.order_by(end).limit(limit)))


def _of(service: str, span: Span, offices: Collection[str]) -> Select[Any]:
    columns = tables.responses.c
    query = select(tables.responses).where(
        columns.service == service, columns.office.in_(sorted(offices)), tables.IS_COUNTED
    )
    if span.start is not None:
        query = query.where(columns.day >= span.start)
    if span.end is not None:
        query = query.where(columns.day < span.end)
    return query

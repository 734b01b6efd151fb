"""Responses for programs, week by week: within a week in the order of their random ids.

An order by day would tell the day of each row that is not to tell it.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cxserver import tables

_WEEK = timedelta(days=7)


def monday(connection: Connection, service: str, since: date) -> date | None:
    """The Monday of the first week from `since` on, a Monday itself, in which there are answers."""
    held = tables.responses.c
    query = select(func.min(held.day)).where(held.service == service, held.day >= since)
    day: date | None = connection.execute(query).scalar()
    return day - timedelta(days=day.weekday()) if day else None


def page(
    connection: Connection,
    service: str,
    monday: date,
    offices: Collection[str],
    after: str,
    limit: int,
) -> list[Row[Any]]:
    """The next responses of a service in a week, after the id of the last one."""
    held = tables.responses.c
    query = select(tables.responses).where(
        held.service == service,
        held.day >= monday,
        held.day < monday + _WEEK,
        held.office.in_(sorted(offices)),
        held.id > after,
    )
    return list(connection.execute(query.order_by(held.id).limit(limit)))


class Crowds:
    """How many answers the offices had on each day of a week."""

    def __init__(
        self,
        connection: Connection,
        services: Collection[str],
        offices: Collection[str],
        monday: date,
    ):
        held = tables.responses.c
        query = (
            select(held.office, held.day, func.count())
            .where(
                held.service.in_(sorted(services)),
                held.day >= monday,
                held.day < monday + _WEEK,
                held.office.in_(sorted(offices)),
            )
            .group_by(held.office, held.day)
        )
        self._days: dict[tuple[str, date], int] = {
            (office, day): n for office, day, n in connection.execute(query)
        }

    def day(self, found: Row[Any]) -> int:
        """How many answers the office of this response had on its day."""
        return self._days[found.office, found.day]

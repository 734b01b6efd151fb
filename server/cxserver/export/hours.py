"""Which hours are told: those of a day in which 5 people answered one service at one office.

One rule for every row that leaves the house. It asks of one service alone, so that the same hour is
told or not whatever else a file or a key holds: two files beside each other tell no more than one.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cxserver import tables

FEWEST = 5

# Service, office, day, and the hour in UTC: in half-hour time zones one hour lies in two days.
Cell = tuple[str, str, date, datetime]


def crowded(
    connection: Connection,
    service: str,
    start: date,
    last: date,
    offices: Iterable[str] | None = None,
) -> set[Cell]:
    """The hours of these days, both included, that may be told."""
    columns = tables.responses.c
    key = (columns.service, columns.office, columns.day, columns.answered_hour)
    query = select(*key).where(
        columns.service == service,
        columns.day >= start,
        columns.day <= last,
        tables.IS_COUNTED,
    )
    if offices is not None:
        query = query.where(columns.office.in_(sorted(offices)))
    enough = query.group_by(*key).having(func.count() >= FEWEST)
    return {
        (row.service, row.office, row.day, row.answered_hour) for row in connection.execute(enough)
    }


def of(response: Row[Any]) -> Cell:
    """Where a response is counted."""
    return response.service, response.office, response.day, response.answered_hour


class SharedHours:
    """The hours that may be told, along an export by service and day.

    Each day is counted once, and only the pages' own days are held.
    """

    def __init__(self, offices: Iterable[str] | None):
        self._offices = offices
        self._cells: set[Cell] = set()
        self._through: tuple[str, date] | None = None

    def read(self, connection: Connection, page: Sequence[Row[Any]]) -> set[Cell]:
        """Those of this page, which follows the page that was read before."""
        self._cells = {cell for cell in self._cells if (cell[0], cell[2]) == self._through}
        for service, rows in groupby(page, key=lambda row: str(row.service)):
            days = [row.day for row in rows]
            start, last = days[0], days[-1]
            if self._through == (service, start):
                start += timedelta(days=1)
            if start <= last:
                self._cells |= crowded(connection, service, start, last, self._offices)
            self._through = service, last
        return self._cells

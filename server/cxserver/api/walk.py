"""How a program reads a long list page by page: service by service, and month by month or week by
week. A cursor names how far it came, and opens nothing that the key does not.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from cxserver import periods
from cxserver.api import days
from cxserver.api.items import Rejected
from cxserver.api.schemas import RowsQuery
from cxserver.api.visitor import Visitor
from cxserver.export import pages as batches
from cxserver.periods import Kind, Period, Span
from cxserver.results import scopes
from cxserver.results.scopes import Scope
from cxserver.web.problem_details import Fault

LEAST = date(2000, 1, 1)
_RULE = "`from` is a day from 2000 on, and `to` one that is not before it."
_NO_CURSOR = "`cursor` is not the `next` of a page of this list. Leave it out to begin again."
# Periods of one service that one request looks through: who asks for a quiet office gets an empty
# page and goes on.
STEPS = 26
# Half of the id alone: with the whole of it, answers and words could be laid beside each other.
_CURSOR = re.compile(r"([a-z0-9-]{1,32}) (\d{4}-\d\d-\d\d) ([0-9a-f]{16})?", re.ASCII)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read: a service, the start of a period, half the id of the last row."""

    service: str
    start: date
    after: str = ""

    @classmethod
    def read(cls, cursor: str, kind: Kind) -> "Place":
        """The place in a cursor. Raises Rejected."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
            match = _CURSOR.fullmatch(text)
            if match and _begins(kind, start := date.fromisoformat(match[2])):
                return cls(match[1], start, match[3] or "")
        except ValueError:
            pass
        raise Rejected(422, "invalid", _NO_CURSOR, [Fault(field="cursor", code="unknown")])

    @property
    def cursor(self) -> str:
        """As text for the next request."""
        text = f"{self.service} {self.start} {self.after}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of these services and offices, from one day to before another, read period by
    period.
    """

    kind: Kind
    services: list[str]
    offices: frozenset[str]
    start: date
    end: date
    limit: int
    cursor: str | None


def wanted(who: Visitor, rows_query: RowsQuery, kind: Kind, *, whole: bool = False) -> Wanted:
    """What is asked for, up to today; with `whole` in whole periods. Raises Rejected."""
    first, end = days.given(rows_query, who.today)
    start, last = first or LEAST, min(end or who.today, who.today)
    if start < LEAST or start > (end or start):
        raise Rejected(422, "invalid", _RULE, [Fault(field="from", code="days")])
    span = periods.days(start, last)
    if whole and start <= last:
        span = Span(periods.of(kind, start).start, periods.of(kind, last).end)
    scope = who.seen.narrowed(_named(who, rows_query))
    return Wanted(
        kind=kind,
        services=sorted(who.directory.services if scope.services is None else scope.services),
        offices=frozenset(who.directory.offices) if scope.offices is None else scope.offices,
        start=span.start or LEAST,
        end=span.end or who.today,
        limit=rows_query.limit,
        cursor=rows_query.cursor,
    )


def pages(
    who: Visitor,
    wanted: Wanted,
    read: Callable[[str, Period, str, int], tuple[list[Row], str]],
) -> tuple[list[Row], Place | None]:
    """The next page, and where to go on; None at the end.

    `read` gives the next rows of a service in a period, after a half of an id, so many at most; and
    the half of the id to go on from, "" where the period has no more.
    """
    place = (
        Place("", wanted.start) if wanted.cursor is None else Place.read(wanted.cursor, wanted.kind)
    )
    rows: list[Row] = []
    for looked, (service, period, after) in enumerate(_steps(who, wanted, place), start=1):
        some, on = read(service, _within(period, wanted), after, wanted.limit - len(rows))
        rows += some
        if on:
            return rows, Place(service, period.start, on)
        if looked == STEPS:
            return rows, Place(service, period.end)
    return rows, None


def _steps(who: Visitor, wanted: Wanted, place: Place) -> Iterator[tuple[str, Period, str]]:
    """Every service and period that has answers, from a place on."""
    for service in wanted.services:
        if service < place.service:
            continue
        start = max(place.start, wanted.start) if service == place.service else wanted.start
        while True:
            connection = who.connection
            day = batches.first_day(connection, service, start)
            if day is None or day >= wanted.end:
                break
            period = periods.of(wanted.kind, day)
            same = (service, period.start) == (place.service, place.start)
            yield service, period, place.after if same else ""
            start = period.end


def _within(period: Period, wanted: Wanted) -> Period:
    """The days of a period that are asked for."""
    return replace(period, start=max(period.start, wanted.start), end=min(period.end, wanted.end))


def _named(who: Visitor, rows_query: RowsQuery) -> Scope:
    named = Scope(
        services=frozenset({rows_query.service}) if rows_query.service is not None else None,
        offices=frozenset({rows_query.office}) if rows_query.office is not None else None,
    )
    if rows_query.under is None:
        return named
    return named.narrowed(Scope(offices=scopes.subtree(who.directory, rows_query.under)))


def _begins(kind: Kind, day: date) -> bool:
    return periods.of(kind, day).start == day

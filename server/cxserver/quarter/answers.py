"""The quarter's responses, page by page, each with what was decided about its comment."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, tuple_

from cxserver import db, tables
from cxserver.periods import Period

PAGE = 2000
_READ = (
    "service",
    "day",
    "id",
    "channel",
    "survey",
    "flags",
    "satisfaction",
    "trust",
    "drivers",
    "comment",
)


def total(connection: Connection, quarter: Period, service: str | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(tables.responses).where(_during(quarter, service))
    return int(connection.execute(query).scalar_one())


def pages(source: db.Source, quarter: Period, service: str) -> Iterator[list[Row[Any]]]:
    """All of a service's, in pages: no transaction lasts longer than one."""
    # No id is empty: this stands before the first of the first day.
    last: tuple[date, str] = (quarter.start, "")
    while True:
        with source() as connection:
            page = list(connection.execute(_page(quarter, service, last)))
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = (page[-1].day, page[-1].id)


def _page(quarter: Period, service: str, last: tuple[date, str]) -> Any:
    responses, reviews = tables.responses, tables.comment_reviews
    key = (responses.c.day, responses.c.id)
    decided = responses.outerjoin(
        reviews,
        and_(
            reviews.c.service == responses.c.service,
            reviews.c.day == responses.c.day,
            reviews.c.response == responses.c.id,
        ),
    )
    return (
        select(*(responses.c[name] for name in _READ), reviews.c.decision)
        .select_from(decided)
        # One beginning alone. With a second one (`day >= start`) SQLite would choose that, and read
        # every page from the quarter's first day on.
        .where(
            responses.c.service == service,
            tuple_(*key) > tuple_(*last),
            responses.c.day < quarter.end,
            tables.ASKED_BY_US,
            tables.IS_COUNTED,
        )
        .order_by(*key)
        .limit(PAGE)
    )


def _during(quarter: Period, service: str | None) -> Any:
    columns = tables.responses.c
    terms = [columns.day >= quarter.start, columns.day < quarter.end]
    terms += [tables.ASKED_BY_US, tables.IS_COUNTED]
    if service is not None:
        terms.append(columns.service == service)
    return and_(*terms)

"""The quarter's responses, page by page, each with what was decided about its comment."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, func, select, tuple_

from cxserver import db, tables
from cxserver.periods import Period

PAGE = 2000


def total(engine: Engine, quarter: Period, service: str | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(tables.responses).where(_during(quarter, service))
    with db.read(engine) as connection:
        return int(connection.execute(query).scalar_one())


def pages(engine: Engine, quarter: Period, service: str) -> Iterator[list[Row[Any]]]:
    """All of a service's, in pages: no transaction lasts longer than one."""
    last: Row[Any] | None = None
    while True:
        with db.read(engine) as connection:
            page = list(connection.execute(_page(quarter, service, last)))
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1]


def _page(quarter: Period, service: str, last: Row[Any] | None) -> Any:
    held, reviews = tables.responses, tables.comment_reviews
    key = (held.c.service, held.c.day, held.c.id)
    decided = held.outerjoin(
        reviews,
        and_(
            reviews.c.service == held.c.service,
            reviews.c.day == held.c.day,
            reviews.c.response == held.c.id,
        ),
    )
    query = select(held, reviews.c.decision).select_from(decided).where(_during(quarter, service))
    if last is not None:
        query = query.where(tuple_(*key) > tuple_(last.service, last.day, last.id))
    return query.order_by(*key).limit(PAGE)


def own() -> ColumnElement[bool]:
    """Answers that we asked for. Those that were imported were filed by others."""
    return tables.responses.c.flags.not_like("%imported%")


def _during(quarter: Period, service: str | None) -> Any:
    held = tables.responses.c
    terms = [held.day >= quarter.start, held.day < quarter.end, own()]
    if service is not None:
        terms.append(held.service == service)
    return and_(*terms)

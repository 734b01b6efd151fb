"""The page of an office with few answers."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.results import sentences, small_office, suppression, table
from cxserver.results.measures import Score
from cxserver.results.question import Filters
from cxserver.results.small import Quarter
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard, now
from cxserver.staff.comments import comments
from cxserver.staff.guard import Visit

# The comments at the top of the page.
WROTE = 5
_WHOLE = "This is all that people answered here. A small office is not cut up any further."


def show(request: Request, visit: Visit, filters: Filters) -> Response:
    """The page."""
    if "chart" in request.query_params:
        raise HTTPException(404, "A small office has no charts.")
    note = [_WHOLE] if filters.service or filters.channel or filters.language else []
    filters = small_office.whole(filters)
    quarters = small_office.quarters(visit.reading(), filters)
    numbers = as_table(quarters)
    if request.query_params.get("format") == "csv":
        return download.response("small-office", numbers)
    last = small_office.latest(quarters)
    needs = now.block(visit)
    wrote = comments.latest(visit, filters.offices[0].slug, WROTE)
    now.note(visit, needs)
    return guard.page(
        visit,
        "small-office.html",
        filters=filters,
        now=needs,
        office=filters.offices[0],
        sentences=note + small_office.in_sentences(quarters),
        latest=last,
        named=small_office.named(filters, last),
        quarters=numbers,
        comments=_comments(visit),
        wrote=wrote,
        state_words=comments.STATE_WORDS,
    )


def as_table(quarters: Sequence[Quarter]) -> Table:
    """The quarters, the oldest first."""
    head = ("Quarter", "People", "Satisfaction 4 or 5", _trust(quarters))
    rows = tuple((table.name(quarter.name), *_cells(quarter)) for quarter in quarters)
    return Table("Answers by fiscal quarter", head, rows)


def _trust(quarters: Sequence[Quarter]) -> str:
    return f"Trust {sentences.good(quarter.trust for quarter in quarters).removeprefix('a ')}"


def _cells(quarter: Quarter) -> tuple[Cell, ...]:
    if not quarter.n:
        return table.nothing(), table.nothing(), table.nothing()
    return table.count(quarter.n), _people(quarter.satisfaction), _people(quarter.trust)


def _people(score: Score | None) -> Cell:
    if score is None:
        return table.nothing()
    return Cell(score.people, score.top, suppression.staff(score.n))


def _comments(visit: Visit) -> str:
    """Where the comments are, for those who may read them."""
    for route in visit.routes:
        if route.path == "/comments" and visit.member.role in route.roles:
            return visit.path + route.path
    return ""

"""GET /staff/scores: trust and satisfaction in full, and who changed."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.results import charts, overview, small_office, table
from cxserver.results.overview import Standing
from cxserver.results.question import Filters
from cxserver.results.table import Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.pictures import answer
from cxserver.staff.results import scores_files, scores_pictures, small_office_page


def show(request: Request, visit: Visit) -> Response:
    """The scores, or the page of a small office."""
    filters = Filters.read(request.query_params, visit.reading())
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    fetched = overview.fetch(visit.reading(), filters)
    visit.end_reading()
    state, seen = overview.work_out(fetched, filters)
    if seen is None:
        return guard.page(visit, "scores.html", filters=filters, state=state)
    if request.query_params.get("format") == "csv":
        kind = request.query_params.get("kind", "") or scores_files.SCORES
        return download.response(f"scores-{kind}", scores_files.table_of(kind, filters, seen))
    if "chart" in request.query_params:
        return answer.response(visit, filters, "scores", scores_pictures.of(filters, seen))
    return guard.page(
        visit,
        "scores.html",
        filters=filters,
        state=state,
        partial=seen.is_partial,
        before=seen.before,
        standing=seen.standing,
        bars=charts.likert([item.change.after for item in seen.standing]),
        counts=counts(seen.standing),
        trend=seen.trend,
        moved=seen.moved,
        fallen=seen.fallen,
        writes=roles.writes_notes(visit.member),
        files=scores_files.links(),
    )


def counts(standing: Sequence[Standing]) -> Table:
    """How many gave each of the points."""
    rows = tuple(
        (
            table.name(item.title),
            *scores_files.each(item.change.after),
            table.count(item.change.after.n),
        )
        for item in standing
    )
    head = ("Question", *scores_files.POINTS, "All answers")
    return Table("How many people gave each answer", head, rows)


ROUTES = (GuardedRoute("/scores", show, roles.EVERYONE, label="Scores", group="Every day"),)

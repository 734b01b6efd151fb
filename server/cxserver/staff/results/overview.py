"""GET /staff/: how are we doing, what changed, and what to fix first."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.results import charts, days, overview, sentences, small_office, table
from cxserver.results.changes import Change
from cxserver.results.measures import Score
from cxserver.results.overview import Seen, Standing
from cxserver.results.question import Filters
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.results import small_office_page

# More than these on one page, and nobody knows where to begin.
SHOWN = 3
_POINTS = ("1 (lowest)", "2", "3", "4", "5 (highest)")


def show(request: Request, visit: Visit) -> Response:
    """The overview, or the page of a small office."""
    filters = Filters.read(request.query_params, visit.reading())
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    fetched = overview.fetch(visit.reading(), filters)
    visit.snapshot.end()
    state, seen = overview.work_out(fetched, filters)
    if seen is None:
        return guard.page(visit, "overview.html", filters=filters, state=state)
    if request.query_params.get("format") == "csv":
        return download.response("overview", as_table(filters, seen))
    return guard.page(
        visit,
        "overview.html",
        filters=filters,
        state=state,
        partial=seen.is_partial,
        before=seen.before,
        standing=seen.standing,
        bars=charts.likert([item.change.after for item in seen.standing]),
        counts=counts(seen.standing),
        trend=seen.trend,
        moved=seen.moved,
        first=seen.first,
        fallen=seen.fallen,
        reads=roles.sees_comments(visit.member),
        shown=SHOWN,
    )


def counts(standing: Sequence[Standing]) -> Table:
    """How many gave each of the points."""
    rows = tuple(
        (
            table.name(item.title),
            *_each(item.change.after),
            table.count(item.change.after.n),
        )
        for item in standing
    )
    head = ("Question", *_POINTS, "All answers")
    return Table("How many people gave each answer", head, rows)


def _each(score: Score) -> tuple[Cell, ...]:
    cells = tuple(table.plain(f"{n:,}", n) for n in score.counts)
    # A thumb down is the lowest there is, a thumb up the highest; nothing is between them.
    return (cells[0], *(table.nothing() for _ in range(3)), cells[1]) if score.is_thumbs else cells


def as_table(filters: Filters, seen: Seen) -> Table:
    """All that the page shows: these days, the days before, the change, the trend; and then in
    words what to fix first and what changed.
    """
    rows: list[tuple[Cell, ...]] = []
    for item in seen.standing:
        title = table.name(item.title)
        window = filters.window
        sides = ((window.span, item.change.after), (window.before, item.change.before))
        rows += [(title, *_row(days.in_words(span), score)) for span, score in sides]
        rows += [(title, *_apart(item.change))]
        rows += [(title, *row[:5]) for row in seen.trend.table(item.measure).rows]
    best = f"Gave {sentences.good(score for item in seen.standing for score in item.scores)}"
    head = ("Question", "Days", "People", best, "At least", "At most", *_POINTS)
    return Table("Overview", head, (*rows, *_said(seen)))


def _row(when: str, score: Score) -> tuple[Cell, ...]:
    points = _each(score) if score.n else tuple(table.nothing() for _ in _POINTS)
    return table.name(when), table.count(score.n), *table.score(score), *points


def _apart(change: Change) -> tuple[Cell, ...]:
    ends = (change.difference, change.low, change.high)
    cells = (table.nothing() if end is None else Cell(f"{100 * end:+.0f}", end) for end in ends)
    return table.name(f"Change: {sentences.verdict(change)}"), table.nothing(), *cells


def _said(seen: Seen) -> list[tuple[Cell, ...]]:
    """What the page says in sentences, each in a row of its own."""
    first = [
        seen.first.summary,
        *(f"{finding.what} {finding.rest}" for finding in seen.first.findings),
    ]
    common = (item.what for item in seen.first.common)
    rows = [("Fix first", item) for item in (*first, *common) if item]
    rows += [("What changed", sentence) for sentence in seen.moved.sentences]
    return [(table.name(name), table.plain(sentence)) for name, sentence in rows]


ROUTES = (GuardedRoute("/", show, roles.EVERYONE, label="Overview"),)

"""GET /staff/: the first page. How are we doing, what to do first, and what people say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.comments import recent
from cxserver.comments.readable import ReadableComment
from cxserver.findings import do_first
from cxserver.quarter import response_rate
from cxserver.quarter.response_rate import ResponseRate
from cxserver.results import comparison, government, overview, small_office, table, tiles
from cxserver.results.comparison import Comparison
from cxserver.results.overview import Fetched
from cxserver.results.question import Filters
from cxserver.results.slices import Slice
from cxserver.results.tiles import Tile, Verdict
from cxserver.staff import guard, now
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.results import do_first_block, small_office_page
from cxserver.staff.results.do_first_block import Block

# So many comments on the first page; the rest are an inbox of their own.
SAID = 5
# Of so many people a part of the comments is enough to find the newest.
_MANY = 20_000


def show(request: Request, visit: Visit) -> Response:
    """The first page, or the page of a small office."""
    reader = visit.reading()
    filters = Filters.read(request.query_params, reader)
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    if request.query_params.get("format") == "csv":
        # A page is no file: its numbers are those of the scores.
        return RedirectResponse(f"{visit.path}/scores{filters.query(format='csv')}", 303)
    scores = overview.fetch(reader, filters, movers=False)
    # What needs somebody does so whatever is not counted.
    numbers = _read(visit, filters, scores) if scores else None
    said = _said(visit, filters, numbers) if numbers else ()
    needs = now.block(visit)
    visit.end_reading()
    now.note(visit, needs)
    parts = _drawn(numbers, filters) if numbers else {"state": "refused"}
    return guard.page(visit, "first-page.html", filters=filters, said=said, now=needs, **parts)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the tiles and "Do first" are drawn from, once the transaction has ended."""

    scores: Fetched
    peers: Sequence[Slice]
    rate: ResponseRate
    first: Block


def _read(visit: Visit, filters: Filters, scores: Fetched) -> _Numbers:
    counted = do_first.fetch(visit.reading(), filters)
    # Which comments show a finding is known only when it is worked out.
    first = do_first_block.make(visit, filters, do_first.work_out(counted, filters))
    rate = response_rate.read(visit.reading(), filters)
    return _Numbers(scores, counted.peers, rate, first)


def _drawn(numbers: _Numbers, filters: Filters) -> dict[str, Any]:
    """The tiles and what to do first; or why there are none."""
    state, seen = overview.work_out(numbers.scores, filters)
    if seen is None:
        return {"state": state}
    drawn, scale = tiles.make(seen, filters, numbers.peers)
    return {
        "state": state,
        "partial": seen.is_partial,
        "before": seen.before,
        "tiles": [*drawn, rate_tile(numbers.rate, filters)],
        "scale": scale,
        "government": government.latest("trust"),
        "first": numbers.first,
        "trend": seen.trend,
    }


def rate_tile(rate: ResponseRate, filters: Filters) -> Tile:
    """The share of those offered the survey who answered it, or why it is not known."""
    target = comparison.target_of(filters, "response_rate")
    lines = [Comparison("Your target", f"{target}%")] if target is not None else []
    if rate.share is None:
        words = Verdict("few", "Not known", rate.reason)
        return Tile("Response rate", "of those offered", "/response", "–", "", "", words)
    lines.append(Comparison("Source", rate.source))
    figure = table.percent(rate.share).removesuffix("%")
    people = f"{rate.n:,} of {rate.offered:,} people"
    words = Verdict("same", rate.quarter[:1].upper() + rate.quarter[1:], "the newest with volumes")
    return Tile(
        "Response rate", "of those offered", "/response", figure, "%", people, words, tuple(lines)
    )


def _said(visit: Visit, filters: Filters, numbers: _Numbers) -> Sequence[ReadableComment]:
    if not roles.sees_comments(visit.member):
        return ()
    many = sum(part.n for part in numbers.peers) > _MANY
    scope, span = filters.of_office(), filters.window.span
    return recent.low_first(visit.reading(), scope, span, SAID, many=many)


ROUTES = (GuardedRoute("/", show, roles.EVERYONE, label="Overview", group="Every day"),)

"""GET /staff/comments: what people wrote, in their words, to search and to act on."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.comments.query import STATES, State
from cxserver.comments.shelf import CommentPage, Mark, ReadableComment, Search, Shelf
from cxserver.instrument import drivers
from cxserver.results import sentences, table
from cxserver.results.drivers import SIDES, Side
from cxserver.results.question import Filters
from cxserver.results.scopes import Scope
from cxserver.results.table import Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit

_LONGEST = 200
STATE_WORDS: Mapping[State, str] = {
    "unread": "Not read yet",
    "read": "Read",
    "open": "Open",
    "done": "Done",
}
_SIDES: Mapping[Side, str] = {"negative": "could be better", "positive": "went well"}
# Where a Monday begins: one press instead of a form.
_BEGIN = (
    ("not read yet", "state", "unread"),
    ("an alert", "alerted", "yes"),
    ("trust 1 of 5", "score", "1"),
    ("mine", "owner", "me"),
)
# What this page has beyond the filters of all pages.
OWN = ("driver", "score", "state", "owner", "alerted", "q")


def show(request: Request, visit: Visit) -> Response:
    """A page of the list."""
    filters = Filters.read(request.query_params, visit.reading())
    own = {name: request.query_params.get(name, "")[:_LONGEST] for name in OWN}
    search = _search(filters, own, visit)
    result = _shelf(filters, visit).find(search, _mark(request))
    if request.query_params.get("format") == "csv":
        return download.response("comments", as_table(result))
    chosen = {name: value for name, value in own.items() if value}
    return guard.page(
        visit,
        "comments.html",
        filters=filters,
        own=own,
        listing=result,
        filtered=bool(chosen or filters.query(period=None)),
        choices=_choices(filters),
        state_words=STATE_WORDS,
        begin=[
            (said, filters.query(period=None, channel=None, language=None, **{name: value}))
            for said, name, value in _BEGIN
        ],
        newest=filters.query(period=None, **chosen),
        further=filters.query(period=None, **chosen, after=str(result.further or "")),
        this_page=filters.query(
            period=None, **chosen, after=request.query_params.get("after"), format="csv"
        ),
    )


def latest(visit: Visit, office: str, limit: int) -> tuple[ReadableComment, ...]:
    """The newest comments of an office, for a page of another kind; looking is noted in the log."""
    if not roles.sees_comments(visit.member):
        return ()
    scope = visit.scope.narrowed(Scope(offices=frozenset({office})))
    newest = Shelf(visit.connection, visit.directory, scope, visit.now).find(Search(), limit=limit)
    if newest.comments:
        visit.note("read comments", f"the newest of {office}")
    return newest.comments


def as_table(comment_page: CommentPage) -> Table:
    """The comments as a table, with nothing that the page does not tell."""
    head = ("Week", "Office", "Service", "Comment", "Other answers", "Alert", "State")
    rows = tuple(
        (
            table.name(comment.comment.monday.isoformat()),
            table.plain(comment.office),
            table.plain(comment.service),
            table.plain("\n".join(comment.texts)),
            table.plain("; ".join(comment.facts)),
            table.plain("yes" if comment.comment.alerted else ""),
            table.plain(STATE_WORDS[comment.comment.state]),
        )
        for comment in comment_page.comments
    )
    return Table("Comments", head, rows)


def _shelf(filters: Filters, visit: Visit) -> Shelf:
    scope = filters.but(service=None, channel=None, language=None).of_office()
    return Shelf(visit.connection, visit.directory, scope, visit.now)


def _search(filters: Filters, own: Mapping[str, str], visit: Visit) -> Search:
    return Search(
        services=frozenset({filters.service}) if filters.service else None,
        channel=_channel(filters),
        language=filters.language,
        driver=_driver(own["driver"]),
        score=_score(own["score"]),
        state=_state(own["state"]),
        owner=_mine(own["owner"], visit),
        alerted=_yes(own["alerted"]),
        words=tuple(own["q"].split()),
    )


def _channel(filters: Filters) -> str | None:
    if filters.channel and not filters.holds_rows:
        raise HTTPException(
            422,
            "Comments are not chosen by channel here: what came by which channel is counted by "
            "month. Clear that filter.",
        )
    return filters.channel


def _driver(text: str) -> tuple[str, Side] | None:
    for code in drivers.CODES:
        for side in SIDES:
            if text == f"{code}-{side}":
                return code, side
    if text:
        raise HTTPException(422, "Choose a driver from the list.")
    return None


def _score(text: str) -> int | None:
    if text and text not in ("1", "2", "3", "4", "5"):
        raise HTTPException(422, "Choose a score from 1 to 5.")
    return int(text) if text else None


def _state(text: str) -> State | None:
    for state in STATES:
        if text == state:
            return state
    if text:
        raise HTTPException(422, f"Choose a state: {', '.join(STATES)}.")
    return None


def _mine(text: str, visit: Visit) -> str | None:
    if text not in ("", "me"):
        raise HTTPException(422, "Choose everybody's, or your own: owner=me.")
    return visit.member.id if text else None


def _yes(text: str) -> bool:
    if text not in ("", "yes"):
        raise HTTPException(422, "Choose all, or those with an alert: alerted=yes.")
    return bool(text)


def _mark(request: Request) -> Mark | None:
    try:
        return Mark.read(request.query_params.get("after", ""))
    except ValueError:
        raise HTTPException(422, "Open the list from its first page.") from None


def _choices(filters: Filters) -> dict[str, list[tuple[str, str]]]:
    """The filters of this page with what can be chosen."""
    return {name: some for name, some in filters.choices().items() if name != "period"} | {
        "channel": filters.choices()["channel"] if filters.holds_rows else [],
        "driver": [
            (f"{code}-{side}", f"{label}: {_SIDES[side]}")
            for code, label in sentences.drivers_of(filters.services_in(filters.of_office()))
            for side in ("negative", "positive")
        ],
        "score": [(str(point), f"Trust {point} of 5") for point in range(1, 6)],
        "state": list(STATE_WORDS.items()),
        "owner": [("me", "Mine")],
        "alerted": [("yes", "With an alert")],
    }


ROUTES = (GuardedRoute("/comments", show, roles.READERS, audit="read comments", label="Comments"),)

"""GET /staff/comments: what people wrote, in their words, to search and to act on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import members, roles
from cxserver.comments import search_terms
from cxserver.comments.comment import STATES, State
from cxserver.comments.readable import ReadableComment
from cxserver.comments.shelf import COUNTED, CommentPage, Count, Mark, Search, Shelf
from cxserver.instrument import drivers
from cxserver.results import sentences, table
from cxserver.results.drivers import SIDES, Side
from cxserver.results.question import Filters
from cxserver.results.scopes import Scope
from cxserver.results.table import Table
from cxserver.staff import download, guard
from cxserver.staff.comments import colleagues
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
OWN = ("driver", "score", "state", "owner", "alerted", "q", "from", "to")
_FIRST_DAY = date(2000, 1, 1)
# A file is read by more than a screen holds.
_OF_A_FILE = 500
_HEAD = ("Week", "Office", "Service", "Comment", "Other answers", "Alert", "State")


def show(request: Request, visit: Visit) -> Response:
    """A page of the list."""
    filters = Filters.read(_undated(request.query_params), visit.reading())
    own = {name: request.query_params.get(name, "")[:_LONGEST] for name in OWN}
    search = _search(filters, own, visit)
    mark = _mark(request)
    if request.query_params.get("format") == "csv":
        return download.long_response("comments", _HEAD, _pages(filters, visit, search))
    listing = _shelf(filters, visit).find(search, mark, counts=True)
    chosen = {name: value for name, value in own.items() if value}
    where = filters.query(period=None)
    return guard.page(
        visit,
        "comments.html",
        filters=filters,
        own=own,
        listing=listing,
        found=_found(listing.count),
        looked=_looked(listing, search, others=bool(chosen.keys() - {"q"} or where)),
        filtered=bool(chosen or where),
        choices=_choices(filters),
        state_words=STATE_WORDS,
        owners=_owners(visit, listing),
        begin=[
            (said, filters.query(period=None, channel=None, language=None, **{name: value}))
            for said, name, value in _BEGIN
        ],
        newest=filters.query(period=None, **chosen),
        further=filters.query(period=None, **chosen, after=str(listing.further or "")),
        begun=mark is not None,
        file=filters.query(period=None, **chosen, format="csv"),
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


def _undated(query: Mapping[str, str]) -> dict[str, str]:
    """The address without its days: a list of comments takes any, and one alone."""
    return {name: text for name, text in query.items() if name not in ("from", "to", "period")}


def _pages(filters: Filters, visit: Visit, search: Search) -> Iterator[Table]:
    """All that the list finds, each page in a transaction of its own."""
    scope, source = _scope(filters), visit.snapshot.source()
    mark: Mark | None = None
    while True:
        with source() as connection:
            shelf = Shelf(connection, visit.directory, scope, visit.now)
            page = shelf.find(search, mark, _OF_A_FILE)
        yield as_table(page.comments)
        if page.further is None:
            return
        mark = page.further


def as_table(comments: Iterable[ReadableComment]) -> Table:
    """The comments as a table, with nothing that the page does not tell."""
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
        for comment in comments
    )
    return Table("Comments", _HEAD, rows)


def _owners(visit: Visit, listing: CommentPage) -> dict[str, str]:
    """What the owners of these cases are called, by their ids."""
    ids = {readable.comment.owner for readable in listing.comments if readable.comment.owner}
    named = members.of_ids(visit.connection, ids) if ids else []
    return dict.fromkeys(ids, colleagues.LEFT) | {
        item.id: colleagues.called(item) for item in named
    }


def _found(count: Count | None) -> str:
    """How many there are, as far as they were counted."""
    if count is None or (count.n == 0 and not count.beyond):
        return ""
    if count.beyond:
        return f"More than {COUNTED} comments"
    number = f"{count.n:,} comment{'' if count.n == 1 else 's'}"
    if count.since is None:
        return number
    return f"{number} since {_month(count.since)}; older ones are not counted"


def _looked(listing: CommentPage, search: Search, *, others: bool) -> str:
    """What was looked through for words that were not found."""
    if not search.seeks or not listing.looked or listing.oldest is None:
        return ""
    back = f"back to {_month(listing.oldest)}"
    if listing.count is None or listing.short:
        return f"We looked in {listing.looked:,} comments, {back}."
    which = "with your other filters" if others else "you can read"
    return f"We looked in all {listing.looked:,} comments {which}, {back}."


def _month(day: date) -> str:
    return f"{day:%b} {day.year}"


def _scope(filters: Filters) -> Scope:
    return filters.but(service=None, channel=None, language=None).of_office()


def _shelf(filters: Filters, visit: Visit) -> Shelf:
    return Shelf(visit.connection, visit.directory, _scope(filters), visit.now)


def _search(filters: Filters, own: Mapping[str, str], visit: Visit) -> Search:
    words, phrases = search_terms.split(own["q"])
    first, last = _days(own["from"], own["to"], filters.today)
    return Search(
        services=frozenset({filters.service}) if filters.service else None,
        channel=_channel(filters),
        language=filters.language,
        driver=_driver(own["driver"]),
        score=_score(own["score"]),
        state=_state(own["state"]),
        owner=_mine(own["owner"], visit),
        alerted=_yes(own["alerted"]),
        words=words,
        phrases=phrases,
        first=first,
        last=last,
    )


def _days(first: str, last: str, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that were chosen. Raises HTTPException(422)."""
    try:
        start, end = (date.fromisoformat(day) if day else None for day in (first, last))
    except ValueError:
        raise HTTPException(
            422, "Write the days under From and To as 2026-10-01; one of them may stay empty."
        ) from None
    if not _FIRST_DAY <= (start or today) <= today or (end or today) < (start or _FIRST_DAY):
        raise HTTPException(
            422, "Choose a day up to today under From, and the same day or a later one under To."
        )
    return start, end


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


ROUTES = (
    GuardedRoute(
        "/comments", show, roles.READERS, audit="read comments", label="Comments", group="Every day"
    ),
)

"""/staff/quarter/comments: read each comment of a quarter before it goes to OMB, and decide.

All of them are here, whatever the week: each is read before anybody publishes it. Neither its day
nor its office is told, and they stand in the order of random ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.comments import omb_review
from cxserver.comments.omb_review import AlreadyDecided, Decision, OmbComment
from cxserver.errors import NotFound
from cxserver.instrument import masking
from cxserver.response_id import ResponseId
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.quarter import choosing
from cxserver.staff.quarter.choosing import Chosen

PAGE = 25
# Before a comment's name, in the form: the version of its decision that was shown.
_SEEN = "seen:"
_DECISIONS: tuple[Decision, ...] = ("approve", "withhold")


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment as OMB would get it. `redact` is where words can be taken out."""

    name: str
    service: str
    text: str
    decision: Decision | None
    who: str
    redact: str
    seen: int
    choice: str = ""


@dataclass(frozen=True, slots=True)
class UnsavedDecisions:
    """What could not be saved, and why: the comments, and what was chosen for each of the page."""

    why: str
    rows: Sequence[ResponseId]
    typed: Mapping[str, str]


def enter(request: Request, visit: Visit) -> Response:
    """Show a page, or take what was decided."""
    return _decide(visit) if request.method == "POST" else _show(visit)


def _show(visit: Visit, unsaved: UnsavedDecisions | None = None) -> Response:
    chosen, every = choosing.read(visit), visit.request.query_params.get("show") == "all"
    with visit.read() as connection:
        result = omb_review.read(
            connection,
            chosen.quarter,
            undecided=not every,
            after=_after(visit, chosen),
            limit=PAGE + 1,
        )
        waiting = omb_review.waiting(connection, chosen.quarter)
        again = omb_review.read_some(connection, unsaved.rows) if unsaved else []
    if result:
        guard.counts_of(visit)
        visit.note("read comments", f"{chosen.quarter.name} before OMB gets them")
    page = result[:PAGE]
    rest = [item for item in page if item.row not in {other.row for other in again}]
    show = "all" if every else ""
    return guard.page(
        visit,
        "review.html",
        status=409 if unsaved else 200,
        problem=unsaved.why if unsaved else "",
        chosen=chosen,
        entries=[_entry(visit, chosen, item, unsaved) for item in (*again, *rest)],
        waiting=waiting,
        every=every,
        further=chosen.query(show=show, after=_name(page[-1])) if len(result) > PAGE else "",
    )


def _decide(visit: Visit) -> Response:
    try:
        return _decided(visit)
    except AlreadyDecided as later:
        return _show(visit, UnsavedDecisions(str(later), later.rows, _chosen(visit)))


def _chosen(visit: Visit) -> dict[str, str]:
    """What was chosen for each comment of the page, by its name."""
    rest = choosing.field(visit, "act") == "approve-rest"
    return {
        name: values[0] or ("approve" if rest else "")
        for name, values in visit.form.items()
        if "/" in name and not name.startswith(_SEEN)
    }


def _seen(visit: Visit, row: ResponseId) -> int:
    text = choosing.field(visit, f"{_SEEN}{row.service}/{row.id}")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _decided(visit: Visit) -> Response:
    chosen, decided = choosing.read(visit), _chosen(visit)
    with visit.write() as connection:
        for decision in _DECISIONS:
            names = [_parts(name) for name, taken in decided.items() if taken == decision]
            if not names:
                continue
            try:
                rows = omb_review.find(connection, chosen.quarter, names)
            except NotFound as error:
                raise HTTPException(422, f"{error} Open the page again.") from None
            seen = {row: _seen(visit, row) for row in rows}
            n = omb_review.decide(connection, rows, decision, visit.member.email, visit.now, seen)
            visit.staff.journal.write(
                connection,
                visit.member,
                f"{decision} comments",
                chosen.quarter.name,
                str(n),
                visit.now,
            )
    show = "all" if choosing.field(visit, "show") == "all" else ""
    return RedirectResponse(f"{visit.path}/quarter/comments{chosen.query(show=show)}", 303)


def _entry(
    visit: Visit, chosen: Chosen, omb_comment: OmbComment, unsaved: UnsavedDecisions | None
) -> Entry:
    service = omb_comment.row.service
    known = visit.directory.services.get(service)
    agency = visit.directory.agency
    return Entry(
        _name(omb_comment),
        known.name if known else service,
        masking.mask(omb_comment.text, agency.mask if agency else ()),
        omb_comment.decision,
        omb_comment.who,
        f"{visit.path}/quarter/comments/redact{chosen.query(name=_name(omb_comment))}",
        omb_comment.version,
        unsaved.typed.get(_name(omb_comment), "") if unsaved else "",
    )


def _after(visit: Visit, chosen: Chosen) -> ResponseId | None:
    name = visit.request.query_params.get("after", "")
    if not name:
        return None
    service, id = _parts(name)
    return ResponseId(service, chosen.quarter.start, id)


def _name(omb_comment: OmbComment) -> str:
    """Its service and id: the day is left out, as on the comment's own page."""
    return f"{omb_comment.row.service}/{omb_comment.row.id}"


def _parts(name: str) -> tuple[str, str]:
    service, _, id = name.partition("/")
    return service, id


ROUTES = (GuardedRoute("/quarter/comments", enter, roles.FILERS, methods=("GET", "POST")),)

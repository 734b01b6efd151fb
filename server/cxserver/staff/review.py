"""/staff/quarter/comments: read each comment of a quarter before it goes to OMB, and decide.

All of them are here, whatever the week: each is read before anybody publishes it. Neither its day
nor its office is told, and they stand in the order of random ids.
"""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.errors import NotFound
from cxserver.reporting.quarter import review
from cxserver.reporting.quarter.review import Comment, Decision
from cxserver.staff import access, rooms
from cxserver.staff import filing as choosing
from cxserver.staff.filing import Chosen
from cxserver.staff.rooms import Room, Visit

PAGE = 25
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


def enter(request: Request, visit: Visit) -> Response:
    """Show a page, or take what was decided."""
    return _decide(visit) if request.method == "POST" else _show(visit)


def _show(visit: Visit) -> Response:
    chosen, every = choosing.read(visit), visit.request.query_params.get("show") == "all"
    with visit.read() as connection:
        found = review.read(
            connection,
            chosen.quarter,
            undecided=not every,
            after=_after(visit, chosen),
            limit=PAGE + 1,
        )
        waiting = review.waiting(connection, chosen.quarter)
    if found:
        visit.note("read comments", f"{chosen.quarter.name} before OMB gets them")
    page = found[:PAGE]
    show = "all" if every else ""
    return rooms.page(
        visit,
        "review.html",
        chosen=chosen,
        entries=[_entry(visit, chosen, one) for one in page],
        waiting=waiting,
        every=every,
        further=chosen.query(show=show, after=_name(page[-1])) if len(found) > PAGE else "",
    )


def _decide(visit: Visit) -> Response:
    chosen = choosing.read(visit)
    rest = choosing.field(visit, "act") == "approve-rest"
    decided = {
        name: values[0] or ("approve" if rest else "")
        for name, values in visit.form.items()
        if "/" in name
    }
    with visit.write() as connection:
        for decision in _DECISIONS:
            names = [_parts(name) for name, taken in decided.items() if taken == decision]
            if not names:
                continue
            try:
                rows = review.find(connection, chosen.quarter, names)
            except NotFound as error:
                raise HTTPException(422, f"{error} Open the page again.") from None
            n = review.decide(connection, rows, decision, visit.member.email, visit.now)
            visit.back.journal.write(
                connection,
                visit.member,
                f"{decision} comments",
                chosen.quarter.name,
                str(n),
                visit.now,
            )
    show = "all" if choosing.field(visit, "show") == "all" else ""
    return RedirectResponse(f"{visit.path}/quarter/comments{chosen.query(show=show)}", 303)


def _entry(visit: Visit, chosen: Chosen, one: Comment) -> Entry:
    service, _, _ = one.row
    known = visit.directory.services.get(service)
    text = choosing.order(visit.directory, chosen).clean(one.text)
    return Entry(
        _name(one),
        known.name if known else service,
        text,
        one.decision,
        one.who,
        f"{visit.path}/quarter/comments/redact{chosen.query(name=_name(one))}",
    )


def _after(visit: Visit, chosen: Chosen) -> review.Named | None:
    name = visit.request.query_params.get("after", "")
    if not name:
        return None
    service, id = _parts(name)
    return service, chosen.quarter.start, id


def _name(one: Comment) -> str:
    """Its service and id: the day is left out, as on the comment's own page."""
    service, _, id = one.row
    return f"{service}/{id}"


def _parts(name: str) -> tuple[str, str]:
    service, _, id = name.partition("/")
    return service, id


ROOMS = (Room("/quarter/comments", enter, access.FILERS, methods=("GET", "POST")),)

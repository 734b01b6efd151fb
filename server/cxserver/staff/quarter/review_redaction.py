"""/staff/quarter/comments/redact: take words out of a comment before OMB gets it.

Whatever its week: a comment that too few others hide has no page of its own, and is read here all
the same. The same two steps as there, and as little is told of it: no day and no office.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import db, periods
from cxserver.accounts import roles
from cxserver.backups import erasures
from cxserver.comments import omb_review, redaction
from cxserver.comments.striking import Cut
from cxserver.errors import NotFound
from cxserver.response_id import ResponseId
from cxserver.staff import guard
from cxserver.staff.comments import case, redact
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.quarter import choosing
from cxserver.staff.quarter.choosing import Chosen


def enter(request: Request, visit: Visit) -> Response:
    """Ask for the words; show what will be left; or, confirmed, do it."""
    chosen = choosing.read(visit)
    name = visit.request.query_params.get("name", "") or case.field(visit, "name")
    if not name:
        return RedirectResponse(f"{visit.path}/quarter/comments{chosen.query()}", 303)
    row = _row(visit, chosen, name)
    if request.method != "POST":
        return _ask(visit, chosen, row)
    cut = redact.cut_of(visit)
    if not cut:
        raise HTTPException(
            422, "You didn't give any words. Go back and enter the words to redact."
        )
    if case.field(visit, "confirm") == "yes":
        return _done(visit, chosen, row, cut)
    return _preview(visit, chosen, row, cut)


def _ask(visit: Visit, chosen: Chosen, row: ResponseId) -> Response:
    with visit.read() as connection:
        text = redaction.comment(connection, row)
    guard.counts_of(visit)
    visit.note("read comments", f"{chosen.quarter.name} before OMB gets them")
    return guard.page(visit, "review-redact.html", chosen=chosen, name=_name(row), text=text)


def _preview(visit: Visit, chosen: Chosen, row: ResponseId, cut: Cut) -> Response:
    with visit.read() as connection:
        result = redaction.preview(
            connection, row, redaction.typed(visit.directory, row.service), cut
        )
    return guard.page(
        visit,
        "redact.html",
        where=f"Comments of {chosen.quarter.name}",
        result=result,
        questions={},
        lines="\n".join(cut.words),
        everything=cut.everything,
        action=f"{visit.path}/quarter/comments/redact",
        home=f"{visit.path}/quarter/comments{chosen.query(show='all')}",
        carried={"quarter": chosen.quarter.name, "format": chosen.form, "name": _name(row)},
    )


def _done(visit: Visit, chosen: Chosen, row: ResponseId, cut: Cut) -> Response:
    with visit.write() as connection:
        gone, others = redaction.redact(
            connection, row, redaction.typed(visit.directory, row.service), cut, visit.now
        )
        about = f"{row.service}/{periods.of('week', row.day).start}/{row.id}"
        result = redact.result_of(gone, others)
        visit.staff.journal.write(
            connection, visit.member, "redact a comment", about, result, visit.now
        )
    db.forget_rows(visit.staff.engine, redaction.TABLES)
    erasures.note(visit.staff.engine, visit.staff.settings.backups)
    return RedirectResponse(f"{visit.path}/quarter/comments{chosen.query(show='all')}", 303)


def _row(visit: Visit, chosen: Chosen, name: str) -> ResponseId:
    """The comment of this quarter that goes by the name. Raises HTTPException(404)."""
    service, _, id = name.partition("/")
    try:
        with visit.read() as connection:
            [row] = omb_review.find(connection, chosen.quarter, [(service, id)])
    except NotFound:
        raise HTTPException(404) from None
    return row


def _name(row: ResponseId) -> str:
    return f"{row.service}/{row.id}"


_WRITTEN = {"words": "Words to redact"}
ROUTES = (
    GuardedRoute(
        "/quarter/comments/redact", enter, roles.FILERS, methods=("GET", "POST"), words=_WRITTEN
    ),
)

"""GET /staff/audit: who did what, newest first."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import db
from cxserver.staff import access, audit, rooms
from cxserver.staff.rooms import Room, Visit

PAGE = 100


def show(request: Request, visit: Visit) -> Response:
    """A page of the log, and whether its chain holds."""
    before = _line(request.query_params.get("before", ""))
    with db.read(visit.engine) as connection:
        lines = audit.latest(connection, before, PAGE + 1)
    older = lines[PAGE - 1].n if len(lines) > PAGE else None
    return rooms.page(visit, "audit.html", lines=lines[:PAGE], older=older, before=before)


def _line(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise HTTPException(422, "The page of the log is named by a number.")
    return int(text)


ROOMS = (Room("/audit", show, access.GUARDS, audit="read the audit log", label="Audit"),)

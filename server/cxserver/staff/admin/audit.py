"""GET /staff/audit: who did what, newest first."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.audit import journal
from cxserver.audit.journal import Line
from cxserver.results import table
from cxserver.results.table import Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit

PAGE = 100


def show(request: Request, visit: Visit) -> Response:
    """A page of the log, and whether its chain holds."""
    before = _line(request.query_params.get("before", ""))
    with visit.read() as connection:
        lines = journal.latest(connection, before, PAGE + 1)
    if request.query_params.get("format") == "csv":
        return download.response("audit", as_table(lines[:PAGE]))
    older = lines[PAGE - 1].n if len(lines) > PAGE else None
    return guard.page(visit, "audit.html", lines=lines[:PAGE], older=older, before=before)


def as_table(lines: Sequence[Line]) -> Table:
    """The lines as the page shows them."""
    rows = tuple(
        (
            table.plain(str(line.n), line.n),
            *map(table.plain, (f"{line.at:%Y-%m-%d %H:%M:%S}", line.who, line.what)),
            *map(table.plain, (line.about, line.result)),
        )
        for line in lines
    )
    return Table("The log", ("Line", "When (UTC)", "Who", "What", "About", "Result"), rows)


def _line(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise HTTPException(422, "The page of the log is named by a number.")
    return int(text)


ROUTES = (
    GuardedRoute(
        "/audit", show, roles.GUARDS, audit="read the audit log", label="Audit", group="Running"
    ),
)

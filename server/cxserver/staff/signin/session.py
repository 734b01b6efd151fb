"""GET and POST /staff/session: staying signed in, and how long it lasts."""

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

_JSON = "application/json"


def enter(request: Request, visit: Visit) -> Response:
    """Stay signed in, as every page does; or the page for who had to sign in again."""
    if request.method == "GET":
        return guard.page(visit, "session.html")
    if request.headers.get("accept") == _JSON:
        return _left(visit)
    return RedirectResponse(f"{visit.path}/session", 303)


def left(request: Request, visit: Visit) -> Response:
    """How long the session lasts, in seconds. Asking does not make it longer."""
    return _left(visit)


def _left(visit: Visit) -> Response:
    notice = visit.notice
    return JSONResponse({"left": notice.left, "last": notice.last})


ROUTES = (
    GuardedRoute("/session", enter, roles.EVERYONE, methods=("GET", "POST"), resends=False),
    GuardedRoute("/session/left", left, roles.EVERYONE, extends=False),
)

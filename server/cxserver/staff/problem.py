"""What a staff page says when it cannot say what was asked."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from cxserver.staff import context, guard

_WORDS = {
    401: ("You are not signed in", "The sign-in did not work. Please try again."),
    403: ("This cannot be done from here", "Open the page again, and press the button there."),
    404: ("There is no such page", "Check the address, or choose a page from the list."),
    405: ("This cannot be done here", "Go back to the page you came from."),
    422: ("This address asks for something unknown", "Check the filters in the address."),
    503: ("Please try again in a moment", "The database does not answer just now."),
}
_OURS = ("Something went wrong here", "It is our fault. Its trace is in the server's log.")
_THEIRS = ("This request cannot be read", "Go back to the page you came from.")


def page(request: Request, status: int, headers: Mapping[str, str], detail: str) -> Response:
    """The error as a staff page, with the navigation where somebody is signed in.

    `detail` is the handler's own sentence, unless it is only the status said again.
    """
    staff = context.of(request)
    heading, text = _WORDS.get(status, _OURS if status >= 500 else _THEIRS)
    if detail and detail != HTTPStatus(status).phrase:
        text = detail
    values: dict[str, object] = {"heading": heading, "text": text}
    visit = getattr(request.state, "visit", None)
    if visit is not None:
        counts = getattr(request.state, "counts", None)
        values |= {"visit": visit, "nav": guard.navigation(visit), "to_do": counts}
    response = guard.drawn(staff, "problem.html", status, **values)
    response.headers.update(headers)
    return response

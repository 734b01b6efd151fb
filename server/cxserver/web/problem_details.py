"""Why a request is refused, as a document for programs (RFC 9457).

Every JSON refusal of this server is made here. `code` and `faults` are our extension members; an
endpoint that has more to say makes a subclass of `Problem`.
"""

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "This could not be read.",
    401: "Show a key that is good.",
    403: "This key is not for that.",
    404: "This link does not work.",
    405: "This address does not do that.",
    408: "This took too long.",
    409: "Another answer was given before. It is kept.",
    410: "This link is over.",
    413: "This is too large.",
    415: "Send application/json in UTF-8.",
    422: "This does not fit.",
    429: "Too many answers come from there. Send it again later; it will not count twice.",
    500: "Something went wrong on our side. Send it again; it will not count twice.",
    503: "We could not confirm that it was saved. Send it again; it will not count twice.",
}
_OTHER = "This cannot be done."
# What the pages of the same refusals are called.
_CODES = {
    400: "bad_request",
    405: "method",
    408: "timeout",
    413: "too_long",
    415: "unsupported",
    429: "too_many_answers",
    500: "error",
    503: "unavailable",
}
_RETRY = {"retry-after": "5"}
# The first few faults tell the programmer enough.
_FAULTS = 20
_NAME = 80


class Fault(BaseModel):
    """One field that does not fit."""

    field: str
    code: str


class Problem(BaseModel):
    """Why not (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    faults: list[Fault] = []


def of_status(status: int, title: str = "") -> Problem:
    """The problem of which nothing is known but its status."""
    phrase = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return Problem(
        title=title or TITLES.get(status, _OTHER), status=status, code=_CODES.get(status, phrase)
    )


def faults(error: ValidationError) -> list[Fault]:
    """The fields that a model did not take, without what was in them."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        Fault(field=".".join(str(step) for step in fault["loc"])[:_NAME], code=fault["type"])
        for fault in errors[:_FAULTS]
    ]


def response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an HTTP response; a 503 says when to try again."""
    later = _RETRY if problem.status == 503 else {}
    return JSONResponse(
        problem.model_dump(),
        problem.status,
        {**later, **(headers or {})},
        media_type=MEDIA_TYPE,
    )

"""What each part of the site does when a request fails; how it says so is the part's own."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from cxserver.errors import TooManyReading
from cxserver.log import BoundedLog

# Of a request, a status, headers and the handler's own sentence, which may be empty.
Refusal = Callable[[Request, int, Mapping[str, str], str], Response]

_CROWDED = "Many people are looking at results just now. Please try again in half a minute."
_STEPS = 6


def handlers(refusal: Refusal) -> Mapping[type[Exception], ExceptionHandler]:
    """The handlers of a part that says no with `refusal`."""
    part = _Part(refusal)
    return {
        HTTPException: part.refused,
        SQLAlchemyError: part.busy,
        TooManyReading: part.crowded,
        Exception: part.broken,
    }


@dataclass(frozen=True, slots=True)
class _Part:
    refusal: Refusal
    # Whoever asks for a page can make it fail as often as they like.
    log: BoundedLog = field(default_factory=BoundedLog)

    async def refused(self, request: Request, error: Exception) -> Response:
        """An HTTP error, with the headers and the sentence it brings along."""
        if not isinstance(error, HTTPException):
            raise error
        return self.refusal(request, error.status_code, error.headers or {}, error.detail)

    async def busy(self, request: Request, error: Exception) -> Response:
        """The database does not answer. The link stays good."""
        self.log.note("error", "database_failed", type(error).__name__, where=_where(error))
        return self.refusal(request, 503, {"retry-after": "5"}, "")

    async def crowded(self, request: Request, error: Exception) -> Response:
        """More people wait for results than we let wait. Answers are not touched by it."""
        self.log.note("warning", "reading_queue_full", "full")
        return self.refusal(request, 503, {"retry-after": "30"}, _CROWDED)

    async def broken(self, request: Request, error: Exception) -> Response:
        """Our own fault: said plainly, without a trace of how. Its kind and place are logged."""
        fault = _original(error)
        self.log.note("error", "request_failed", type(fault).__name__, where=_where(fault))
        return self.refusal(request, 500, {}, "")


def _original(error: BaseException) -> BaseException:
    # Starlette wraps what fails while a response is on its way, once for each layer of handlers.
    while isinstance(error, RuntimeError) and error.__cause__:
        error = error.__cause__
    return error


def _where(error: BaseException) -> str:
    # The lines that led to it, and never the error's own words: they may quote an answer.
    steps = traceback.extract_tb(error.__traceback__)[-_STEPS:]
    return " > ".join(f"{Path(step.filename).name}:{step.lineno}" for step in steps)

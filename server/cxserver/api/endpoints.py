"""Every address of the API in one list, and how the API says no."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cxserver.api import answers, feed, figures, first, link_check, links, openapi, quarters, words
from cxserver.web import problem_details

_UNREADABLE = "The results cannot be read just now. Try again in a moment."


def routes() -> list[BaseRoute]:
    """The addresses below /api."""
    return [
        Route("/v1/responses", responses, methods=["GET", "POST"]),
        Route("/v1/links", links.issue, methods=["POST"]),
        Route("/v1/links/check", link_check.check, methods=["POST"]),
        Route("/v1/results", figures.show),
        Route("/v1/findings", first.show),
        Route("/v1/comments", words.show),
        Route("/v1/quarters/{quarter}", quarters.show),
        Route("/v1/openapi.json", openapi.show),
    ]


async def responses(request: Request) -> Response:
    """One address to write to and to read from: `Allow` then names all that it does."""
    take = answers.take if request.method == "POST" else feed.show
    return await take(request)


def refusal(request: Request, status: int, headers: Mapping[str, str], detail: str) -> Response:
    """Problem details. To a program that reads, 503 does not speak of saving."""
    reads = request.method in ("GET", "HEAD")
    title = _UNREADABLE if status == 503 and reads else ""
    return problem_details.response(problem_details.of_status(status, title), headers)

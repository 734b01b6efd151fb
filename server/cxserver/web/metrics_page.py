"""GET /metrics: a scrape, for who shows the token."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def show(request: Request) -> Response:
    """The metrics. 404 where `CX_METRICS_TOKEN` is not set, 401 without it."""
    scraping = request.app.state.scraping
    if scraping is None or not scraping.has_token:
        raise HTTPException(404)
    if not scraping.admits(request.headers.get("authorization", "")):
        headers = {"www-authenticate": 'Bearer realm="metrics"'}
        return PlainTextResponse("Send the token: Authorization: Bearer …\n", 401, headers)
    readers = request.app.state.services.intake.readers
    return Response(await readers.run(scraping.text), media_type=_TYPE)

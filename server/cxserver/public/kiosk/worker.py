"""GET /k/sw.js: the worker that lets a kiosk start without a network."""

from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from cxserver import resources
from cxserver.public import framing, services


async def serve(request: Request) -> Response:
    """The script under its fixed address: a browser asks there whether there is a newer one."""
    path = services.of(request).intake.settings.path
    headers = {
        **framing.kiosk_headers(),
        "cache-control": "no-cache",
        # It lies at /k/sw.js, and may look after /k itself, too.
        "service-worker-allowed": f"{path}/k",
    }
    return Response(_script(), media_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _script() -> bytes:
    return (resources.folder("widget") / "kiosk" / "worker.js").read_bytes()

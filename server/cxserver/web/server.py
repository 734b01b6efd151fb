"""Run the application under uvicorn, set for this work: no access log, nobody's word taken."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvicorn

from cxserver.web.app import CxApp, create_app
from cxserver.web.protocol import ImpatientProtocol

_SECONDS_TO_FINISH = 10


def public(host: str, port: int, workers: int) -> None:
    """Serve the settings of the environment until told to stop. Raises ServerError."""
    if workers == 1:
        serve_app(create_app(), host, port)
        return
    # Workers are new processes: they must be told by name what to run.
    uvicorn.run(
        "cxserver.web.app:create_worker", factory=True, **_options(host, port), workers=workers
    )


async def _nothing() -> None:
    pass


def serve_app(
    app: CxApp, host: str, port: int, when_up: Callable[[], Awaitable[None]] = _nothing
) -> None:
    """Serve `app` in this process until Ctrl-C; `when_up` is awaited once it listens.

    Raises ServerError when the application cannot start.
    """
    server = uvicorn.Server(uvicorn.Config(app, **_options(host, port)))

    async def run() -> None:
        # Ahead of uvicorn, which would tell a fault as a traceback and not as a sentence.
        await app.startup()
        try:
            serving = asyncio.create_task(server.serve())
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            if server.started:
                await when_up()
            await serving
        finally:
            await app.shutdown()

    # Once it has stopped in order, uvicorn raises the signal that stopped it a second time.
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner,
    ):
        runner.run(run())


def _options(host: str, port: int) -> dict[str, Any]:
    return {
        "host": host,
        "port": port,
        "loop": "uvloop",
        "http": ImpatientProtocol,
        "ws": "none",
        "log_config": None,
        # The path holds the token: it must reach no log.
        "access_log": False,
        "server_header": False,
        # X-Forwarded-* is anybody's word; we build addresses from CX_BASE_URL and keep no IP.
        "proxy_headers": False,
        "timeout_graceful_shutdown": _SECONDS_TO_FINISH,
    }

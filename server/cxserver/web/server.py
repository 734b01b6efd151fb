"""Run the application under uvicorn, set for this work: no access log, nobody's word taken."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import uvicorn

from cxserver import clock
from cxserver.settings import Settings
from cxserver.web import connection_limit
from cxserver.web.app import CxApp, create_app
from cxserver.web.protocol import ImpatientProtocol

_SECONDS_TO_FINISH = 10


def public(host: str, port: int, workers: int, announce: Callable[[Settings], None]) -> None:
    """Serve the settings of the environment until told to stop. Raises ServerError.

    `announce` is called once it listens, or, with several processes, before they start.
    """
    # Each worker has its share of the ceilings.
    os.environ["CX_WORKERS"] = str(workers)
    settings = Settings()
    if workers == 1:

        async def when_up() -> None:
            announce(settings)

        serve_app(create_app(settings), host, port, when_up)
        return
    announce(settings)
    with ExitStack() as watching:
        if settings.metrics_listen or settings.metrics_token.get_secret_value():
            from cxserver.metrics import scraping

            watching.enter_context(scraping.for_processes(settings, clock.now))
        _run_workers(host, port, settings, workers)


def _run_workers(host: str, port: int, settings: Settings, workers: int) -> None:
    # Workers are new processes: they must be told by name what to run.
    uvicorn.run(
        "cxserver.web.app:create_worker",
        factory=True,
        **_options(host, port, settings),
        workers=workers,
    )


async def _nothing() -> None:
    pass


def serve_app(
    app: CxApp, host: str, port: int, when_up: Callable[[], Awaitable[None]] = _nothing
) -> None:
    """Serve `app` in this process until Ctrl-C; `when_up` is awaited once it listens.

    Raises ServerError when the application cannot start.
    """
    server = uvicorn.Server(uvicorn.Config(app, **_options(host, port, app.settings)))

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


def _options(host: str, port: int, settings: Settings) -> dict[str, Any]:
    limit = connection_limit.of(settings)
    return {
        "host": host,
        "port": port,
        "loop": "uvloop",
        # Each worker process gets a copy of the limit, and counts its own connections.
        "http": partial(ImpatientProtocol, limit=limit),
        "ws": "none",
        "log_config": None,
        # The path holds the token: it must reach no log.
        "access_log": False,
        "server_header": False,
        # X-Forwarded-* is anybody's word; we build addresses from CX_BASE_URL and keep no IP.
        "proxy_headers": False,
        "timeout_graceful_shutdown": _SECONDS_TO_FINISH,
    }

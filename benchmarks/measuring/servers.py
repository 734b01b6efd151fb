"""A server in a process of its own, on a processor of its own, whose processor time we read."""

import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from typing import Any

from starlette.types import Receive, Scope, Send

_CORES = sorted(os.sched_getaffinity(0))
_PATIENCE = 20.0


class Bare:
    """A plain ASGI application, so dressed that `server.serve_app` serves it like ours."""

    def __init__(self, app: Any):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def startup(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""


class Server:
    """`target(port, *arguments)` running in a process of its own."""

    def __init__(self, target: Callable[..., None], *arguments: Any):
        self.name = target.__name__
        self.port = _free_port()
        self._does = (target, self.port, *arguments)
        self._process = self._made()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process.start()
        deadline = time.monotonic() + _PATIENCE
        while not _listens(self.port):
            # A server that died would leave its port to a stale one, and we would measure that.
            if not self._process.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"'{self.name}' did not start.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it in order."""
        self._process.terminate()
        self._process.join(_PATIENCE)

    def restart(self) -> None:
        """Kill it in the middle of whatever it does, and start another in its place."""
        self._process.kill()
        self._process.join(_PATIENCE)
        self._process = self._made()
        self.start()

    def cpu(self) -> float:
        """Seconds of processor time it has used so far, its threads included."""
        pid = self._process.pid
        if pid is None or not self._process.is_alive():
            raise RuntimeError(f"'{self.name}' has died.")
        # The kernel's clock of another process (clock_getcpuclockid). /proc tells hundredths of a
        # second, and a page may take no more than that.
        return time.clock_gettime((~pid << 3) | 2)

    def _made(self) -> SpawnProcess:
        spawn = multiprocessing.get_context("spawn")
        return spawn.Process(target=_run, args=self._does, daemon=True)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """All of them up; the client keeps to the first processor, they share the last."""
    os.sched_setaffinity(0, _CORES[:1])
    started = []
    try:
        for server in servers:
            server.start()
            started.append(server)
        yield
    finally:
        for server in started:
            server.stop()


def _run(target: Callable[..., None], port: int, *arguments: Any) -> None:
    os.sched_setaffinity(0, _CORES[-1:])
    target(port, *arguments)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0

"""Real servers for the tests: uvicorn on a free port, with real sockets."""

import itertools
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import uvicorn

# Seconds that a busy machine may take for what takes a moment. Only a test that fails waits them:
# where tests are meant to fail (`make mutants`), fewer are enough.
PATIENCE = float(os.environ.get("CX_TEST_PATIENCE", "120"))
# Below those that the system gives to anyone who asks for any: between our asking and our server's
# listening, no other test gets one of these. Processes that test side by side have each their own.
_MANY = 2_000
_FIRST = 10_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 10 * _MANY
_ports = (_FIRST + at % _MANY for at in itertools.count(os.getpid() * 97))


def free_port() -> int:
    """A port of 127.0.0.1 for a server that is a process of its own."""
    while True:
        port = next(_ports)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Servers:
    """Call it with an ASGI app to serve it; gives the base URL. `close` stops all of them."""

    def __init__(self) -> None:
        self._reserved: dict[str, socket.socket] = {}
        self._running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def reserve(self) -> str:
        """A base URL that is ours from now on, for an app that must know its address."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._reserved[address] = listener
        return address

    def __call__(self, app: Any, at: str = "", **options: Any) -> str:
        """Serve `app` (at an address that was reserved) until the test ends; its base URL."""
        address = at or self.reserve()
        listener = self._reserved.pop(address)
        config = uvicorn.Config(app, **OPTIONS | options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name=address)
        thread.start()
        self._running.append((server, thread))
        _wait_until_started(server, thread)
        return address

    def close(self) -> None:
        """Stop every server, letting requests finish, and free what was reserved."""
        for server, _ in self._running:
            server.should_exit = True
        for _, thread in self._running:
            thread.join(PATIENCE)
        for listener in self._reserved.values():
            listener.close()
        stuck = [thread.name for _, thread in self._running if thread.is_alive()]
        if stuck:
            raise RuntimeError(f"These servers do not stop: {', '.join(stuck)}")


OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_config": None,  # the process is the tests': what they hear stays as it is
    "log_level": "warning",
    "timeout_graceful_shutdown": 5,
    "ws": "none",
}


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The app did not start: see the log above.")
        time.sleep(0.005)

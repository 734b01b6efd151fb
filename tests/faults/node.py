"""`cx serve` as a process of its own, that may be killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2

from tests.support import cx_process, fork_server
from tests.support.house import House
from tests.support.http_server import PATIENCE

_CX = "cxserver"
_CHECKOUT = Path(__file__).parents[2]


class Node:
    """One server of an installation, on its port."""

    def __init__(self, house: House, port: int):
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        # More for its environment. With LD_PRELOAD it is a Python started from nothing.
        self.environment: dict[str, str] = {}
        # Another module is a server with a defect planted: `tests.faults.hasty`.
        self.program = _CX
        self._house = house
        self._process: fork_server.Process | subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process number."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start it. It does not listen yet: `wait` for that."""
        words = ["serve", "--port", str(self.port)]
        environment = cx_process.environment(self._house) | self.environment
        if "LD_PRELOAD" not in self.environment and self.program == _CX:
            self._process = fork_server.start(words, environment)
            return
        command = [sys.executable, "-m", self.program, *words]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, env=environment, cwd=_CHECKOUT, stdout=quiet, stderr=quiet
        )

    def wait(self, ready: int = 200) -> None:
        """Return once it is ready for answers; with `ready` 503, once it says that it is not."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self.readiness() == ready:
                return
            time.sleep(0.05)
        raise RuntimeError(f"The server does not come to say {ready}.")

    def readiness(self) -> int:
        """What it says to whoever watches over it; 0: nothing."""
        try:
            return httpx2.get(f"{self.address}/readyz", timeout=10).status_code
        except httpx2.TransportError:
            return 0

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def is_alive(self) -> bool:
        """Whether it is still running."""
        if self._process is None:
            return False
        try:
            self._process.wait(0.001)
        except (TimeoutError, subprocess.TimeoutExpired):
            return True
        return False

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def restart(self) -> None:
        """Kill it, start it again, and wait until it is ready."""
        self.kill()
        self.start()
        self.wait()

"""A PostgreSQL server that may be killed, stopped, and started again on what it left."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.support import postgresql_server, programs
from tests.support.http_server import PATIENCE


class KillableCluster:
    """A server of its own in `folder`, with the settings it comes with: fsync is on."""

    def __init__(self, folder: Path):
        binaries = programs.postgresql()
        if binaries is None:
            raise RuntimeError("PostgreSQL is not installed. `make test-slow` installs it.")
        self.folder = folder
        # More for its environment, from its next start on.
        self.environment: dict[str, str] = {}
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._user = postgresql_server.server_user(folder)
        postgresql_server.initialise(binaries, folder, self._user)

    @property
    def url(self) -> str:
        """The SQLAlchemy address of its one database."""
        return f"postgresql+psycopg://cx@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it takes connections. After a kill that takes two seconds."""
        command = postgresql_server.command_line(self._binaries, self.folder)
        environment = os.environ | self.environment
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stderr=log, cwd="/", env=environment, **self._user
            )
        postgresql_server.wait_until_ready(self._process, self.folder)

    def processes(self) -> list[int]:
        """The number of the server, and of each of its processes."""
        assert self._process
        first = self._process.pid
        with suppress(FileNotFoundError):
            text = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii")
            return [first, *map(int, text.split())]
        return [first]

    def send_signal(self, number: signal.Signals) -> None:
        """Give the signal to the server and to all of its processes."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """kill -9, all of it at once, and wait until nothing of it is left."""
        if self._process is None:
            return
        numbers = self.processes()
        self.send_signal(signal.SIGKILL)
        self._process.wait()
        ends = time.monotonic() + PATIENCE
        while any(map(_is_alive, numbers)) and time.monotonic() < ends:
            time.sleep(0.01)
        self._process = None

    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is None or self._process.poll() is not None

    def restart(self) -> None:
        """Kill it and start it again on what it left."""
        self.kill()
        self.start()

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement as its administrator."""
        where = f"host={self.folder} user=cx dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _is_alive(number: int) -> bool:
    with suppress(FileNotFoundError):
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return state[0] not in "ZX"
    return False

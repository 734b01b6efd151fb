"""Start the real `cx` without loading its modules each time: that takes a second, its work little.

One process has them loaded and forks for every command. The command is a process of its own, with
its own arguments, environment, folder, output and end. What loading does is tried where tests
start Python themselves: the command line's first steps, the README's commands, the demonstration.

Run as a script, this file is that process.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

_PATIENCE = 120.0
_MOST = 1 << 20  # bytes of one order: arguments and environment


class Process:
    """A `cx` at work."""

    def __init__(self, life: socket.socket):
        self._life = life
        self._code: int | None = None
        self.pid = int(self._read())

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal, as `subprocess` has it."""
        if self._code is None:
            self._life.settimeout(timeout)
            self._code = int(self._read())
            self._life.close()
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        if self._code is None:
            os.kill(self.pid, number)

    def _read(self) -> bytes:
        message = self._life.recv(16)
        if not message:
            raise RuntimeError("the process that forks has ended")
        return message


def start(
    words: Sequence[str | Path],
    environment: Mapping[str, str],
    output: IO[Any] | int = subprocess.DEVNULL,
    errors: IO[Any] | int = subprocess.DEVNULL,
) -> Process:
    """`cx words…`, started."""
    order = {
        "words": [os.fspath(word) for word in words],
        "environment": dict(environment),
        "folder": os.getcwd(),
    }
    message, control = json.dumps(order).encode(), _fire().control
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, open(os.devnull, "r+b") as nothing:
        files = [nothing if each == subprocess.DEVNULL else each for each in (output, errors)]
        descriptors = [each if isinstance(each, int) else each.fileno() for each in files]
        socket.send_fds(control, [message], [theirs.fileno(), nothing.fileno(), *descriptors])
    return Process(ours)


def run(
    words: Sequence[str | Path], environment: Mapping[str, str], timeout: float = _PATIENCE
) -> subprocess.CompletedProcess[str]:
    """`cx words…`, to its end, and what it printed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = start(words, environment, output, errors)
        try:
            code = process.wait(timeout)
        except BaseException:
            process.send_signal(signal.SIGKILL)
            raise
        printed = [_text(file) for file in (output, errors)]
    return subprocess.CompletedProcess(["cx", *words], code, *printed)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


class _Fire:
    """The process that has `cx` loaded; it ends when we do."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "COLUMNS": "160"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        # One order is one packet.
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST)


_fire = cache(_Fire)


def close() -> None:
    """Let the process go, if there is one."""
    if _fire.cache_info().currsize:
        _fire().control.close()
        _fire().process.wait(_PATIENCE)
        _fire.cache_clear()


# ---- in that process


def _take_orders(control: socket.socket) -> dict[str, Any]:
    """Fork for every order; return in the fork alone, with what it is to do."""
    while True:
        message, files, _, _ = socket.recv_fds(control, _MOST, 4)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not message:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            _watch_over_a_child(socket.socket(fileno=files[0]))
            for standard, file in enumerate(files[1:]):
                os.dup2(file, standard)
                os.close(file)
            order: dict[str, Any] = json.loads(message)
            return order
        for file in files:
            os.close(file)


def _watch_over_a_child(life: socket.socket) -> None:
    """Return in a child of this process; tell its number, and its exit code when it has one."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        life.close()
        return
    life.send(str(child).encode())
    # Nothing of the child's may stay open here.
    os.closerange(0, life.fileno())
    os.closerange(life.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    _, status = os.waitpid(child, 0)
    life.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _main() -> None:
    from cxserver.__main__ import main
    from cxserver.cli import console

    assert console.app and threading.active_count() == 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, they close us
    gc.freeze()  # what is loaded stays: no fork looks through it, or copies it
    order = _take_orders(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["cx", *order["words"]]
    main()


if __name__ == "__main__":
    _main()

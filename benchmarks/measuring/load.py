"""A client that costs little: requests made ahead as bytes, kept-alive connections, epoll."""

import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)
_PATIENCE = 20.0


@dataclass
class Load:
    """What came of one round."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Requests answered."""
        return len(self.latencies)

    def within(self, share: float) -> float:
        """The seconds within which this share of the requests was answered."""
        return sorted(self.latencies)[min(self.n - 1, int(share * self.n))]


@dataclass
class _Line:
    """One connection, with what has come of the response it waits for."""

    socket: socket.socket
    sent: float = 0.0
    come: bytes = b""


def run(
    port: int, requests: Iterator[bytes], *, seconds: float, status: int, connections: int = 32
) -> Load:
    """Send `requests` for `seconds` over so many connections; every answer must be `status`."""
    expected = b"HTTP/1.1 %d " % status
    load = Load()
    lines = {line.socket.fileno(): line for line in (_open(port) for _ in range(connections))}
    begun = time.perf_counter()
    with select.epoll() as poll:
        waiting = sum(_send(line, requests, poll) for line in lines.values())
        while waiting:
            # Never asleep: to wake a sleeping client costs a virtual machine's server more
            # than the request does, and the slower server would pay it more often.
            for handle, _ in poll.poll(0):
                line = lines[handle]
                if not _take(line, expected, load):
                    continue
                over = load.latencies and time.perf_counter() - begun > seconds
                if over or not _send(line, requests, poll):
                    waiting -= 1
    load.seconds = time.perf_counter() - begun
    for line in lines.values():
        line.socket.close()
    return load


def _open(port: int) -> _Line:
    made = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Line(made)


def _send(line: _Line, requests: Iterator[bytes], poll: select.epoll) -> bool:
    request = next(requests, None)
    if request is None:
        return False
    if not line.sent:
        poll.register(line.socket, select.EPOLLIN)
    line.come, line.sent = b"", time.perf_counter()
    line.socket.sendall(request)
    return True


def _take(line: _Line, expected: bytes, load: Load) -> bool:
    part = line.socket.recv(262_144)
    line.come += part
    head = line.come.find(b"\r\n\r\n")
    if head < 0 and part:
        return False
    told = _LENGTH.search(line.come[: head + 2])
    if not part or told is None or not line.come.startswith(expected):
        raise RuntimeError(f"expected {expected!r}, got {line.come[:300]!r}")
    if len(line.come) < head + 4 + int(told[1]):
        return False
    load.latencies.append(time.perf_counter() - line.sent)
    return True

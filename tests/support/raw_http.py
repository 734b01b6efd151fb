"""A house on a real socket: what is sent, and what comes back, to the byte."""

import contextlib
import re
import socket
from urllib.parse import urlsplit

from cxserver.web import protocol
from tests.support import http_server
from tests.support.house import House, stamp_of
from tests.support.http_server import Servers

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CLOSE = b"Connection: close\r\n"
END = b"\r\n"


class RawReply:
    """What came back."""

    def __init__(self, raw: bytes):
        self.raw = raw
        self.statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw)]
        self.text = raw.decode(errors="replace")

    @property
    def status(self) -> int | None:
        return self.statuses[-1] if self.statuses else None


class RawClient:
    """A house on a real socket, served as `cx serve` serves it."""

    def __init__(self, house: House, servers: Servers, address: str):
        self.house = house
        house.move(address)
        self.app = house.app()
        servers(
            self.app,
            at=address,
            http=protocol.ImpatientProtocol,
            loop="uvloop",
            server_header=False,
            proxy_headers=False,
        )
        self.port = urlsplit(address).port
        self.host = f"Host: 127.0.0.1:{self.port}\r\n".encode()

    def path(self) -> bytes:
        """The path of a fresh invite."""
        return urlsplit(self.house.mint()).path.encode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=http_server.PATIENCE)

    def head(
        self, method: bytes = b"GET", path: bytes | None = None, version: bytes = b"HTTP/1.1"
    ) -> bytes:
        return b" ".join((method, path or self.path(), version)) + END + self.host

    def say(self, *parts: bytes) -> RawReply:
        """Send, and read to the end of the connection."""
        with self.connect() as line:
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    line.sendall(part)
            return RawReply(read_all(line))

    def form(self, path: bytes, **fields: str) -> bytes:
        """A sound form for `path`, as bytes."""
        page = self.say(self.head(path=path) + CLOSE + END).text
        pairs = {"stamp": stamp_of(page), "trust": "4", "satisfaction": "5"} | fields
        return "&".join(f"{name}={value}" for name, value in pairs.items()).encode()


def read_all(line: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)

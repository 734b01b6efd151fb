"""The HTTP protocol on the socket, made impatient: uvicorn alone waits for ever."""

import asyncio
import socket
import struct
from asyncio import TimerHandle
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cxserver.web.connection_limit import ConnectionLimit

HEAD_SECONDS = 5.0
HEAD_BYTES = 64 * 1024
# A reader who takes nothing for this long is not coming back.
READER_SECONDS = 30.0
# Closing at once on somebody who still sends would reset the connection, and they would see an
# error of their browser in the place of our answer.
LINGER_SECONDS = 2.0

_AT_ONCE = struct.pack("ii", 1, 0)
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"retry-after: 5\r\ncontent-length: 47\r\nconnection: close\r\n\r\n"
    b"Too many people are here just now. Try again.\r\n"
)


class ImpatientProtocol(HttpToolsProtocol):
    """Bounds what a connection may cost.

    A request's head must be complete in 5 seconds and 64 KiB; what is sent after the response is
    thrown away for 2 seconds and then cut off; a response that nobody reads is dropped after 30.
    The time for a body is the application's to give (`form_body.read`). With a `limit` no more
    connections stay open than it admits.
    """

    _timer: TimerHandle | None = None
    _reader_timer: TimerHandle | None = None
    _head_bytes = 0
    _receiving = False
    _lingering = False

    def __init__(self, *args: Any, limit: ConnectionLimit | None = None, **named: Any):
        super().__init__(*args, **named)
        self._limit = limit
        # What to tell the limit when this connection has ended.
        self._release: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._polite = _Polite(self)
        if self._limit and not self._is_admitted(self._limit):
            self._refuse(self._limit)
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._release:
            self._release()
        self._stop_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        # An address with a host in it would go past the check of the Host field.
        if not self.url.startswith(b"/"):
            raise ValueError("not the address of a page")
        super().on_headers_complete()
        self.cycle.transport = self._polite
        self._receiving = True

    def on_message_complete(self) -> None:
        self._receiving = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_early():
            self.leave()

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        if self.cycle is None or self.cycle.response_complete:
            # Empty lines between two requests begin no message, and would keep us for ever.
            self._wait_for_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._head_bytes > HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self._receiving = True
            self.leave()

    def send_400_response(self, msg: str) -> None:
        # What stood before the fault is not trusted either: its handler finds the line dead.
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(READER_SECONDS, self._drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def leave(self) -> None:
        """Close; but while the other side still sends, only after it could read our answer."""
        if self._lingering or self.transport.is_closing():
            return
        if not self._receiving or self.pipeline or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._lingering = True
        self.transport.write_eof()
        self.flow.resume_reading()
        self._stop_timer()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _is_admitted(self, limit: ConnectionLimit) -> bool:
        # Whoever comes by a file of this machine has no address.
        address = self.client[0] if self.client else ""
        admitted = limit.admit(address)
        if admitted:
            self._release = partial(limit.release, address)
        return admitted

    def _refuse(self, limit: ConnectionLimit) -> None:
        if not limit.may_tell():
            self._drop()
            return
        self._release = limit.has_told
        self.transport.write(_TOO_MANY)
        self._receiving = True
        self.leave()

    def _drop(self) -> None:
        # Without this the kernel would go on keeping what nobody reads.
        line = self.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def _is_early(self) -> bool:
        return self._receiving and not self.pipeline and self.cycle.response_complete

    def _unsupported_upgrade_warning(self) -> None:
        # The middleware answers it with 426. There is nothing to install.
        pass

    def _wait_for_head(self) -> None:
        if self._timer is None:
            self._head_bytes = 0
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Polite(asyncio.Transport):
    """What a response is written to: its `close` waits as `ImpatientProtocol.leave` does."""

    def __init__(self, protocol: ImpatientProtocol):
        super().__init__()
        self._protocol = protocol

    def write(self, data: bytes) -> None:  # type: ignore[override]
        # uvicorn tells only the last of several pipelined requests that its line is gone.
        if not self.is_closing():
            self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.leave()

"""A real mail server for the tests, which can be told to refuse, or be switched off and on."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

import serving


class Mailroom:
    """What a mail server took, for whom. A letter with the word `refused` in it, it does not take.

    `meanwhile` happens while it takes a letter. With `breaks` it is told, and breaks off instead.
    """

    def __init__(self) -> None:
        self.port = serving.free_port()
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.refused = ""
        self.meanwhile: Callable[[], object] | None = None
        self.breaks: Callable[[EmailMessage], object] | None = None
        self._controller: Controller | None = None

    @property
    def address(self) -> str:
        """What CX_SMTP_URL would say."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        if self.refused and self.refused in plain(message):
            return f"554 We take no letter with {self.refused} in it"
        if self.breaks:
            self.breaks(message)
            server.transport.abort()
            return "451 Too late"
        if self.meanwhile:
            await asyncio.to_thread(self.meanwhile)
        self.received.append((envelope.rcpt_tos, message))
        return "250 OK"

    def open(self) -> None:
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ready_timeout=serving.PATIENCE
        )
        self._controller.start()

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None


@contextmanager
def mailroom() -> Iterator[Mailroom]:
    """A mail server that is up."""
    room = Mailroom()
    room.open()
    yield room
    room.close()


def plain(message: EmailMessage) -> str:
    """The plain text of a letter."""
    found = message.get_body(("plain",))
    return str(found.get_content()) if found else ""


def html(message: EmailMessage) -> str:
    """The same for those who read it so."""
    found = message.get_body(("html",))
    return str(found.get_content()) if found else ""

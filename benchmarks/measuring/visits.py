"""Somebody of the staff, signed in over HTTP, who opens pages and waits so long and no longer."""

import http.client
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from starlette.types import Message, Receive, Scope, Send

from cxserver import db, log
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.settings import Settings
from cxserver.web import server as serve
from cxserver.web.app import create_app
from measuring import growth
from measuring.servers import Server, running

PATIENCE = 60.0
_FORM = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
_TOLD = b"x-selects"
# The SELECTs of the request at hand. What runs beside the requests has none to count for.
_SEEN: ContextVar[list[str] | None] = ContextVar("seen", default=None)


@dataclass(frozen=True, slots=True)
class Got:
    """What one page took: seconds of the server's processor, seconds that passed, SELECTs."""

    cpu: float
    wall: float
    selects: int


class NoAnswer(Exception):
    """The page did not come, or something else came in its place."""


class _Counting:
    """The application, and a header that says how many SELECTs a response took."""

    def __init__(self, app: Any):
        self._app = app
        self.startup, self.shutdown = app.startup, app.shutdown
        event.listen(Engine, "before_cursor_execute", _note)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen: list[str] = []
        _SEEN.set(seen)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (_TOLD, b"%d" % len(seen))]
            await send(message)

        await self._app(scope, receive, tell)


def _note(connection: object, cursor: object, statement: str, *rest: object) -> None:
    seen = _SEEN.get()
    if seen is not None and statement.lstrip().upper().startswith(("SELECT", "WITH")):
        seen.append(statement)


def ours(port: int, settings: Settings) -> None:
    """The product on the day after the last answer, and nothing at work beside the pages."""
    # A line of the log for each page of comments would stand between those of the table.
    log.configure(logging.WARNING)
    app: Any = _Counting(create_app(settings, clock=lambda: growth.NOW))
    serve.serve_app(app, "127.0.0.1", port)


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in."""

    server: Server
    cookie: str

    def open(self, path: str) -> Got:
        """Open a page. Raises NoAnswer; then the server has begun anew."""
        cpu, begun = self.server.cpu(), time.perf_counter()
        try:
            headers = {"cookie": self.cookie, "accept-encoding": "gzip"}
            response = _asked(self.server, "GET", path, headers)
        except TimeoutError:
            # It would go on with the page, and the next one would pay for it.
            self.server.restart()
            raise NoAnswer(f"no answer in {PATIENCE:.0f} s") from None
        if response.status != 200:
            raise NoAnswer(f"answered {response.status}")
        took = time.perf_counter() - begun
        selects = int(response.headers[_TOLD.decode()])
        return Got(self.server.cpu() - cpu, took, selects)


@contextmanager
def signed_in(settings: Settings, role: Role) -> Iterator[Visitor]:
    """Somebody of this role, at a server that has just begun."""
    server = Server(ours, settings)
    with running(server):
        path = f"/staff/sign-in/{_let_in(settings, role)}"
        response = _asked(server, "POST", path, _FORM)
        if response.status != 303:
            raise RuntimeError(f"signing in answered {response.status}")
        yield Visitor(server, str(response.headers["set-cookie"]).partition(";")[0])


def _let_in(settings: Settings, role: Role) -> str:
    service = growth.SERVICE if role is Role.SERVICE_LEAD else None
    office = growth.NATION if role is Role.OFFICE_MANAGER else None
    wanted = Member("", f"{role}@localhost", "", role, office, service)
    engine = db.open_engine(settings)
    try:
        with db.write(engine) as connection:
            return members.invite(connection, wanted, growth.NOW)[1]
    finally:
        engine.dispose()


def _asked(
    server: Server, method: str, path: str, headers: dict[str, str]
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()

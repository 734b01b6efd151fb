"""Deadlines on our side of a PostgreSQL connection, for a server that is there and says nothing.

A server that is stopped, or whose machine is frozen, closes no connection, and its kernel goes on
acknowledging what we send: neither `tcp_user_timeout` nor `lock_timeout` ever ends the wait. So we
wait ourselves. A ping has two seconds. A statement may take as long as it needs, as long as the
server lets somebody in: when nothing came for a moment, we knock, and give up if nobody answers.

What one thread learns, all know: while the database is silent everybody is refused at once, but
for one who tries again every two seconds. Else the few threads would wait one behind the other.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

from cxserver.log import logger

# Seconds to connect; libpq knows no less than two.
CONNECT = 2
# Seconds for the answer to `SELECT 1`.
PING = 2.0
# After so many seconds without a byte we ask whether the server is still there.
SILENCE = 1.5
# Seconds between two tries at a database that is silent.
PAUSE = 2.0

_SILENT = "The database does not answer."

Opening = Callable[[], psycopg.Connection[Any]]
T = TypeVar("T")


class Reachability:
    """What this process knows of one database server: whether it answers. For many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._silent_since: float | None = None
        self._heard = self._next_try = monotonic()

    @contextmanager
    def contact(self) -> Iterator[None]:
        """Around whatever shows that the server answers: connecting, a ping.

        Raises psycopg.OperationalError at once while it is silent and this is not the next try.
        """
        self._enter()
        started = monotonic()
        try:
            yield
        except psycopg.Error:
            # A refusal is an answer too, and costs nobody time.
            self._note_silence() if monotonic() - started >= SILENCE else self._note_refusal()
            raise
        self._note_answer()

    def is_lost(self, patience: float, knock: Opening) -> bool:
        """Whether the server has been silent for `patience` seconds, as a statement waits for it.

        Asks it by a new connection when nobody has heard of it for a moment.
        """
        if monotonic() - self._heard >= SILENCE and self._may_knock():
            with suppress(psycopg.Error), self.contact():
                knock().close()
        since = self._silent_since
        return since is not None and monotonic() - since >= patience

    def _may_knock(self) -> bool:
        return self._silent_since is None or monotonic() >= self._next_try

    def _enter(self) -> None:
        with self._lock:
            now = monotonic()
            if self._silent_since is None:
                return
            if now < self._next_try:
                raise psycopg.OperationalError(_SILENT)
            # Until this try has ended nobody else begins one.
            self._next_try = now + CONNECT + PAUSE

    def _note_answer(self) -> None:
        with self._lock:
            if self._silent_since is not None:
                logger.warning("database_answers_again")
            self._silent_since, self._heard = None, monotonic()

    def _note_refusal(self) -> None:
        with self._lock:
            self._heard = self._next_try = monotonic()

    def _note_silence(self) -> None:
        with self._lock:
            now = monotonic()
            if self._silent_since is None:
                logger.error("database_silent")
                self._silent_since = now
            self._next_try = now + PAUSE


class DeadlineConnection(psycopg.Connection[Any]):
    """A connection that does not wait for ever. Bare, before `guard` has it, it does."""

    # Gives up, by raising OperationalError, or does nothing; gets the seconds of silence.
    give_up: Callable[[float], bool] | None = None

    def wait(self, gen: PQGen[T], *options: Any, **named: Any) -> T:
        """Run psycopg's own generator, which wakes up every tenth of a second. Raises
        psycopg.OperationalError, with the connection closed.
        """
        return super().wait(self._bounded(gen), *options, **named)

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Give up after so many seconds of silence, whatever else is known."""
        usual, self.give_up = self.give_up, lambda silent: silent >= seconds
        try:
            yield
        finally:
            self.give_up = usual

    def _bounded(self, gen: PQGen[T]) -> PQGen[T]:
        heard = monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard = monotonic()
                elif self.give_up and self.give_up(monotonic() - heard):
                    self.pgconn.finish()
                    raise psycopg.OperationalError(_SILENT)
                state = gen.send(ready)
        except StopIteration as done:
            result: T = done.value
            return result


def guard(engine: Engine, patience: float) -> None:
    """Give `engine` connections that end their waits: at once when the server is silent, or when
    it has been for `patience` seconds.
    """
    server = _reachability(engine.url.render_as_string(hide_password=False))

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, args: Any, named: Mapping[str, Any]) -> Any:
        def knock() -> psycopg.Connection[Any]:
            with _lets_go():
                return psycopg.connect(*args, **named)

        def give_up(silent: float) -> bool:
            return silent >= SILENCE and server.is_lost(patience, knock)

        with server.contact(), _lets_go():
            connection = DeadlineConnection.connect(*args, **named)
        connection.give_up = give_up
        return connection

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, _record: object, _proxy: object) -> None:
        # The place of `pool_pre_ping`, which has no deadline.
        try:
            with server.contact(), connection.at_most(PING):
                engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            if connection.closed:
                raise InvalidatePoolError from error
            raise


@contextmanager
def _lets_go() -> Iterator[None]:
    # psycopg leaves a line that was not answered in time to whoever clears the traceback away.
    try:
        yield
    except psycopg.Error as error:
        traceback.clear_frames(error.__traceback__)
        raise


@cache
def _reachability(_address: str) -> Reachability:
    # All engines of a process that reach the same server know the same of it.
    return Reachability()

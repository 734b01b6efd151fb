"""One snapshot of the data for one request: begun when it is first needed, ended before anything
is written, drawn or sent, so that a request never holds one connection while it waits for another.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Engine

from cxserver import db


class Snapshot:
    """The read transaction of a request. After a write, the next look begins a new one."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._connection: Connection | None = None
        self._open = ExitStack()

    @property
    def connection(self) -> Connection:
        """Where everything is read."""
        if self._connection is None:
            self._connection = self._open.enter_context(db.read(self._engine))
        return self._connection

    def close(self) -> None:
        """The same as `end`, for `contextlib.closing`."""
        self.end()

    def end(self) -> None:
        """Give the connection back, if there is one."""
        self._connection = None
        self._open.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: all of it or none of it."""
        self.end()
        with db.write(self._engine) as connection:
            yield connection

    def source(self) -> db.Source:
        """Short transactions, one after the other, for what reads page by page."""
        self.end()
        return db.source(self._engine)

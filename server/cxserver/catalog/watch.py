"""Keep the directory in memory fresh while others change the database."""

import asyncio
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cxserver import db
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.log import logger

# A revocation must bite within 60 seconds on every worker; this leaves ample room.
INTERVAL = 1.0
# Strangers can ask for what does not exist as often as they like; we look no more often than this.
PAUSE = 0.1


class Watch:
    """The current `Directory`, reloaded by a thread of its own when the counter has moved."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked = 0.0
        self._one_at_a_time = asyncio.Lock()
        self.directory = self._load()

    def start(self) -> None:
        """Begin to look once a second."""
        self._thread = threading.Thread(target=self._run, name="cx-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def refresh(self) -> Directory:
        """Look now, and reload if anything has changed."""
        began = time.monotonic()
        with db.read(self._engine) as connection:
            if directory.counter(connection) != self.directory.counter:
                self.directory = directory.load(connection)
        # Said only now, or who waits would go on before the directory is there.
        self._looked = began
        return self.directory

    async def see_what_is_new(self) -> None:
        """Return once everything that was committed before this call is in the directory.

        All who wait share one look, and looks are PAUSE apart. Where the database does not answer,
        the directory stays as it was, and nobody who waits looks again.
        """
        called = time.monotonic()
        async with self._one_at_a_time:
            if self._looked >= called:
                return
            await asyncio.sleep(max(0.0, self._looked + PAUSE - time.monotonic()))
            try:
                await asyncio.to_thread(self.refresh)
            except SQLAlchemyError:
                self._looked = time.monotonic()

    def _load(self) -> Directory:
        with db.read(self._engine) as connection:
            return directory.load(connection)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                self.refresh()
            except SQLAlchemyError as error:
                # The database may be restarting. What we know stays good until it is back.
                logger.warning("directory_not_refreshed", reason=type(error).__name__)

"""Watching one installation: who counts, and how a scrape gets to it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hmac import compare_digest

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from cxserver import db
from cxserver.clock import Clock
from cxserver.metrics import exposition
from cxserver.metrics.counters import Counters
from cxserver.metrics.state import State
from cxserver.settings import Settings


class Scraping:
    """The counters of this process, and what a scrape of it is given."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._counted = CollectorRegistry()
        self._all: CollectorRegistry | None = None
        self._stop: Callable[[], None] | None = None
        self.counters = Counters(self._counted)

    def start(self, engine: Engine, clock: Clock) -> None:
        """Listen, if this process is the only one; else whoever started it does."""
        self._all = exposition.of_all(self._counted, State(engine, clock))
        if self._settings.metrics_listen and exposition.FOLDER not in os.environ:
            self._stop = exposition.listen(*self._settings.metrics_address, self._all)

    def stop(self) -> None:
        """Listen no more."""
        if self._stop:
            self._stop()

    @property
    def has_token(self) -> bool:
        """Whether the server's own address gives scrapes, too."""
        return bool(self._settings.metrics_token.get_secret_value())

    def admits(self, authorization: str) -> bool:
        """Whether a header shows the token."""
        token = self._settings.metrics_token.get_secret_value()
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and compare_digest(given.encode(), token.encode())

    def text(self) -> bytes:
        """What a scrape reads."""
        return exposition.text(self._all) if self._all else b""


@contextmanager
def for_processes(settings: Settings, clock: Clock) -> Iterator[None]:
    """Let several server processes add up their counters, and listen for all of them.

    Enter it before they start: they find the folder in their environment.
    """
    with tempfile.TemporaryDirectory(prefix="cx-metrics-") as folder:
        os.environ[exposition.FOLDER] = folder
        engine = db.open_engine(settings, db.ENTRANCE)
        try:
            with _listening(settings, State(engine, clock)):
                yield
        finally:
            engine.dispose()
            del os.environ[exposition.FOLDER]


@contextmanager
def _listening(settings: Settings, state: State) -> Iterator[None]:
    if not settings.metrics_listen:
        yield
        return
    stop = exposition.listen(*settings.metrics_address, exposition.of_all(None, state))
    try:
        yield
    finally:
        stop()

"""One thread that writes: it gathers the answers that wait and commits them together.

A lone answer never waits. When more than one is there, the window stays open two milliseconds so
that a burst shares one disk flush. Each is answered only after its commit.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Engine

from cxserver.errors import QueueFull, StoreUnavailable
from cxserver.intake import store
from cxserver.intake.entry import Entry
from cxserver.intake.observer import Observer
from cxserver.intake.store import Outcome, Result
from cxserver.log import logger

WINDOW = 0.002
BATCH = 500
# After a commit that failed, how often an idle writer tries whether one works again, in seconds:
# a load balancer sends nobody here meanwhile, so no answer would ever try it.
_TRY = 1.0
# How often one that waits for a place in a full queue looks again.
_LOOK = 0.01

T = TypeVar("T")

_Waiting = tuple[Entry, asyncio.AbstractEventLoop, "asyncio.Future[Outcome]"]


class Writer:
    """The queue before the database. At most `size` answers wait in it."""

    def __init__(self, engine: Engine, size: int, observer: Observer | None = None):
        self._engine = engine
        self._observer = observer or Observer()
        self._queue: queue.Queue[_Waiting | Callable[[], object] | None] = queue.Queue(size)
        self._thread = threading.Thread(target=self._run, name="cx-writer", daemon=True)
        # After an unknown commit nothing is believed until a commit has worked again.
        self.ready = True

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then stop."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    async def store(self, entry: Entry) -> Outcome:
        """Store one answer. Raises QueueFull, StoreUnavailable, AnswerUnstorable or
        ClearanceSpent.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()
        try:
            self._queue.put_nowait((entry, loop, done))
        except queue.Full:
            raise QueueFull("too many answers are waiting") from None
        return await done

    def between(self, work: Callable[[], object]) -> None:
        """Do `work` in the writing thread, between two batches. Dropped when the queue is full."""
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            logger.warning("housekeeping_put_off")

    async def do(self, work: Callable[[], T]) -> T:
        """Do `work` in the writing thread, between two batches, and give what it gives.

        Unlike `between` it waits for a place in a full queue. Raises what `work` raises.
        """
        done: Future[T] = Future()

        def do() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        while True:
            if not self._thread.is_alive():
                raise StoreUnavailable("the writer has stopped")
            with suppress(queue.Full):
                self._queue.put_nowait(do)
                break
            await asyncio.sleep(_LOOK)
        return await asyncio.wrap_future(done)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            if callable(item):
                self._keep_house(item)
                continue
            batch, rest = self._gather(item)
            self._write(batch)
            if callable(rest):
                self._keep_house(rest)
            elif rest is self:
                return

    def _next(self) -> _Waiting | Callable[[], object] | None:
        while not self.ready:
            try:
                return self._queue.get(timeout=_TRY)
            except queue.Empty:
                self._try_again()
        return self._queue.get()

    def _try_again(self) -> None:
        try:
            store.probe(self._engine)
        except Exception as error:
            logger.warning("writer_not_ready", reason=type(error).__name__)
        else:
            self.ready = True

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], Any]:
        batch = [first]
        if self._queue.empty():
            return batch, None
        closes = time.monotonic() + WINDOW
        while len(batch) < BATCH and (left := closes - time.monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left)
            except queue.Empty:
                break
            if item is None:
                return batch, self
            if callable(item):
                return batch, item
            batch.append(item)
        return batch, None

    def _write(self, batch: list[_Waiting]) -> None:
        results: list[Result]
        begun = time.perf_counter()
        try:
            if not self.ready:
                store.probe(self._engine)
            results = store.write(self._engine, [entry for entry, _, _ in batch])
        except StoreUnavailable as error:
            results = [error] * len(batch)
        except Exception as error:
            logger.error("writer_failed", reason=type(error).__name__)
            results = [StoreUnavailable("the writer failed")] * len(batch)
        self.ready = not any(isinstance(result, StoreUnavailable) for result in results)
        if self.ready:
            self._observer.committed(len(batch), time.perf_counter() - begun)
        self._observer.queue(self._queue.qsize(), self.ready)
        _deliver(batch, results)

    def _keep_house(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            logger.warning("housekeeping_failed", reason=type(error).__name__)


def _deliver(batch: list[_Waiting], results: list[Result]) -> None:
    # One wake-up per event loop, not one per answer.
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Outcome], Result]]] = {}
    for (_, loop, done), result in zip(batch, results, strict=True):
        loops.setdefault(loop, []).append((done, result))
    for loop, pairs in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, pairs)
        except RuntimeError:  # the loop has closed: nobody is waiting any more
            logger.info("answer_stored_after_hang_up", n=len(pairs))


def _settle(pairs: Iterable[tuple["asyncio.Future[Outcome]", Result]]) -> None:
    for done, result in pairs:
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)

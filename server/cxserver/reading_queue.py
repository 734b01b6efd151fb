"""A queue before the results: few read at a time, and those who answer a survey wait for none.

A page of results takes a thread and a connection for as long as its numbers take. Without a bound
twenty managers on a Monday would hold every thread there is, and answers would fail.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from cxserver.errors import TooManyReading

WAITING = 100
SECONDS = 60.0

T = TypeVar("T")


class ReadingQueue:
    """At most `at_once` read in this process; `waiting` more wait, up to `seconds` each."""

    def __init__(self, at_once: int, waiting: int = WAITING, seconds: float = SECONDS):
        self._limiter = anyio.CapacityLimiter(at_once)
        self._waiting, self._seconds = waiting, seconds

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread when it is its turn. Raises TooManyReading."""
        if self._limiter.statistics().tasks_waiting >= self._waiting:
            raise TooManyReading("Too many people are reading results just now.")
        place = object()
        with anyio.move_on_after(self._seconds) as wait:
            await self._limiter.acquire_on_behalf_of(place)
        if wait.cancelled_caught:
            raise TooManyReading("It was not this request's turn within a minute.")
        try:
            # The thread is not one of those that answers are taken in.
            return await to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))
        finally:
            self._limiter.release_on_behalf_of(place)

"""Masking long or number-filled texts beside the server, so that a flood of them slows nobody.

An ordinary comment is masked at once: that takes a tenth of a millisecond. A heavy one takes up to
five, during which Python does nothing else. One at a time is masked in a thread; when more come,
a process of its own masks them, started only then, with a bounded queue.
"""

import asyncio
import multiprocessing
import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from cxserver.errors import QueueFull
from cxserver.instrument import masking
from cxserver.log import BoundedLog

# What may wait for the process: about a second's work.
MOST = 100
# A text is light if it is short, or if there is next to nothing to look at in it.
_LIGHT, _DIGITS = 200, 9
_LOOKED_AT = re.compile(r"[\d@]")


def is_light(text: str) -> bool:
    """Whether masking a text costs next to nothing."""
    return len(text) <= _LIGHT and len(_LOOKED_AT.findall(text)) < _DIGITS


class MaskPool:
    """One per server process; `close` it."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._log = BoundedLog()
        self._at_work = 0

    async def mask(self, texts: Sequence[str], patterns: tuple[str, ...]) -> list[str]:
        """The texts, masked. Raises QueueFull when too many wait."""
        if all(map(is_light, texts)):
            return mask_all(texts, patterns)
        if self._at_work >= MOST:
            raise QueueFull("too many long texts are waiting")
        self._at_work += 1
        try:
            return await self._heavy(texts, patterns)
        finally:
            self._at_work -= 1

    def close(self) -> None:
        """End the process, if it was ever started."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    async def _heavy(self, texts: Sequence[str], patterns: tuple[str, ...]) -> list[str]:
        if self._at_work == 1:
            return await asyncio.to_thread(mask_all, texts, patterns)
        pool = self._pool = self._pool or ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_end_with_server,
        )
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(pool, mask_all, texts, patterns)
        except BrokenProcessPool:
            # Somebody killed it, or it may not be started here. The next one starts another.
            self._log.note("warning", "mask_process_died", "died")
            if self._pool is pool:
                self._pool = None
            return await asyncio.to_thread(mask_all, texts, patterns)


def _end_with_server() -> None:
    """Whoever waits for work holds both ends of its line, so that it never breaks off: a server
    that is killed would leave this process behind, and what it read last with it.
    """
    threading.Thread(target=_wait_for_the_end, name="cx-mask-end", daemon=True).start()


def _wait_for_the_end() -> None:
    if server := multiprocessing.parent_process():
        server.join()
    os._exit(0)


def mask_all(texts: Sequence[str], patterns: tuple[str, ...]) -> list[str]:
    """Each text masked; patterns are the agency's own."""
    return [masking.mask(text, patterns) for text in texts]

"""The system clock. Elsewhere ruff refuses `datetime.now` and its kin: the time is handed down.

Two things read the system clock without this module: structlog, which stamps the lines of the log,
and the SDK, which may not import the server.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
# Seconds that only ever grow, from any beginning.
Monotonic = Callable[[], float]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_for(clock: Clock) -> Monotonic:
    """The system's monotonic clock beside its wall clock; any other clock is its own."""
    return time.monotonic if clock is now else lambda: clock().timestamp()

"""The system clock. Elsewhere ruff refuses `datetime.now` and its kin: the time is handed down.

Two things read the system clock without this module: structlog, which stamps the lines of the log,
and the SDK, which may not import the server.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)

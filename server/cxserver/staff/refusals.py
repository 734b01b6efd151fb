"""How often each member was refused in this hour: of a flood the log takes the beginning alone.

The log cannot be shortened, and each of its lines takes the lock that answers need. Who tries the
names of others' offices leaves plenty of lines by then, and one that says there were more.
"""

from collections import Counter
from datetime import datetime
from threading import Lock

HOURLY = 60


class Refusals:
    """Counts by member, in this process, in memory. They begin anew with every hour."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hour: datetime | None = None
        self._counts: Counter[str] = Counter()

    def another(self, member: str, now: datetime) -> int:
        """This member was refused once more: how many more than the log takes, 0 and below for
        one that it takes.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            if hour != self._hour:
                self._hour, self._counts = hour, Counter()
            self._counts[member] += 1
            return self._counts[member] - HOURLY

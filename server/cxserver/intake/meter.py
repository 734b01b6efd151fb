"""The burden meter: how long people take from opening a survey to sending it (5 CFR 1320.8).

Counted in memory and written every few minutes, as counts of a month: nothing tells how long one
person took, and no answer waits for it. A server that is killed loses the last few minutes of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.intake.counter import Counter

# Eight steps to a doubling: what is read from them is right to about 4 %.
_STEPS = 8
# A page may lie open over lunch. Longer than this nobody fills in one screen.
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """The time that people took: of `n` people half took `p50` seconds or less, 90 % `p90`."""

    n: int
    p50: float
    p90: float


class Meter(Counter):
    """Counts durations until `flush` writes them. Any thread may count."""

    def __init__(self) -> None:
        super().__init__(tables.durations)

    def count(self, service: str, day: date, took: timedelta) -> None:
        """One answer of `service`, sent `took` after its page was opened."""
        if timedelta(0) < took <= LONGEST:
            self.add(service, day.replace(day=1), step(took.total_seconds()))


def step(seconds: float) -> int:
    """The step a duration falls on; `seconds` > 0."""
    return round(_STEPS * math.log2(max(1.0, seconds)))


def seconds(of: int) -> float:
    """The middle of a step, in seconds."""
    return float(2 ** (of / _STEPS))


def read(connection: Connection, since: date | None = None) -> dict[str, TimeTaken]:
    """The time taken by service, in the months from `since` on; without any, it is left out."""
    columns = tables.durations.c
    query = select(columns.service, columns.step, func.sum(columns.n)).group_by(
        columns.service, columns.step
    )
    if since is not None:
        query = query.where(columns.month >= since)
    result: dict[str, dict[int, int]] = {}
    for service, at, n in connection.execute(query):
        result.setdefault(service, {})[at] = int(n)
    return {service: time_taken(counts) for service, counts in sorted(result.items())}


def time_taken(counts: Mapping[int, int]) -> TimeTaken:
    """What counts by step amount to; there is at least one."""
    n = sum(counts.values())
    return TimeTaken(n, _quantile(counts, 0.5 * n), _quantile(counts, 0.9 * n))


def _quantile(counts: Mapping[int, int], rank: float) -> float:
    passed = 0
    for at in sorted(counts):
        passed += counts[at]
        if passed >= rank:
            return seconds(at)
    raise ValueError("no counts")

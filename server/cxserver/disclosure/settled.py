"""Until when released numbers are complete enough to be compared. Pure.

Offices close their batches at different times: one with many answers every night, one with few
every other week. Days on which only the busy ones have closed tell of other offices than the days
before, so a comparison ends where nearly all have.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

NEARLY_ALL = 0.9
"""Of the answers, the share that the units which have closed must have given."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A service at an office: the last day that it closed, and how many answers it released in
    the 13 weeks before.
    """

    through: date
    n: int


def settled_through(units: Iterable[Unit]) -> date | None:
    """The last day through which units that gave nearly all answers have closed; None of none."""
    latest_first = sorted(units, key=lambda unit: unit.through, reverse=True)
    needed = NEARLY_ALL * sum(unit.n for unit in latest_first)
    have = 0
    for unit in latest_first:
        have += unit.n
        if have >= needed:
            return unit.through
    return None

"""On which levels answers are counted: by office and day, and summed over months, or offices. Pure.

A page about a year of all offices would otherwise read every day of every office. Each answer is
counted on every level in one transaction, so any of them gives the same numbers.
"""

from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """Which days and offices one count stands for. `DAY` is all offices together."""

    OFFICE_DAY = "office-day"
    OFFICE_MONTH = "office-month"
    DAY = "day"


def places(day: date, office: str) -> tuple[tuple[str, date, str], ...]:
    """Under which level, day and office an answer is counted, in the order of the levels' names."""
    return (
        (Level.DAY.value, day, ""),
        (Level.OFFICE_DAY.value, day, office),
        (Level.OFFICE_MONTH.value, day.replace(day=1), office),
    )

"""What is filed of a quarter, again: from the rows of the export alone.

This shares nothing with the server, as `recompute`. A set is what a service got by a channel.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.recounts.recompute import Row, points

# Answers with one of these are looked at twice, and left out.
SUSPECT = {"fast", "clock", "burst-rush", "burst-same"}
LEAST = 11
Set = tuple[str, str]


def of_days(rows: Iterable[Row], first: str, last: str) -> list[Row]:
    """The rows of some days, both included."""
    return [row for row in rows if first <= row["day"] <= last]


def is_flagged(row: Row) -> bool:
    """Whether an answer is left out."""
    return not SUSPECT.isdisjoint(row["flags"])


def sets(rows: Iterable[Row], exists: Mapping[str, Any], form: str) -> dict[Set, list[Row]]:
    """The rows of each set of files. Drivers that were rated go into no v2 file."""
    files: dict[Set, list[Row]] = {}
    for row in rows:
        rated = exists["services"][row["service"]]["mode"] == "likert"
        if not is_flagged(row) and not (rated and form == "v2"):
            files.setdefault((row["service"], row["channel"]), []).append(row)
    return files


def taps(rows: Collection[Row], code: str) -> tuple[int, int]:
    """How many tapped a driver under a good rating, and under a poor one."""
    return (
        sum(code in row["drivers_positive"] for row in rows),
        sum(code in row["drivers_negative"] for row in rows),
    )


def scores(rows: Collection[Row], code: str) -> list[int]:
    """How many gave a driver 1, 2, 3, 4, 5."""
    ratings = [row["driver_scores"].get(code) for row in rows]
    return [sum(score == point for score in ratings) for point in range(1, 6)]


def by_points(rows: Collection[Row], question: str) -> dict[str, int]:
    """The same of a question, by point."""
    return {str(point): n for point, n in enumerate(points(rows, question), 1)}


def share(rows: Collection[Row], question: str) -> float:
    """How many of a hundred gave a 4 or 5."""
    return float(100 * sum(points(rows, question)[3:]) / len(rows))


def mean(rows: Collection[Row], question: str) -> float:
    """The mean of the points."""
    return float(sum(row[question] for row in rows) / len(rows))


def small(files: Mapping[Set, Collection[Row]]) -> set[Set]:
    """The sets that are too small to be published."""
    return {name for name, rows in files.items() if len(rows) < LEAST}


def is_safe(sizes: Collection[int]) -> bool:
    """Whether hidden sets, of which the sum is known and that nobody is in none, tell of no size:
    each could be any of 11 numbers.
    """
    return not sizes or (len(sizes) > 1 and sum(sizes) - len(sizes) + 1 >= LEAST)

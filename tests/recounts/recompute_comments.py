"""What the Comments page tells of each comment, again: from rows alone.

This shares nothing with the server, as `recompute`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from tests.recounts.recompute import Row

# The week, the office, the service, the words, and what else may be told.
Line = tuple[str, str, str, str, str]
Labels = Mapping[tuple[str, str], str]
_WAYS = {"email": "Email", "sms": "Text message"}
_LANGUAGES = {"en": "English", "es": "Spanish"}


def lines(rows: Iterable[Row], labels: Labels, *, holds_rows: bool) -> list[Line]:
    """A line for each that has words in it."""
    return [line(row, labels, holds_rows=holds_rows) for row in rows if row["comment"]]


def line(row: Row, labels: Labels, *, holds_rows: bool) -> Line:
    """One comment. How it came stands beside it for those alone who hold the rows."""
    way = f"{_WAYS[row['channel']]}, {_LANGUAGES[row['language']]}; " if holds_rows else ""
    scores = f"Trust {row['trust']} of 5; Satisfaction {row['satisfaction']} of 5"
    facts = way + "; ".join([scores, *drivers(row, labels)])
    return monday(row), row["office"], row["service"], row["comment"], facts


def monday(row: Row) -> str:
    """The Monday of the week it was given in."""
    day = date.fromisoformat(str(row.get("given", row["day"])))
    return str(day - timedelta(days=day.weekday()))


def drivers(row: Row, labels: Labels) -> Iterable[str]:
    """The drivers that were named as either, in words."""
    sides = {"Could be better": poor(row), "Went well": good(row)}
    mode = "likert" if row["driver_scores"] else "tap"
    return [
        f"{side}: {', '.join(labels[mode, code] for code in codes)}"
        for side, codes in sides.items()
        if codes
    ]


def poor(row: Row) -> list[str]:
    """The drivers that could be better: tapped so, or rated 1, 2 or 3."""
    rated = [code for code, score in row["driver_scores"].items() if score <= 3]
    return [*row["drivers_negative"], *rated]


def good(row: Row) -> list[str]:
    """The drivers that went well: tapped so, or rated 4 or 5."""
    rated = [code for code, score in row["driver_scores"].items() if score >= 4]
    return [*row["drivers_positive"], *rated]

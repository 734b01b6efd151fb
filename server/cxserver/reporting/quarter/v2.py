"""The format since fiscal year 2024: one row for each response, 17 columns.

In a driver's cell `1` is tapped, `0` is on this survey version and not tapped, and the four
letters `null` are "not on this version": a `0` there would be counted as somebody's answer.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from cxserver.instrument import drivers
from cxserver.instrument.survey import Survey
from cxserver.reporting import cells
from cxserver.reporting.quarter.counts import Counts
from cxserver.reporting.quarter.review import Standing

CODES = tuple(driver.omb for driver in drivers.ALL)
HEADER = (
    "external_id",
    "question_1",
    *(f"positive_{code}" for code in CODES),
    *(f"negative_{code}" for code in CODES),
    "question_4",
)

Clean = Callable[[str], str]


@dataclass
class Pile:
    """The rows of one file while they are read, and what they add up to."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    measured: Counter[tuple[str, str]] = field(default_factory=Counter)
    comments: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row[Any], survey: Survey, clean: Clean) -> None:
        """Add a response; `clean` takes out of its comment what identifies a person."""
        self.rows.append((external_id(row), *_answers(row, survey), self._comment(row, clean)))
        self.measured.update(_measured(row, survey))

    def sorted(self) -> Sequence[Sequence[str]]:
        """The rows in the order of their ids, which tells nothing of when they came."""
        return sorted(self.rows)

    @property
    def counts(self) -> Counts:
        """The same as counts."""
        found: dict[str, dict[str, int]] = {}
        for (measure, value), n in self.measured.items():
            found.setdefault(measure, {})[value] = n
        return Counts(found)

    @property
    def standing(self) -> Standing:
        """What became of its comments."""
        seen = self.comments
        return Standing(seen["approve"], seen["withhold"], seen["waiting"])

    def _comment(self, row: Row[Any], clean: Clean) -> str:
        if not row.comment:
            return ""
        self.comments[row.decision or "waiting"] += 1
        if row.decision != "approve":
            return ""
        # Masked when it was stored, and again: the rules may have grown since.
        return str(cells.guarded(clean(row.comment)))


def external_id(row: Row[Any]) -> str:
    """A name for the row that is the same each time, and opens nothing: not our own id."""
    whole = f"{row.service}/{row.day.isoformat()}/{row.id}"
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def _answers(row: Row[Any], survey: Survey) -> tuple[str, ...]:
    # Five points, or 1 for a thumb up and 0 for one down: OMB's values are those we store.
    positive = survey.trust_scale.is_good(row.trust)
    return (
        str(row.trust),
        *(_tap(code, row, survey, positive) for code in drivers.CODES),
        *(_tap(code, row, survey, not positive) for code in drivers.CODES),
    )


def _tap(code: str, row: Row[Any], survey: Survey, this_side: bool) -> str:
    if code not in survey.drivers:
        return "null"
    return str(int(this_side and code in row.drivers))


def _measured(row: Row[Any], survey: Survey) -> Counter[tuple[str, str]]:
    scale = survey.trust_scale
    side = "positive" if scale.is_good(row.trust) else "negative"
    asked = () if row.satisfaction is None else (("satisfaction", str(row.satisfaction)),)
    return Counter(
        [
            ("response", "all"),
            ("trust", scale.value(row.trust)),
            *asked,
            *((f"driver:{code}", side) for code in row.drivers),
        ]
    )

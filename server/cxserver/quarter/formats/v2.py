"""The format since fiscal year 2024: one row for each response, 17 columns.

In a driver's cell `1` is tapped, `0` is on this survey version and not tapped, and the four
letters `null` are "not on this version": a `0` there would be counted as somebody's answer.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxserver.comments.omb_review import Standing
from cxserver.export import cells
from cxserver.instrument import drivers, masking
from cxserver.instrument.survey import Survey
from cxserver.quarter.counts import Counts
from cxserver.quarter.formats import sorting

CODES = tuple(driver.omb for driver in drivers.ALL)
HEADER = (
    "external_id",
    "question_1",
    *(f"positive_{code}" for code in CODES),
    *(f"negative_{code}" for code in CODES),
    "question_4",
)

# Survey version, satisfaction, trust, what was tapped.
_Answer = tuple[int, int | None, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What follows from an answer: its cells, and what of it is counted."""

    cells: tuple[str, ...]
    measured: tuple[tuple[str, str], ...]


class Pile:
    """The rows of one file while they are read, and what they add up to.

    `patterns` are the agency's own, to mask comments with. Few people answer in a way that nobody
    did before: what follows from an answer is found once, and then only counted.
    """

    def __init__(self, patterns: Collection[str]):
        self._patterns = patterns
        self._lines = sorting.Lines()
        self._known: dict[_Answer, _Known] = {}
        self._given: Counter[_Answer] = Counter()
        self._comments: Counter[str] = Counter()

    def add(self, row: Row[Any], survey: Survey) -> None:
        """Add a response."""
        answer = (row.survey, row.satisfaction, row.trust, tuple(row.drivers))
        known = self._known.get(answer)
        if known is None:
            known = self._known[answer] = _Known(_answers(row, survey), _measured(row, survey))
        self._given[answer] += 1
        self._lines.add(external_id(row), (*known.cells, self._comment(row)))

    def lines(self) -> Iterator[str]:
        """The file, line by line: by their ids, which tells nothing of when they came."""
        yield cells.line(HEADER)
        yield from self._lines.sorted()

    @property
    def counts(self) -> Counts:
        """The same as counts."""
        result: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for answer, n in self._given.items():
            for measure, value in self._known[answer].measured:
                result[measure][value] += n
        return Counts({measure: dict(values) for measure, values in result.items()})

    @property
    def standing(self) -> Standing:
        """What became of its comments."""
        seen = self._comments
        return Standing(seen["approve"], seen["withhold"], seen["waiting"])

    def _comment(self, row: Row[Any]) -> str:
        if not row.comment:
            return ""
        self._comments[row.decision or "waiting"] += 1
        if row.decision != "approve":
            return ""
        # Masked when it was stored, and again: the rules may have grown since.
        return str(cells.guarded(masking.mask(row.comment, self._patterns)))


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


def _measured(row: Row[Any], survey: Survey) -> tuple[tuple[str, str], ...]:
    scale = survey.trust_scale
    side = "positive" if scale.is_good(row.trust) else "negative"
    satisfaction = () if row.satisfaction is None else (("satisfaction", str(row.satisfaction)),)
    return (
        ("response", "all"),
        ("trust", scale.value(row.trust)),
        *satisfaction,
        *((f"driver:{code}", side) for code in row.drivers),
    )

"""The offices one under the other: the verdict first, and in the order that is asked for. Pure.

An order by verdict is no rank: offices that chance cannot tell apart stand together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxserver.catalog.directory import Office
from cxserver.results.funnel import Funnel, Point
from cxserver.results.measures import Score
from cxserver.results.slices import Slice
from cxserver.results.sparkline import Sparkline
from cxserver.results.table import percent
from cxserver.results.tiles import Verdict

# So many on one page.
PAGE = 50
_SMALLEST = 0.005
_TOO_FEW = Verdict("few", "Too few to say", "fewer than 30 answers")


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """One office. `people` is None where it is hidden; `is_part`: some of its people are hidden."""

    office: Office
    people: int | None
    is_part: bool
    trust: Score | None
    satisfaction: Score | None
    verdict: Verdict
    spark: Sparkline | None = None


def verdict(point: Point | None, overall: float) -> Verdict:
    """How an office stands against the share of all, which it names."""
    if point is None:
        return _TOO_FEW
    detail = _apart(point.share - overall, overall)
    if point.outside != "within":
        lower = point.outside == "below"
        return Verdict("worse" if lower else "better", _clearly(lower), detail)
    if point.apart != "within":
        words = "Lower, not sure" if point.apart == "below" else "Higher, not sure"
        return Verdict("same", words, detail)
    return Verdict("same", "Usual range", detail)


def rows(
    offices: Sequence[Office], counted: Mapping[str, Slice], hidden: set[str], drawn: Funnel | None
) -> list[OfficeRow]:
    """A row for each office, also where nobody answered."""
    points = {point.name: point for point in drawn.points} if drawn else {}
    overall = drawn.overall if drawn else 0.0
    return [
        _row(office, counted.get(office.slug), office.slug in hidden, points, overall)
        for office in offices
    ]


def ordered(every: Sequence[OfficeRow], sort: str) -> list[OfficeRow]:
    """In that order; by name where two are alike."""
    return sorted(every, key=lambda row: (SORTS[sort](row), row.office.name, row.office.slug))


def _row(
    office: Office,
    part: Slice | None,
    is_hidden: bool,
    points: Mapping[str, Point],
    overall: float,
) -> OfficeRow:
    if part is None:
        words = "Not shown" if is_hidden else "No answers"
        nothing = Verdict("few", words, "in these days")
        return OfficeRow(office, None if is_hidden else 0, is_hidden, None, None, nothing)
    judged = verdict(points.get(office.slug), overall)
    if is_hidden:
        judged = Verdict("few", "Not compared", "partly hidden")
    return OfficeRow(office, part.n, is_hidden, part.trust, part.satisfaction, judged)


def _clearly(lower: bool) -> str:
    return "Clearly lower" if lower else "Clearly higher"


def _apart(difference: float, overall: float) -> str:
    if abs(difference) < _SMALLEST:
        return f"the same as {percent(overall)}"
    points = f"{100 * abs(difference):.0f}"
    unit = "point" if points == "1" else "points"
    return f"{points} {unit} {'below' if difference < 0 else 'above'} {percent(overall)}"


_WAYS: Mapping[str, int] = {
    "Clearly lower": 0,
    "Lower, not sure": 1,
    "Clearly higher": 2,
    "Higher, not sure": 3,
    "Usual range": 4,
}


def _share(score: Score | None) -> float:
    return score.top2 if score is not None and score.top2 is not None else 2.0


# Each is smallest first: what could be better stands above.
SORTS: Mapping[str, Callable[[OfficeRow], Any]] = {
    "verdict": lambda row: _WAYS.get(row.verdict.words, len(_WAYS)),
    "name": lambda row: 0,
    "trust": lambda row: _share(row.trust),
    "satisfaction": lambda row: _share(row.satisfaction),
    "people": lambda row: -(row.people or 0),
}

"""The files of the Scores page: each has one header and one kind of row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cxserver.errors import QuestionRefused
from cxserver.periods import Span
from cxserver.results import sentences, table
from cxserver.results.changes import Change
from cxserver.results.measures import Score
from cxserver.results.overview import Seen
from cxserver.results.question import Filters
from cxserver.results.table import Cell, Table

POINTS = ("1 (lowest)", "2", "3", "4", "5 (highest)")
_DAYS = ("First day", "Last day")
_ENDS = ("At least", "At most")
Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class File:
    """A file: what its link says, and how it is made."""

    label: str
    make: Callable[[Filters, Seen], Table]


def table_of(kind: str, filters: Filters, seen: Seen) -> Table:
    """The file of this kind; the scores without one. Raises QuestionRefused."""
    file = FILES.get(kind or SCORES)
    if file is None:
        raise QuestionRefused(f"Choose a kind of file: {', '.join(FILES)}.")
    return file.make(filters, seen)


def links() -> list[tuple[str, str]]:
    """Kind and label of each file."""
    return [(kind, file.label) for kind, file in FILES.items()]


def each(score: Score) -> tuple[Cell, ...]:
    """How many gave each of the five points."""
    cells = tuple(table.plain(f"{n:,}", n) for n in score.counts)
    # A thumb down is the lowest there is, a thumb up the highest; nothing is between them.
    return (cells[0], *(table.nothing() for _ in range(3)), cells[1]) if score.is_thumbs else cells


def _scores(filters: Filters, seen: Seen) -> Table:
    """A row for each question and each of the two periods."""
    rows: Rows = []
    for item in seen.standing:
        window = filters.window
        for span, score in ((window.span, item.change.after), (window.before, item.change.before)):
            points = each(score) if score.n else tuple(table.nothing() for _ in POINTS)
            rows.append((table.name(item.title), *_days(span), *_share(score), *points))
    best = _best(score for item in seen.standing for score in item.scores)
    return Table("Scores", ("Question", *_DAYS, "People", best, *_ENDS, *POINTS), tuple(rows))


def _changes(_: Filters, seen: Seen) -> Table:
    """A row for each question."""
    rows = tuple(
        (table.name(item.title), *_change(item.change, item.since(seen.before)))
        for item in seen.standing
    )
    sides = ("People before", "Share before", "People", "Share")
    return Table("Changes", ("Question", *sides, "Difference", *_ENDS, "Verdict", "Why"), rows)


def _change(change: Change, why: str) -> tuple[Cell, ...]:
    sides = (
        cell
        for score in (change.before, change.after)
        for cell in (table.count(score.n), table.score(score)[0])
    )
    ends = (change.difference, change.low, change.high)
    apart = (table.nothing() if end is None else Cell(f"{100 * end:+.0f}", end) for end in ends)
    return *sides, *apart, table.plain(sentences.verdict(change)), table.plain(why)


def _trend(_: Filters, seen: Seen) -> Table:
    """A row for each question and each block of days of the chart."""
    rows: Rows = []
    for item in seen.standing:
        reasons = seen.trend.reasons(item.measure)
        for at, block in enumerate(seen.trend.blocks):
            share = _share(block.score(item.measure))
            reason = table.plain(reasons.get(at, ""))
            rows.append((table.name(item.title), *_days(block.span), *share, reason))
    best = _best(block.score(item.measure) for item in seen.standing for block in seen.trend.blocks)
    head = ("Question", *_DAYS, "People", best, *_ENDS, "Break before")
    return Table("Trend", head, tuple(rows))


def _moved(_: Filters, seen: Seen) -> Table:
    """A row for each office or channel, and question, that changed."""
    rows = tuple(
        (
            table.name(item.name),
            table.plain("Down" if item.is_down else "Up"),
            table.plain(item.sentence),
        )
        for item in seen.moved.movers
    )
    return Table("What changed", (seen.moved.by.capitalize(), "Verdict", "What changed"), rows)


def _days(span: Span) -> tuple[Cell, Cell]:
    last = span.end - timedelta(days=1) if span.end else ""
    return table.plain(str(span.start or "")), table.plain(str(last))


def _best(scores: Iterable[Score | None]) -> str:
    return f"Gave {sentences.good(scores)}"


def _share(score: Score | None) -> tuple[Cell, ...]:
    if score is None:
        return tuple(table.nothing() for _ in range(4))
    return table.count(score.n), *table.score(score)


SCORES = "scores"
FILES: Mapping[str, File] = {
    SCORES: File("scores", _scores),
    "changes": File("changes", _changes),
    "trend": File("trend", _trend),
    "moved": File("who changed", _moved),
}

"""What became of trust and satisfaction after a dated note's day: 13 weeks before, 13 weeks after.

The weeks are whole, and counted from the note's day on: its own day is the first one after. The
sides are compared as any two periods are; so a new survey or another mix of channels is said.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cxserver import periods
from cxserver.disclosure.audience import Audience
from cxserver.instrument.survey import Survey
from cxserver.periods import Period, Span
from cxserver.results import breaks, changes, cuts, days, freshness, question, sentences
from cxserver.results.breaks import Break
from cxserver.results.changes import LEAST, Change
from cxserver.results.chart_notes import Note
from cxserver.results.cuts import Counted
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
from cxserver.results.slices import Slice

WEEKS = 13
_MEASURES = ("trust", "satisfaction")
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Around:
    """What a note's day is judged by: the answers of the weeks before, and of `weeks` after."""

    note: Note
    weeks: int
    today: date
    shares: bool
    before: Counted
    after: Counted
    by_week: Counted

    @property
    def span(self) -> Span:
        """All of these weeks."""
        return Span(self.note.day - WEEKS * _WEEK, self.note.day + self.weeks * _WEEK)


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure before and after a day: what is printed in bold, and the rest."""

    measure: str
    bold: str
    rest: str


def fetch(reader: Reading, note: Note) -> Around:
    """Read both sides of a note's day, as far as this person sees what it is about."""
    scope = reader.scope.narrowed(note.scope(reader.directory))
    today = question.today_of(reader.directory, reader.now)
    weeks = min(WEEKS, max(0, (_end(reader, scope, today) - note.day).days // 7))
    first, last = note.day - WEEKS * _WEEK, note.day + weeks * _WEEK
    before, after, by_week = (
        cuts.read(
            reader.connection, scope.during(span), by, ("response", *_MEASURES), changes.NEEDS
        )
        for span, by in (
            (Span(first, note.day), ()),
            (Span(note.day, last), ()),
            (Span(first, last), ("week",)),
        )
    )
    shares = scope.audience is Audience.ROWS
    return Around(note, weeks, today, shares, before, after, by_week)


def work_out(around: Around, surveys: Mapping[str, Survey]) -> tuple[Effect, ...]:
    """What became of each measure that anybody was asked."""
    if reason := _too_early(around):
        return (Effect("", "Too few to say:", reason),)
    every = [(measure, _change(around, surveys, measure)) for measure in _MEASURES]
    measured = [item for item in every if item[1].before.n or item[1].after.n] or every[:1]
    return tuple(_effect(measure, change, around.weeks) for measure, change in measured)


def _change(around: Around, surveys: Mapping[str, Survey], measure: str) -> Change:
    before, after = (changes.side(side.slices, measure) for side in (around.before, around.after))
    change = changes.compare(before, after, surveys, measure, shares=around.shares)
    if change.verdict == "not comparable" or min(change.before.n, change.after.n) < LEAST:
        return change
    # What the chart does not draw through is not compared beside it.
    if stop := breaks.within(_stops(around, surveys, measure), around.span):
        return changes.refused(change, before, after, breaks.sentence(stop), stop.cause)
    return change


def _stops(around: Around, surveys: Mapping[str, Survey], measure: str) -> list[Break]:
    """The breaks in the whole weeks from Monday on."""
    by_week: dict[Period, list[Slice]] = defaultdict(list)
    for item in around.by_week.slices:
        by_week[periods.named(item.group["week"])].append(item)
    first, last = around.span.start or date.min, around.span.end or date.max
    series = [
        (str(week.start), changes.side(by_week[week], measure))
        for week in sorted(by_week, key=lambda week: week.start)
        if first <= week.start and week.end <= last
    ]
    return breaks.find(series, surveys, measure, shares=around.shares)


def _end(reader: Reading, scope: Scope, today: date) -> date:
    """The day after the last one that counts."""
    fresh = freshness.read(reader.connection, scope, today)
    if scope.audience is Audience.ROWS or fresh.settled is None:
        return days.end_of(fresh, today)
    return fresh.settled + _DAY


def _too_early(around: Around) -> str:
    if around.note.day > around.today:
        return "this day has not come yet."
    if not around.weeks:
        return "the answers of the first week since then are still coming in."
    return ""


def _effect(measure: str, change: Change, weeks: int) -> Effect:
    name = sentences.MEASURES[measure]
    least = min(change.before.n, change.after.n)
    if change.verdict != "not comparable" and least < LEAST:
        return Effect(name, "Too few to say:", _few(change, weeks))
    sides = _sides(change)
    if change.verdict == "not comparable":
        return Effect(name, "Not comparable.", f"{sides}{sentences.since(change, _before())}")
    if change.verdict == "cannot tell":
        return Effect(name, "Cannot tell.", f"{sides}{change.reason}")
    headline = sentences.verdict(change)
    return Effect(name, f"{headline}.", f"{sides}{change.reason}")


def _sides(change: Change) -> str:
    """Both shares, and the difference with its 95 % interval."""
    if change.difference is None or change.low is None or change.high is None:
        return ""
    was, now = sentences.shares(change)
    before, after = f"{was} of {change.before.n:,} people", f"{now} of {change.after.n:,} people"
    apart, low, high = map(_points, (change.difference, change.low, change.high))
    return f"{before} before, {after} after: {apart} points (between {low} and {high}). "


def _few(change: Change, weeks: int) -> str:
    since = f"in the {weeks} weeks since" if weeks > 1 else "in the week since"
    few = [
        f"{_people(n)} answered this {when}"
        for n, when in ((change.before.n, f"in the {WEEKS} weeks before"), (change.after.n, since))
        if n < LEAST
    ]
    return f"{' and '.join(few)}. It takes {LEAST} on each side."


def _people(n: int) -> str:
    if not n:
        return "nobody"
    return f"{n} people" if n > 1 else "1 person"


def _before() -> str:
    return f"the {WEEKS} weeks before"


def _points(value: float) -> str:
    """In whole points; with a decimal where a whole one would read as nothing."""
    points = 100 * value
    text = f"{points:+.0f}" if round(points) or abs(points) < 0.05 else f"{points:+.1f}"
    return "0" if text in ("+0", "-0") else text.replace("-", "−")

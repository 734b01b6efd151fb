"""How are we doing, and what changed: all that an overview says of the scores."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from cxserver.instrument.survey import Survey
from cxserver.periods import Span
from cxserver.results import (
    changes,
    cuts,
    days,
    sentences,
    slices,
    trend,
    wording,
)
from cxserver.results.changes import Change
from cxserver.results.cuts import Counted, NotCut
from cxserver.results.measures import Score
from cxserver.results.question import CHANNELS, Filters
from cxserver.results.reading import Reading
from cxserver.results.slices import Slice
from cxserver.results.trend import Series, TrendCounts

MEASURES = ("trust", "satisfaction")
State = Literal["full", "empty", "refused", "withheld"]
_SCORES = frozenset({"response", *MEASURES})
_COMING_IN = "Answers of these days are still coming in, so they are not compared yet."


@dataclass(frozen=True, slots=True)
class Standing:
    """One measure: how it stands, and what became of it."""

    measure: str
    change: Change

    @property
    def title(self) -> str:
        """What was asked about."""
        by_thumbs = self.change.after.n and self.change.after.is_thumbs
        return sentences.MEASURES[self.measure] + (" (thumbs)" if by_thumbs else "")

    @property
    def scores(self) -> tuple[Score, Score]:
        """How it stands, and how it stood."""
        return self.change.after, self.change.before

    @property
    def ends(self) -> tuple[str, str]:
        """What the two ends of its bar are."""
        return ("down", "up") if self.change.after.is_thumbs else ("1 lowest", "5 highest")

    @property
    def best(self) -> str:
        """What the best answers are, of these days and of those before."""
        return sentences.good(self.scores)

    @property
    def sentence(self) -> str:
        """How it stands."""
        return sentences.standing(self.change.after)

    @property
    def verdict(self) -> str:
        """What became of it, in a word or two."""
        return sentences.verdict(self.change)

    def since(self, before: str) -> str:
        """What became of it, in a sentence."""
        return sentences.since(self.change, before)

    def became(self, before: str) -> tuple[str, str]:
        """The same, for a page: what stands there in bold, and the rest."""
        return sentences.became(self.change, before)


@dataclass(frozen=True, slots=True)
class Mover:
    """Who changed: its name, its code, and a sentence that begins with the name."""

    name: str
    code: str
    sentence: str
    is_down: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Who changed, and how many were compared; `by` tells whether they are offices or channels.

    `reason` says why nothing was compared, where that is not for want of answers.
    """

    movers: tuple[Mover, ...]
    compared: int
    by: str
    reason: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Who changed, in sentences."""
        return tuple(item.sentence for item in self.movers)

    def still(self, before: str) -> str:
        """That nobody changed, where some were compared."""
        if self.compared == 1:
            return (
                f"One {self.by} has enough answers to be compared with {before}. "
                "It did not change by more than chance does."
            )
        return (
            f"{self.compared} {self.by}s were compared with {before}. "
            "None changed by more than chance does."
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What the overview says where there is enough to say it. `before` names the days before.

    `is_partial`: some of these people are in hidden cells, and not in the numbers.
    """

    before: str
    is_partial: bool
    standing: tuple[Standing, ...]
    trend: Series
    moved: Moved

    @property
    def fallen(self) -> tuple[Mover, ...]:
        """What is down: all together, and the offices; for one office that is down as a whole, not
        each of its channels again.
        """
        whole = tuple(
            Mover(item.title, "", f"{item.title}: {sentences.by(item.change)}", is_down=True)
            for item in self.standing
            if item.verdict == "Down"
        )
        if whole and self.moved.by == "channel":
            return whole
        return (*whole, *(item for item in self.moved.movers if item.is_down))


Sides = tuple[Counted, Counted]


@dataclass(frozen=True, slots=True)
class Fetched:
    """All that the overview is worked out from, once its transaction has ended: the answers of
    these days and of the days before, `by` office or channel as well, or `reason` why not.
    """

    sides: Sides
    by: str
    apart: Sides | None
    reason: str
    trend: TrendCounts


def fetch(reader: Reading, filters: Filters, *, movers: bool = True) -> Fetched | None:
    """Read what the overview needs; None where nothing of it may be shown. Without `movers` it
    does not say which offices or channels changed, and most often needs one question alone.
    """
    if filters.refusal:
        return None
    if not movers:
        series = trend.fetch(reader.connection, filters)
        sides = _out_of(series, filters) or _sides(reader, filters)
        return Fetched(sides, "office", None, "", series)
    by = "office" if len(filters.offices) > 1 else "channel"
    apart, reason = _side_by_side(reader, filters, by)
    if apart and by == "office" and not filters.is_cut:
        # One read for the offices and for all of them together.
        sides = _together(apart[0]), _together(apart[1])
    else:
        sides = _sides(reader, filters)
    blocks = trend.fetch(reader.connection, filters)
    return Fetched(sides, by, apart, reason, blocks)


def _out_of(series: TrendCounts, filters: Filters) -> Sides | None:
    """Both sides out of the days that the series is made of, where it holds all of them."""
    spans = filters.window.span, filters.window.before
    if series.months or not all(span.within(trend.span_of(filters)) == span for span in spans):
        return None
    now, past = (_during(series, span) for span in spans)
    return now, past


def _during(series: TrendCounts, span: Span) -> Counted:
    def count() -> list[Slice]:
        days = (
            item for item in series.counted.slices if date.fromisoformat(item.group["day"]) in span
        )
        return slices.merged(days, changes.NEEDS)

    return Counted(count)


def read(reader: Reading, filters: Filters) -> tuple[State, Seen | None]:
    """What the overview says; nothing where there are no answers, or none that can be shown."""
    return work_out(fetch(reader, filters), filters)


def work_out(fetched: Fetched | None, filters: Filters) -> tuple[State, Seen | None]:
    """The same, out of what was read."""
    if fetched is None:
        return "refused", None
    now, past = fetched.sides
    if not now.slices:
        return ("withheld" if now.hidden else "empty"), None
    surveys = wording.versions(filters.directory)
    series = trend.work_out(fetched.trend, filters, surveys)
    return "full", Seen(
        before(filters),
        bool(now.hidden),
        _standings(filters, surveys, now.slices, past.slices, series),
        series,
        _moved(fetched, filters, surveys),
    )


def before(filters: Filters) -> str:
    """The days before, in sentences."""
    if not filters.window.is_rolling:
        return days.in_words(filters.window.before)
    return f"the {filters.window.title.removeprefix('Last ')} before"


def _standings(
    filters: Filters,
    surveys: Mapping[str, Survey],
    now: Sequence[Slice],
    past: Sequence[Slice],
    series: Series,
) -> tuple[Standing, ...]:
    result = (
        Standing(
            measure,
            _change(
                filters,
                changes.side(past, measure),
                changes.side(now, measure),
                surveys,
                measure,
                series,
            ),
        )
        for measure in MEASURES
    )
    return measured_at_all(tuple(result))


def measured_at_all(standing: Sequence[Standing]) -> tuple[Standing, ...]:
    """Those that were asked at all: not every survey asks everything."""
    measured = tuple(item for item in standing if item.change.after.n or item.change.before.n)
    return measured or tuple(standing[:1])


def _change(
    filters: Filters,
    past: changes.Side,
    now: changes.Side,
    surveys: Mapping[str, Survey],
    measure: str,
    series: Series,
) -> Change:
    change = changes.compare(past, now, surveys, measure, shares=filters.holds_rows)
    if change.verdict != "not comparable" and min(past.score.n, now.score.n) >= changes.LEAST:
        whole = Span(filters.window.before.start, filters.window.span.end)
        # What the chart does not draw through is not compared beside it.
        if stop := series.stop_within(measure, whole):
            change = changes.refused(change, past, now, series.sentence(stop), stop.cause)
    if filters.is_settled or not past.score.n:
        return change
    return replace(change, verdict="cannot tell", reason=_COMING_IN)


def _sides(reader: Reading, filters: Filters, by: str = "") -> Sides:
    """The answers of these days and of the days before."""
    now, past = (
        cuts.read(
            reader.connection,
            filters.of_office().during(span),
            (by,) if by else (),
            _SCORES,
            changes.NEEDS,
        )
        for span in (filters.window.span, filters.window.before)
    )
    return now, past


def _together(apart: Counted) -> Counted:
    return Counted(lambda: slices.merged(apart.slices, changes.NEEDS))


def _side_by_side(reader: Reading, filters: Filters, by: str) -> tuple[Sides | None, str]:
    """The offices apart; for one office its channels. Or why they are not to be had."""
    if by == "channel" and not filters.may_cut:
        return None, "Channels are counted by whole months: choose a month to see them."
    try:
        return _sides(reader, filters, by), ""
    except NotCut as error:
        return None, str(error)


def _moved(fetched: Fetched, filters: Filters, surveys: Mapping[str, Survey]) -> Moved:
    """Which offices changed; for one office, which of its channels."""
    by = fetched.by
    if not filters.is_settled:
        return Moved((), 0, by, _COMING_IN)
    if fetched.apart is None:
        return Moved((), 0, by, fetched.reason)
    now, past = (side.slices for side in fetched.apart)
    names = {item.group[by] for item in now} & {item.group[by] for item in past}
    return moved(now, past, surveys, by, {name: _named(filters, by, name) for name in names})


def moved(
    now: Sequence[Slice],
    before: Sequence[Slice],
    surveys: Mapping[str, Survey],
    by: str,
    names: Mapping[str, str],
) -> Moved:
    """What changed among `names`; what chance alone does is left out."""
    pairs = [
        (name, measure) for name in sorted(names, key=names.__getitem__) for measure in MEASURES
    ]
    then, latest = _by_name(before, by), _by_name(now, by)
    compared = [
        changes.compare(
            changes.side(then[name], measure), changes.side(latest[name], measure), surveys, measure
        )
        for name, measure in pairs
    ]
    result = [
        Mover(
            names[name],
            name,
            sentences.moved(names[name], measure, change),
            is_down=sentences.verdict(change) == "Down",
        )
        for (name, measure), change in zip(pairs, changes.screen(compared), strict=True)
        if change.verdict == "changed"
    ]
    fit = {
        name
        for (name, _), change in zip(pairs, compared, strict=True)
        if min(change.before.n, change.after.n) >= changes.LEAST
    }
    return Moved(tuple(result), len(fit), by)


def _by_name(slices: Sequence[Slice], by: str) -> Mapping[str, list[Slice]]:
    """Each office's or channel's own: looked for one by one, they would be read as often."""
    named: dict[str, list[Slice]] = defaultdict(list)
    for item in slices:
        named[item.group[by]].append(item)
    return named


def _named(filters: Filters, by: str, name: str) -> str:
    return filters.directory.offices[name].name if by == "office" else CHANNELS.get(name, name)

"""How are we doing, what changed, and what to fix first: all that an overview says."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cxserver.instrument.survey import Survey
from cxserver.results import (
    changes,
    cuts,
    days,
    fix_first,
    sentences,
    tally_query,
    trend,
    wording,
)
from cxserver.results.changes import Change
from cxserver.results.cuts import Counted, NotCut
from cxserver.results.fix_first import First
from cxserver.results.measures import Score
from cxserver.results.question import CHANNELS, Filters
from cxserver.results.reading import Reading
from cxserver.results.tally_query import Slice
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

    found: tuple[Mover, ...]
    compared: int
    by: str
    reason: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Who changed, in sentences."""
        return tuple(one.sentence for one in self.found)

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
    first: First

    @property
    def fallen(self) -> tuple[Mover, ...]:
        """What is down: all together, and the offices; for one office that is down as a whole, not
        each of its channels again.
        """
        whole = tuple(
            Mover(one.title, "", f"{one.title}: {sentences.by(one.change)}", is_down=True)
            for one in self.standing
            if one.verdict == "Down"
        )
        if whole and self.moved.by == "channel":
            return whole
        return (*whole, *(one for one in self.moved.found if one.is_down))


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
    first: Counted


def fetch(reader: Reading, asked: Filters) -> Fetched | None:
    """Read what the overview needs; None where nothing of it may be shown."""
    if asked.refusal:
        return None
    by = "office" if len(asked.offices) > 1 else "channel"
    apart, reason = _side_by_side(reader, asked, by)
    if apart and by == "office" and not asked.is_cut:
        # One read for the offices and for all of them together.
        sides = _together(apart[0]), _together(apart[1])
    else:
        sides = _sides(reader, asked)
    blocks = trend.fetch(reader.connection, asked)
    first = fix_first.fetch(reader, asked, wording.versions(reader.directory))
    return Fetched(sides, by, apart, reason, blocks, first)


def read(reader: Reading, asked: Filters) -> tuple[State, Seen | None]:
    """What the overview says; nothing where there are no answers, or none that can be shown."""
    return work_out(fetch(reader, asked), asked)


def work_out(fetched: Fetched | None, asked: Filters) -> tuple[State, Seen | None]:
    """The same, out of what was read."""
    if fetched is None:
        return "refused", None
    now, past = fetched.sides
    if not now.slices:
        return ("withheld" if now.hidden else "empty"), None
    surveys = wording.versions(asked.directory)
    return "full", Seen(
        before(asked),
        bool(now.hidden),
        _standings(asked, surveys, now.slices, past.slices),
        trend.work_out(fetched.trend, asked, surveys),
        _moved(fetched, asked, surveys),
        fix_first.work_out(fetched.first.slices, asked, surveys),
    )


def before(asked: Filters) -> str:
    """The days before, in sentences."""
    if not asked.window.is_rolling:
        return days.in_words(asked.window.before)
    return f"the {asked.window.title.removeprefix('Last ')} before"


def _standings(
    asked: Filters, surveys: Mapping[str, Survey], now: Sequence[Slice], past: Sequence[Slice]
) -> tuple[Standing, ...]:
    found = (
        Standing(one, _change(asked, changes.side(past, one), changes.side(now, one), surveys, one))
        for one in MEASURES
    )
    return told(tuple(found))


def told(standing: Sequence[Standing]) -> tuple[Standing, ...]:
    """Those that were asked at all: not every survey asks everything."""
    asked = tuple(one for one in standing if one.change.after.n or one.change.before.n)
    return asked or tuple(standing[:1])


def _change(
    asked: Filters,
    past: changes.Side,
    now: changes.Side,
    surveys: Mapping[str, Survey],
    measure: str,
) -> Change:
    found = changes.compare(past, now, surveys, measure)
    if asked.is_settled or not past.score.n:
        return found
    return replace(found, verdict="cannot tell", reason=_COMING_IN)


def _sides(reader: Reading, asked: Filters, by: str = "") -> Sides:
    """The answers of these days and of the days before."""
    now, past = (
        cuts.read(
            reader.connection,
            asked.of_office().during(span),
            (by,) if by else (),
            _SCORES,
            changes.NEEDS,
        )
        for span in (asked.window.span, asked.window.before)
    )
    return now, past


def _together(apart: Counted) -> Counted:
    return Counted(lambda: tally_query.merged(apart.slices, changes.NEEDS))


def _side_by_side(reader: Reading, asked: Filters, by: str) -> tuple[Sides | None, str]:
    """The offices apart; for one office its channels. Or why they are not to be had."""
    if by == "channel" and not asked.may_cut:
        return None, "Channels are counted by whole months: choose a month to see them."
    try:
        return _sides(reader, asked, by), ""
    except NotCut as error:
        return None, str(error)


def _moved(fetched: Fetched, asked: Filters, surveys: Mapping[str, Survey]) -> Moved:
    """Which offices changed; for one office, which of its channels."""
    by = fetched.by
    if not asked.is_settled:
        return Moved((), 0, by, _COMING_IN)
    if fetched.apart is None:
        return Moved((), 0, by, fetched.reason)
    now, past = (side.slices for side in fetched.apart)
    names = {one.group[by] for one in now} & {one.group[by] for one in past}
    return moved(now, past, surveys, by, {name: _named(asked, by, name) for name in names})


def moved(
    now: Sequence[Slice],
    before: Sequence[Slice],
    surveys: Mapping[str, Survey],
    by: str,
    names: Mapping[str, str],
) -> Moved:
    """What changed among `names`; what chance alone does is left out."""
    asked = [
        (name, measure) for name in sorted(names, key=names.__getitem__) for measure in MEASURES
    ]
    then, here = _by_name(before, by), _by_name(now, by)
    compared = [
        changes.compare(
            changes.side(then[name], measure), changes.side(here[name], measure), surveys, measure
        )
        for name, measure in asked
    ]
    found = [
        Mover(
            names[name],
            name,
            sentences.moved(names[name], measure, change),
            is_down=sentences.verdict(change) == "Down",
        )
        for (name, measure), change in zip(asked, changes.screen(compared), strict=True)
        if change.verdict == "changed"
    ]
    fit = {
        name
        for (name, _), one in zip(asked, compared, strict=True)
        if min(one.before.n, one.after.n) >= changes.LEAST
    }
    return Moved(tuple(found), len(fit), by)


def _by_name(found: Sequence[Slice], by: str) -> Mapping[str, list[Slice]]:
    """Each office's or channel's own: looked for one by one, they would be read as often."""
    named: dict[str, list[Slice]] = defaultdict(list)
    for one in found:
        named[one.group[by]].append(one)
    return named


def _named(asked: Filters, by: str, name: str) -> str:
    return asked.directory.offices[name].name if by == "office" else CHANNELS.get(name, name)

"""How we are doing, in tiles: a number, how sure, what became of it, and what it is held against.

Pure. Trust and satisfaction have the last 13 weeks as a line, on one scale; answers as bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from cxserver.results import comparison, sentences, sparkline
from cxserver.results.changes import Change
from cxserver.results.comparison import Comparison
from cxserver.results.measures import Score
from cxserver.results.overview import Seen, Standing
from cxserver.results.question import Filters
from cxserver.results.slices import Slice
from cxserver.results.sparkline import Bars, Scale, Sparkline
from cxserver.results.suppression import NOT_FOR_COMPARISON
from cxserver.results.table import percent

Way = Literal["better", "worse", "same", "few"]
_WEEK = 7
# Two-sided 95 %.
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a number: its way, two or three words, and the range or the reason."""

    way: Way
    words: str
    detail: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One number. `unit` says what it counts, `range` how sure it is; `chart` is what became of it
    and `chart_words` says that for who cannot see it.
    """

    name: str
    unit: str
    page: str
    figure: str
    sign: str
    range: str
    verdict: Verdict
    comparisons: tuple[Comparison, ...] = ()
    chart: Sparkline | Bars | None = None
    chart_words: str = ""


def make(seen: Seen, filters: Filters, peers: Sequence[Slice]) -> tuple[list[Tile], Scale]:
    """The tiles of the scores and of the answers, and the scale that the scores share."""
    series = {
        item.measure: [(block.label, block.score(item.measure)) for block in seen.trend.blocks]
        for item in seen.standing
    }
    beside = {
        item.measure: comparison.lines(peers, filters, item.change.after, item.measure)
        for item in seen.standing
    }
    references = [_reference(lines) for lines in beside.values()]
    scale = sparkline.scale(list(series.values()), [each for each in references if each])
    scores = [
        _score(item, series[item.measure], scale, seen, filters, beside[item.measure])
        for item in seen.standing
    ]
    return [*scores, _answers(seen)], scale


def verdict(change: Change, before: str) -> Verdict:
    """What became of a score."""
    if change.verdict == "changed":
        up = (change.difference or 0) > 0
        headline, detail = sentences.became(change, before)
        return Verdict("better" if up else "worse", headline, detail.strip("()"))
    if change.verdict == "not comparable":
        return Verdict("few", "Not comparable", sentences.since(change, before))
    if change.low is None or min(change.before.n, change.after.n) < NOT_FOR_COMPARISON:
        return Verdict("few", "Too few to say", sentences.since(change, before))
    return Verdict("same", "No clear change", _between(change))


def _between(change: Change) -> str:
    low, high = (f"{100 * (end or 0):+.0f}".replace("-", "−") for end in (change.low, change.high))
    return f"between {low} and {high} points"


def _score(
    item: Standing,
    series: Sequence[tuple[str, Score | None]],
    scale: Scale,
    seen: Seen,
    filters: Filters,
    lines: Sequence[Comparison],
) -> Tile:
    score = item.change.after
    stops = seen.trend.stops(item.measure)
    reference = _reference(lines)
    figure, sign, range = _figure(score)
    tile = Tile(
        item.title,
        f"gave {sentences.good([score])}",
        f"/scores{filters.query()}#m-{item.measure}",
        figure,
        sign,
        range,
        verdict(item.change, seen.before),
        tuple(lines),
    )
    drawn = sparkline.line(series, scale, stops, reference, seen.trend.places)
    return replace(tile, chart=drawn, chart_words=_words(item.title, series)) if drawn else tile


def _reference(lines: Sequence[Comparison]) -> float | None:
    """The share that is drawn as a dashed line: the first that there is."""
    return next((line.share for line in lines if line.share is not None), None)


def _figure(score: Score) -> tuple[str, str, str]:
    """In percent where there are enough people, else in people: the number, its sign, how sure."""
    if not score.n or score.low is None or score.high is None:
        return "–", "", "Nobody answered this."
    if score.n < NOT_FOR_COMPARISON:
        return score.people, "", "people: too few for a percentage"
    number = percent(score.top2 or 0.0).removesuffix("%")
    return number, "%", f"most likely {percent(score.low).removesuffix('%')}–{percent(score.high)}"


def _words(title: str, series: Sequence[tuple[str, Score | None]]) -> str:
    shown = [
        (label, score)
        for label, score in series[-sparkline.MOST :]
        if score and score.n >= NOT_FOR_COMPARISON
    ]
    shares = [score.top2 or 0.0 for _, score in shown]
    return (
        f"{title} from {shown[0][0]} to {shown[-1][0]}: "
        f"between {percent(min(shares))} and {percent(max(shares))}, last {percent(shares[-1])}"
    )


def _answers(seen: Seen) -> Tile:
    change = seen.standing[0].change
    blocks = [(block.label, block.n) for block in seen.trend.blocks]
    drawn = sparkline.bars(blocks)
    weekly = seen.trend.days == _WEEK and blocks
    last = f"{blocks[-1][1]:,} in the last week" if weekly else "people"
    counts = [n for _, n in blocks[-sparkline.MOST :]]
    words = f"Answers from {blocks[0][0]}: between {min(counts):,} and {max(counts):,}"
    return Tile(
        "Answers",
        "people",
        "/response",
        f"{change.after.n:,}",
        "",
        last,
        _volume(change.after.n, change.before.n, seen.before),
        chart=drawn,
        chart_words=words if drawn else "",
    )


def _volume(n: int, past: int, before: str) -> Verdict:
    if not past:
        return Verdict("few", "Nothing to compare with", f"no answers in {before}")
    detail = f"{past:,} in {before}"
    if abs(n - past) <= _Z * sqrt(n + past):
        return Verdict("same", "About the same", detail)
    return (
        Verdict("better", "More answers", detail)
        if n > past
        else Verdict("worse", "Fewer answers", detail)
    )

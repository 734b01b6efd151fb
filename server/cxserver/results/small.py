"""Small offices: counts as people, quarters, and nobody to be compared with but themselves. Pure.

With 20 answers a month a share jumps by ten points for nothing. What such an office can use are
the words people wrote; the counts stand beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxserver import periods
from cxserver.instrument.survey import Survey
from cxserver.periods import Period, Span
from cxserver.results import changes, drivers
from cxserver.results.changes import Change
from cxserver.results.drivers import Taps
from cxserver.results.measures import Score
from cxserver.results.slices import Slice

# What the slices have to be grouped by: a read of the last year and a quarter is enough.
NEEDS = ("quarter", *changes.NEEDS)
# An office with fewer answers a month is small.
MONTHLY = 30
# It is judged by the last three whole months, that one holiday may not move it.
_MONTHS = 3
# Its own quarters are compared from here on: as grey as they are, there is nothing else.
LEAST = 10


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of a small office.

    `trust.people` and `satisfaction.people` read "7 of 9"; None where it was not asked. `named`
    are the drivers. `trend` is what became of trust since the last quarter with answers.
    """

    name: str
    n: int = 0
    trust: Score | None = None
    satisfaction: Score | None = None
    named: tuple[Taps, ...] = ()
    trend: Change | None = None


def window(today: date) -> Span:
    """The three whole months before `today`, by which an office is called small."""
    months = [periods.of("month", today)]
    for _ in range(_MONTHS):
        months.append(periods.previous(months[-1]))
    return Span(months[-1].start, months[0].start)


def is_small(answers: int) -> bool:
    """Whether an office with so many answers in the `window` is small."""
    return answers < MONTHLY * _MONTHS


def recent(today: date, quarters: int = 5) -> list[Period]:
    """The quarters of the page: this one and those before it, the oldest first."""
    listed = [periods.of("quarter", today)]
    while len(listed) < quarters:
        listed.append(periods.previous(listed[-1]))
    return listed[::-1]


def trend(
    slices: Iterable[Slice], surveys: Mapping[str, Survey], quarters: Sequence[Period]
) -> list[Quarter]:
    """The quarters of one office, out of its own slices by `NEEDS`."""
    by_quarter: dict[str, list[Slice]] = {}
    for part in slices:
        by_quarter.setdefault(part.group["quarter"], []).append(part)
    series: list[Quarter] = []
    before: list[Slice] = []
    for period in quarters:
        now = by_quarter.get(period.name, [])
        series.append(_quarter(period.name, now, before, surveys))
        before = now or before
    return series


def since(today: date) -> Span:
    """The days that `recent` covers, today included."""
    return Span(recent(today)[0].start, today + timedelta(days=1))


def sentence(quarter: Quarter) -> str:
    """What a quarter says, in people."""
    if not quarter.n:
        return f"{quarter.name}: no answers."
    said = ", ".join(_said(quarter)) or f"{quarter.n:,} people answered"
    return f"{quarter.name}: {said}.{_since(quarter.trend)}"


def _said(quarter: Quarter) -> list[str]:
    satisfaction, trust = quarter.satisfaction, quarter.trust
    sentences = [f"{satisfaction.people} people rated the service 4 or 5"] if satisfaction else []
    if trust and trust.is_thumbs:
        sentences.append(f"{trust.people} people gave trust a thumb up")
    elif trust and satisfaction:
        sentences.append(f"{trust.people} their trust")
    elif trust:
        sentences.append(f"{trust.people} people rated their trust 4 or 5")
    return sentences


def _quarter(
    name: str, now: list[Slice], before: list[Slice], surveys: Mapping[str, Survey]
) -> Quarter:
    n = sum(item.n for item in now)
    if not n:
        return Quarter(name)
    return Quarter(
        name,
        n,
        trust=_part(now, "trust"),
        satisfaction=_part(now, "satisfaction"),
        named=tuple(drivers.per_person(now, surveys)),
        trend=_trend(now, before, surveys),
    )


def _part(counted: list[Slice], measure: str) -> Score | None:
    """The score, unless nobody was asked."""
    result = changes.side(counted, measure).score
    return result if result.n else None


def _trend(now: list[Slice], before: list[Slice], surveys: Mapping[str, Survey]) -> Change | None:
    if _part(now, "trust") is None or _part(before, "trust") is None:
        return None
    return changes.compare(changes.side(before), changes.side(now), surveys, least=LEAST)


def _since(trend: Change | None) -> str:
    if trend is None:
        return ""
    then = trend.before.people
    if trend.verdict == "changed":
        way = "more" if (trend.difference or 0) > 0 else "fewer"
        return f" That is {way} than the {then} before, by more than chance would do."
    if trend.before.is_thumbs is not trend.after.is_thumbs:
        return " Before, trust was asked in another way: the two do not compare."
    if trend.verdict == "not comparable":
        return f" Before: {then}. {trend.reason}"
    return f" Before: {then}; too few to call it a change."

"""Did it change? A difference counts only where the same question was put to the same mix. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add
from typing import Literal

from cxserver.instrument.survey import Survey
from cxserver.results import chance, measures, mix, shift_text, wording
from cxserver.results.measures import Score
from cxserver.results.mix import Adjusted
from cxserver.results.slices import Slice, trust_scale

Verdict = Literal["changed", "not changed", "cannot tell", "not comparable"]
# Why two sides do not compare; or, "version", why a line stops between two sides that do.
Cause = Literal["question", "version", "channels"]

# What a side of a comparison has to be grouped by.
NEEDS = ("survey", "language", "channel")
# Fewer answers are "not for comparison".
LEAST = 30
# Within five points either way nothing would be done differently: if the interval ends inside,
# it did not change; if it reaches beyond, nobody can tell.
MARGIN = 0.05
OTHER_SCALE = "The answers to choose from changed."


@dataclass(frozen=True, slots=True)
class Side:
    """The answers of one period: the score, and by `<service>/<channel>` how many gave a 4 or 5,
    of how many; and how many used which version in which language.
    """

    score: Score
    counts: Mapping[str, tuple[int, int]]
    versions: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Change:
    """The share of 4 and 5, before and after. `low` and `high` are Newcombe's 95 % interval.

    `chance` tells how often chance alone does this (Fisher, both ways). `adjusted` is the
    difference at the same mix of channels, the way out where only the mix changed: else None.
    """

    verdict: Verdict
    reason: str
    before: Score
    after: Score
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float = 1.0
    adjusted: Adjusted | None = None


def side(slices: Iterable[Slice], measure: str = "trust") -> Side:
    """One side of a comparison out of slices by `NEEDS`. `measure` has points.

    Trust is taken on the scale that most of these people had; the others are left out of it.
    """
    given = list(slices)
    if measure == "trust":
        measure = trust_scale(given)
    # The best two of five points, or the better of two thumbs.
    best = 1 if measure == "thumbs" else 2
    totals: Sequence[int] = ()
    counts: dict[str, tuple[int, int]] = {}
    versions: dict[tuple[str, str], int] = {}
    for item in given:
        points = item.points(measure)
        totals = list(map(add, totals, points)) if totals else points
        version = (item.group["survey"], item.group["language"])
        way = f"{version[0].partition('/')[0]}/{item.group['channel']}"
        top, n = counts.get(way, (0, 0))
        counts[way] = (top + sum(points[-best:]), n + sum(points))
        versions[version] = versions.get(version, 0) + item.n
    return Side(measures.score(totals or [0] * 5), counts, versions)


def compare(
    before: Side,
    after: Side,
    surveys: Mapping[str, Survey],
    measure: str = "trust",
    least: int = LEAST,
    *,
    shares: bool = False,
) -> Change:
    """What became of the share of 4 and 5. `surveys` are the versions by name; `shares`: see
    `shift_text.clause`.
    """
    then, now = before.score, after.score
    if not then.n or not now.n:
        gone = _question(before, after, surveys, measure)
        if gone:
            return Change("not comparable", gone, then, now)
        return Change("cannot tell", "There are no answers on one side.", then, now)
    if then.is_thumbs is not now.is_thumbs:
        reason = _question(before, after, surveys, measure)
        return Change("not comparable", reason or OTHER_SCALE, then, now)
    low, high = measures.difference((now.top, now.n), (then.top, then.n))
    change = Change(
        "cannot tell",
        "",
        then,
        now,
        difference=now.top / now.n - then.top / then.n,
        low=low,
        high=high,
        chance=chance.differs(now.top, now.n, then.top, then.n),
    )
    if stop := _question(before, after, surveys, measure):
        return refused(change, before, after, stop, "question")
    if stop := _mix(before, after, surveys, shares=shares):
        return refused(change, before, after, stop, "channels")
    if min(then.n, now.n) < least:
        return replace(change, reason=f"Fewer than {least} people answered on one side.")
    return replace(change, verdict=_verdict(low, high), reason=_words(low, high))


def refused(change: Change, before: Side, after: Side, reason: str, cause: Cause) -> Change:
    """A change that does not compare; of two mixes of channels, what is left at the same mix."""
    same = mix.adjusted(before.counts, after.counts) if cause == "channels" else None
    return replace(change, verdict="not comparable", reason=reason, adjusted=same)


def screen(changes: Sequence[Change], share: float = 0.05) -> list[Change]:
    """Many changes side by side: "changed" stays only where it survives being one of many.

    Of those that stay, at most `share` are chance; where nothing changed anywhere, any is named
    in at most `share` of the cases. For one office alone its own `compare` is enough.
    """
    testable = [
        at for at, change in enumerate(changes) if change.verdict in ("changed", "not changed")
    ]
    testable += [at for at, change in enumerate(changes) if _only_uncertain(change)]
    rates = chance.adjusted([changes[at].chance for at in testable])
    result = list(changes)
    for at, rate in zip(testable, rates, strict=True):
        if changes[at].verdict == "changed" and rate > share:
            many = f"Among {len(testable)} such comparisons chance alone does this."
            result[at] = replace(changes[at], verdict="cannot tell", reason=many)
    return result


def _question(before: Side, after: Side, surveys: Mapping[str, Survey], measure: str) -> str | None:
    return wording.switch(
        wording.in_use(before.versions, surveys, measure),
        wording.in_use(after.versions, surveys, measure),
    )


def _mix(before: Side, after: Side, surveys: Mapping[str, Survey], *, shares: bool) -> str | None:
    """What moved in the mix of channels, by the rule that breaks a series (`mix.shift`)."""
    shift = mix.shift(mix.ways(before.counts), mix.ways(after.counts))
    if shift is None:
        return None
    clause = shift_text.clause(shift, surveys, shares=shares)
    return f"{clause[:1].upper()}{clause[1:]}: the two are not comparable."


def _only_uncertain(change: Change) -> bool:
    return change.verdict == "cannot tell" and min(change.before.n, change.after.n) >= LEAST


def _verdict(low: float, high: float) -> Verdict:
    if low > 0 or high < 0:
        return "changed"
    return "not changed" if low > -MARGIN and high < MARGIN else "cannot tell"


def _words(low: float, high: float) -> str:
    verdict = _verdict(low, high)
    if verdict == "changed":
        return "More than chance would do."
    if verdict == "not changed":
        return f"If it moved, then by less than {100 * MARGIN:.0f} points."
    ends = f"from {100 * low:+.0f} to {100 * high:+.0f}".replace("-", "−")
    return f"It may have moved by anything {ends} points."

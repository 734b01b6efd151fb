"""Where a series must not be drawn through, and why. Pure; by released tallies of a unit or more.

Two things break a series. **Another survey version**, always: nothing is tested. **Another mix of
channels**: that is tested week by week, as a sequential change-point scan with exact tests.

- The reference are all answers since the last break, pooled: old weeks weigh as new ones do, so a
  slow drift is noticed too.
- Each week the answers since a candidate, this week or one of the `REACH - 1` before it, are held
  against the reference by `mix.shift`. The candidate with the smallest chance is the break: one of
  a week ago is dated back to where it began.
- The chances of one week are adjusted for all candidates and shares looked at (Bonferroni), so a
  mix that stays as it is makes a break in at most `mix.RATE` of the weeks. No threshold is taken
  from a curve: the tests are exact at 20 answers a week and with channels hardly anybody uses,
  where a chi-square or a likelihood ratio is far off.
- The price of exactness: a change spread over many channels, each by few answers, is noticed later.

tests/results/test_breaks.py holds the false rate and the chance to notice a planted change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cxserver.instrument.survey import Survey
from cxserver.periods import Span
from cxserver.results import changes, mix, shift_text, wording
from cxserver.results.changes import Cause, Side
from cxserver.results.mix import Shift, Ways

# A change is noticed within two weeks where it is large, in four where it is not.
REACH = 4


@dataclass(frozen=True, slots=True)
class Break:
    """Where the line stops: at the beginning of `period`. `reason` is a clause that begins small.

    The cause "version" is a new survey version that asks this question as before: the line stops,
    and both sides may still be compared.
    """

    period: str
    cause: Cause
    reason: str

    @property
    def day(self) -> date:
        """Its day, where periods are named by their first."""
        return date.fromisoformat(self.period)

    @property
    def is_comparable(self) -> bool:
        """Whether what is before and after can be compared all the same."""
        return self.cause == "version"


def find(
    series: Sequence[tuple[str, Side]],
    surveys: Mapping[str, Survey],
    measure: str = "trust",
    *,
    shares: bool = False,
) -> list[Break]:
    """The breaks of a series by period (its name, its answers), in its order.

    While one version follows another a period can hold both; the break stands at its beginning
    and is not told again when the old version has gone. `shares`: see `shift_text.clause`.
    """
    answered = [(name, side) for name, side in series if side.score.n]
    sides = [side for _, side in answered]
    stops = _of_surveys(sides, surveys, measure)
    ends = [at for at, (cause, _) in stops.items() if cause == "question"]
    mixes = [mix.ways(side.counts) for side in sides]
    for first, end in zip([0, *ends], [*ends, len(sides)], strict=True):
        for at, shift in shifts(mixes[first:end]):
            stops[first + at] = ("channels", shift_text.clause(shift, surveys, shares=shares))
    return [Break(answered[at][0], *stops[at]) for at in sorted(stops)]


def within(stops: Iterable[Break], span: Span) -> Break | None:
    """The newest break inside of these days of which both sides do not compare."""
    inside = [
        item
        for item in stops
        if not item.is_comparable and item.day in span and item.day != span.start
    ]
    return inside[-1] if inside else None


def sentence(stop: Break, *, by_month: bool = False) -> str:
    """When a break is, what happened, and what follows from it."""
    day, steps = stop.day, "months" if by_month else "weeks"
    since = f"From {day:%B} on" if by_month else f"From the week of {day:%b} {day.day}"
    after = (
        f"this question stayed as it was, so earlier {steps} can still be compared."
        if stop.is_comparable
        else f"earlier {steps} are not comparable."
    )
    return f"{since} {stop.reason}: {after}"


def shifts(mixes: Sequence[Ways]) -> list[tuple[int, Shift]]:
    """At which of these weeks another mix begins, and what moved, over all weeks of the two."""
    stops: list[tuple[int, Shift]] = []
    since: Ways = mixes[0] if mixes else {}
    for now in range(1, len(mixes)):
        since = mix.summed((since, mixes[now]))
        first = stops[-1][0] + 1 if stops else 1
        newest = _newest(mixes, since, range(max(first, now - REACH + 1), now + 1))
        if newest is not None:
            stops.append(newest)
            since = mix.summed(mixes[newest[0] : now + 1])
    edges = [0, *(at for at, _ in stops), len(mixes)]
    return [
        (at, mix.again(shift, mix.summed(mixes[start:at]), mix.summed(mixes[at:end])))
        for (at, shift), start, end in zip(stops, edges, edges[2:], strict=False)
    ]


def _newest(mixes: Sequence[Ways], since: Ways, candidates: range) -> tuple[int, Shift] | None:
    """The most certain shift at one of the `candidates`, the last of which is the newest week;
    `since` are all answers since the last break.
    """
    noticed = []
    after: Ways = {}
    for at in reversed(candidates):
        after = mix.summed((after, mixes[at]))
        before = {way: n - after.get(way, 0) for way, n in since.items()}
        shift = mix.shift(before, after, len(candidates))
        if shift is not None:
            noticed.append((at, shift))
    return min(noticed, key=lambda item: item[1].chance, default=None)


def _of_surveys(
    sides: Sequence[Side], surveys: Mapping[str, Survey], measure: str
) -> dict[int, tuple[Cause, str]]:
    """At which of these periods people begin to be asked with another survey version."""
    stops: dict[int, tuple[Cause, str]] = {}
    known: dict[str, list[wording.Meaning | None]] = {}
    seen: dict[str, set[str]] = {}
    for at, side in enumerate(sides):
        in_use = wording.in_use(side.versions, surveys, measure)
        new = {
            where: [meaning for meaning in meanings if meaning not in known.get(where, meanings)]
            for where, meanings in in_use.items()
        }
        versions = wording.ours(side.versions, surveys)
        other = _other_version(seen, versions, surveys)
        is_other_scale = at and sides[at - 1].score.is_thumbs is not side.score.is_thumbs
        if reason := wording.switch(known, new) or (changes.OTHER_SCALE if is_other_scale else ""):
            stops[at] = ("question", _begun_small(reason))
        elif other:
            stops[at] = ("version", other)
        known = known | in_use
        for service, names in versions.items():
            seen[service] = seen.get(service, set()) | names
    return stops


def _other_version(
    seen: Mapping[str, set[str]],
    versions: Mapping[str, set[str]],
    surveys: Mapping[str, Survey],
) -> str:
    """That a version is new, where its service was asked with another one before."""
    new = sorted(
        name for service, names in versions.items() for name in names - seen.get(service, names)
    )
    if not new:
        return ""
    survey = surveys[new[-1]]
    return f"people answer version {survey.n} of the survey of {wording.service_name(survey)}"


def _begun_small(reason: str) -> str:
    return (reason[:1].lower() + reason[1:]).removesuffix(".")

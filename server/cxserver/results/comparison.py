"""What a score is held against: all offices of the services, similar ones, a target, others. Pure.

The counts are those that findings are made of: closed batches of all offices of these services.
Fewer than two other offices are no comparison, for their average would be one office's figures.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cxserver.results import government, slices
from cxserver.results.measures import Score
from cxserver.results.question import Filters
from cxserver.results.slices import Slice
from cxserver.results.suppression import NOT_FOR_COMPARISON
from cxserver.results.table import percent

# An office with between half and twice as many answers is of similar size.
_HALF, _TWICE = 0.5, 2.0
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line under a score. `share` is where its reference line stands, if it has one."""

    label: str
    text: str
    share: float | None = None


def lines(counted: Sequence[Slice], filters: Filters, own: Score, measure: str) -> list[Comparison]:
    """What this score is held against. `counted` is by service, office, channel and survey."""
    kind = "thumbs" if own.is_thumbs else measure
    inside = {office.slug for office in filters.all_offices(filters.of_office())}
    result = _others(counted, inside, kind)
    target = target_of(filters, measure)
    if target is not None:
        result.append(Comparison("Your target", f"{target}%"))
    published = government.latest(measure)
    if published is not None and own.mean is not None and own.n >= NOT_FOR_COMPARISON:
        result += [
            Comparison("Mean, 1 to 5", f"{own.mean:.2f}"),
            Comparison(f"Government mean, {published.quarter}", f"{published.mean:.2f}"),
        ]
    return result


def similar(counted: Sequence[Slice], inside: set[str]) -> list[Slice]:
    """The other offices with between half and twice as many answers as these have."""
    people: dict[str, int] = defaultdict(int)
    for item in counted:
        people[item.group["office"]] += item.n
    own = sum(n for office, n in people.items() if office in inside)
    near = {
        office
        for office, n in people.items()
        if office not in inside and _HALF * own <= n <= _TWICE * own
    }
    return [item for item in counted if item.group["office"] in near]


def target_of(filters: Filters, measure: str) -> int | None:
    """The target in percent, where all the services looked at have the same in the catalog."""
    services = filters.services_in(filters.of_office())
    targets = {service.targets.get(measure) for service in services}
    return targets.pop() if len(targets) == 1 else None


def _others(counted: Sequence[Slice], inside: set[str], kind: str) -> list[Comparison]:
    offices = {item.group["office"] for item in counted}
    if len(offices - inside) < _FEWEST:
        return []
    every = [_line("All offices", counted, kind)]
    near = similar(counted, inside)
    alike = {item.group["office"] for item in near}
    if len(alike) >= _FEWEST:
        every.append(_line(f"{len(alike)} similar offices", near, kind))
    return [item for item in every if item is not None]


def _line(label: str, counted: Sequence[Slice], kind: str) -> Comparison | None:
    score = next((total.score(kind) for total in slices.merged(counted)), None)
    if score is None or score.top2 is None or score.n < NOT_FOR_COMPARISON:
        return None
    return Comparison(label, percent(score.top2), score.top2)

"""What a digest and the Overview say in sentences, again: from rows alone.

This shares nothing with the server, as `recompute`: no import, no table, no formula. A sentence is
told as its numbers in their order, shares in percent.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import pi, sqrt
from typing import NamedTuple

from scipy.stats import false_discovery_control, hypergeom

from tests.recounts import recompute
from tests.recounts.recompute import Row

ORDER = ("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee")
ENOUGH, WORTH, SURE, MARGIN = 30, 0.02, 0.05, 0.05
Counts = dict[str, tuple[int, int]]
Ways = dict[tuple[str, str], int]


class Finding(NamedTuple):
    """A driver that is named more often at an office than elsewhere, and the numbers of that."""

    people: float
    service: str
    office: str
    driver: str
    numbers: tuple[float, ...]


# ---- what became of a share


def standing(rows: Sequence[Row], question: str) -> list[float]:
    """The large figure; then the share, both its ends, and the people, of the sentence below it."""
    share, low, high = (100 * each for each in recompute.share(top(rows, question), len(rows)))
    return [share, share, low, high, len(rows)]


def top(rows: Sequence[Row], question: str) -> int:
    """How many gave a 4 or a 5."""
    return recompute.top(rows, question)


def verdict(rows: Sequence[Row], before: Sequence[Row], question: str) -> str:
    """Up, down, the same, or that nobody can tell."""
    if not before or min(len(rows), len(before)) < ENOUGH:
        return "few"
    if other_ways(rows, before):
        return "other ways"
    _, low, high = apart(rows, before, question)
    if low > 0 or high < 0:
        return "up" if low > 0 else "down"
    return "same" if low > -MARGIN and high < MARGIN else "cannot tell"


def apart(rows: Sequence[Row], before: Sequence[Row], question: str) -> tuple[float, float, float]:
    """The difference of the two shares, and both ends of it."""
    now, then = top(rows, question), top(before, question)
    return recompute.newcombe(now, len(rows), then, len(before))


def became(rows: Sequence[Row], before: Sequence[Row], question: str) -> list[float]:
    """The numbers of the sentence about what became of a share."""
    what = verdict(rows, before, question)
    if what in ("up", "down"):
        return changed(rows, before, question)
    _, low, high = apart(rows, before, question)
    return {"same": [100 * MARGIN], "cannot tell": [100 * low, 100 * high]}[what]


def apart_in_full(rows: Sequence[Row], before: Sequence[Row], question: str) -> list[float]:
    """The numbers of what became of a share since a day: both shares and their people, the
    difference and its ends; and the ends again, or what less would have been the same.
    """
    difference, low, high = (100 * each for each in apart(rows, before, question))
    sides = [
        number
        for some in (before, rows)
        for number in (100 * top(some, question) / len(some), len(some))
    ]
    limits = {"same": [100 * MARGIN], "cannot tell": [low, high]}
    more = limits.get(verdict(rows, before, question), [])
    return [*sides, difference, low, high, *more]


def changed(rows: Sequence[Row], before: Sequence[Row], question: str) -> list[float]:
    """By how much, between how much and how much, from what to what."""
    difference, low, high = apart(rows, before, question)
    ends = [100 * top(some, question) / len(some) for some in (before, rows)]
    return [100 * abs(difference), *sorted((100 * abs(low), 100 * abs(high))), *ends]


def other_ways(rows: Iterable[Row], before: Iterable[Row]) -> bool:
    """Whether answers come by other channels than before, surely (one in 200 is chance) and by 10
    of 100 at least: in one share, or in all of them together more than chance does.
    """
    now, then = ways(rows), ways(before)
    n, m = sum(now.values()), sum(then.values())
    wide = far(now, then) - far_by_chance(now, then) > 0.1
    pairs = list(parts(now, then))
    tries = 1 if len(pairs) == 2 else len(pairs)
    sure = [
        tries * 2 * min(hypergeom.sf(x - 1, n + m, x + y, n), hypergeom.cdf(x, n + m, x + y, n))
        for x, y in pairs
        if wide or abs(x / n - y / m) > 0.1
    ]
    return min(sure, default=1) <= 0.005


def parts(now: Ways, then: Ways) -> Iterable[tuple[int, int]]:
    """How many now and before by each channel, each service, and each channel of each service."""
    keys = now.keys() | then.keys()
    services, channels = ({key[at] for key in keys} for at in (0, 1))
    wanted = [
        *([("", channel) for channel in channels] if len(channels) > 1 else ()),
        *([(service, "") for service in services] if len(services) > 1 else ()),
        *(keys if min(len(channels), len(services)) > 1 else ()),
    ]
    for service, channel in wanted:
        mine = [key for key in keys if service in ("", key[0]) and channel in ("", key[1])]
        yield sum(now[key] for key in mine), sum(then[key] for key in mine)


def far(now: Ways, then: Ways) -> float:
    """Half of what the shares of all ways moved."""
    n, m = sum(now.values()), sum(then.values())
    return sum(abs(now[way] / n - then[way] / m) for way in now.keys() | then.keys()) / 2


def far_by_chance(now: Ways, then: Ways) -> float:
    """The same, of two samples of one mix."""
    n, m = sum(now.values()), sum(then.values())
    shares = ((now[way] + then[way]) / (n + m) for way in now.keys() | then.keys())
    return sum(sqrt(2 / pi * each * (1 - each) * (1 / n + 1 / m)) for each in shares) / 2


def ways(rows: Iterable[Row]) -> Ways:
    """How many came by each channel of each service."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        counts[row["service"], row["channel"]] += 1
    return counts


# ---- which of several changed


def movers(
    rows: Sequence[Row], before: Sequence[Row], by: str = "office"
) -> tuple[list[tuple[str, str, list[float]]], int]:
    """Who changed in what, with the numbers of the sentence; and how many were compared."""
    now, then = apart_by(rows, by), apart_by(before, by)
    names = sorted(now.keys() & then.keys())
    pairs = [(name, question) for name in names for question in ("trust", "satisfaction")]
    says = {pair: verdict(now[pair[0]], then[pair[0]], pair[1]) for pair in pairs}
    looked_at = [pair for pair in pairs if says[pair] not in ("few", "other ways")]
    chances = [by_chance(now[name], then[name], question) for name, question in looked_at]
    rates = dict(zip(looked_at, false_discovery_control(chances), strict=True)) if chances else {}
    return [
        (name, question, changed(now[name], then[name], question))
        for name, question in looked_at
        if says[name, question] in ("up", "down") and rates[name, question] <= SURE
    ], sum(min(len(now[name]), len(then[name])) >= ENOUGH for name in names)


def apart_by(rows: Iterable[Row], by: str) -> dict[str, list[Row]]:
    """The rows of each office, channel or service."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    return groups


def by_chance(rows: Sequence[Row], before: Sequence[Row], question: str) -> float:
    """How often chance alone makes a difference this large, either way."""
    now, n = top(rows, question), len(rows)
    every = (n + len(before), now + top(before, question), n)
    return min(1.0, 2 * float(min(hypergeom.sf(now - 1, *every), hypergeom.cdf(now, *every))))


# ---- what to fix


def named_most(rows: Sequence[Row], exists: dict) -> list[tuple[str, str, int, int]]:
    """For each service the driver that most name as what could be better: by how many."""
    most = []
    for service, some in sorted(apart_by(rows, "service").items()):
        counts = [(code, *total(by_way(some, exists, code))) for code in in_order(exists, service)]
        code, hits, n = max(counts, key=lambda each: each[1])
        if hits and n >= ENOUGH:
            most.append((service, code, hits, n))
    return most


def in_order(exists: dict, service: str) -> list[str]:
    """The drivers that a service asks for, as OMB lists them."""
    return [code for code in ORDER if code in exists["services"][service]["drivers"]]


def by_way(rows: Iterable[Row], exists: dict, code: str) -> Counts:
    """By channel how many named a driver as what could be better, of how many."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        score = row["driver_scores"].get(code)
        if exists["services"][row["service"]]["mode"] == "likert" and score is None:
            continue
        worse = score <= 2 if score is not None else code in row["drivers_negative"]
        counts[row["channel"]][0] += worse
        counts[row["channel"]][1] += 1
    return {way: (named, n) for way, (named, n) in counts.items()}


def total(counts: Counts) -> tuple[int, int]:
    """All channels together."""
    return sum(named for named, _ in counts.values()), sum(n for _, n in counts.values())


def findings(rows: Sequence[Row], exists: dict) -> list[Finding]:
    """What is named more often at an office than at the others, the most people first."""
    cells = [cell for service in exists["services"] for cell in compared(rows, exists, service)]
    chances = [hypergeom.sf(h - 1, n + m, h + k, n) for _, (h, n), (k, m), _ in cells]
    rates = false_discovery_control(chances) if cells else []
    sure = [cell for cell, rate in zip(cells, rates, strict=True) if rate <= SURE]
    return sorted(
        (finding(*cell) for cell in sure if is_worth_it(*cell)),
        key=lambda each: (-each.people, *each[1:4]),
    )


Cell = tuple[tuple[str, str, str], tuple[int, int], tuple[int, int], float]


def compared(rows: Sequence[Row], exists: dict, service: str) -> Iterable[Cell]:
    """Every driver at every office against the rest of the service, and by how much at least."""
    mine = [row for row in rows if row["service"] == service]
    for code in in_order(exists, service):
        for office, some in apart_by(mine, "office").items():
            own = by_way(some, exists, code)
            rest = by_way([row for row in mine if row["office"] != office], exists, code)
            if min(total(own)[1], total(rest)[1]) >= ENOUGH:
                yield (service, office, code), total(own), total(rest), least(own, rest)


def least(own: Counts, rest: Counts) -> float:
    """The low end of the difference, if the others had the mix of channels of this office."""
    both = [way for way in own if rest.get(way, (0, 0))[1]]
    people = sum(own[way][1] for way in both)
    difference = below = 0.0
    for way in both:
        share = own[way][1] / people
        middle, low, _ = recompute.newcombe(*own[way], *rest[way])
        difference += share * middle
        below += (share * (middle - low)) ** 2
    return difference - sqrt(below)


def is_worth_it(_: object, own: tuple[int, int], rest: tuple[int, int], low: float) -> bool:
    """Whether it is more than nothing, and enough to see it fixed."""
    return low > 0 and own[0] / own[1] - rest[0] / rest[1] >= WORTH


def finding(
    place: tuple[str, str, str], own: tuple[int, int], rest: tuple[int, int], low: float
) -> Finding:
    """Named by how many of how many, of 100; elsewhere of 100; how many fewer it would be."""
    shares = (100 * own[0] / own[1], 100 * rest[0] / rest[1])
    people = low * own[1]
    return Finding(people, *place, (*own, *shares, max(1, int(people))))


# ---- a small office


def small(rows: Sequence[Row], exists: dict, today: date) -> dict[str, list[float]]:
    """What a digest says of an office with few answers: by part of it the numbers in its words."""
    past = [row for row in rows if row["day"] < str(today)]
    (newest, now), *earlier = sorted(recompute.quarters(past).items(), reverse=True)
    n, happy, trusting = now
    before = [each for _, (m, _, trusted) in earlier[:1] for each in (trusted, m)]
    return {
        "trust": [trusting, n] * 2,
        "satisfaction": [happy, n] * 2,
        "answers": [n, n],
        "fix": most_of([row for row in past if quarter(row) == newest], exists),
        "moved": [happy, n, trusting, n, *before, *in_people(earlier[:1])],
    }


def quarter(row: Row) -> str:
    """The fiscal quarter of an answer."""
    return recompute.quarter(date.fromisoformat(row["day"]))


def most_of(rows: Sequence[Row], exists: dict) -> list[float]:
    """By how many the driver is named that most name, and of how many."""
    codes = in_order(exists, rows[0]["service"])
    totals = [total(by_way(rows, exists, code)) for code in codes]
    named, people = max(totals, key=lambda each: each[0])
    return [named, people]


def in_people(quarters: Iterable[tuple[str, tuple[int, int, int]]]) -> list[float]:
    """How many were satisfied of how many, and how many trust."""
    return [each for _, (n, happy, trusting) in quarters for each in (happy, n, trusting, n)]


def in_days(rows: Iterable[Row], first: date, end: date) -> list[Row]:
    """The rows of the days from `first` to before `end`."""
    return [row for row in rows if str(first) <= row["day"] < str(end)]


def weeks(rows: Iterable[Row], end: date) -> list[int]:
    """How many answered in each week before `end`, the newest first."""
    ages = [(end - date.fromisoformat(row["day"])).days - 1 for row in rows]
    return [sum(age // 7 == week for age in ages) for week in range(max(ages) // 7 + 1)]


def are_shown(every: Sequence[int]) -> bool:
    """Whether each week has enough answers; the one in which the first came may be short."""
    return min(every[:-1], default=0) >= ENOUGH


def written(rows: Iterable[Row], first: date, end: date) -> set[str]:
    """What people wrote since the Monday of the week of `first`, and before `end`."""
    monday = first - timedelta(days=first.weekday())
    comments = ((str(row.get("given", row["day"])), row["comment"]) for row in rows)
    return {words for day, words in comments if words and str(monday) <= day < str(end)}

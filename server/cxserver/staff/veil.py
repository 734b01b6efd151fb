"""What small numbers let a page show: nothing of fewer than 5 answers, nor what gives them away.

A number is given away by the total it is a part of, or by two pages that differ in one filter. So
a page is shown only where its number also stands in the table of its neighbours with what must be
hidden there hidden.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import Engine

from cxserver.catalog.directory import Directory
from cxserver.insight import periods, slices, suppression
from cxserver.insight.periods import Span
from cxserver.insight.slices import Scope, Slice
from cxserver.staff.filters import Filters

NEEDS = ("service", "office", "channel", "language")
LIMIT = suppression.STAFF_HIDES
# No slug: it stands above every office.
_ALL = "*"
_BLOCK = timedelta(days=28)
_RESPONSES = frozenset({"response"})
_Row = tuple[str, str, str, str, int]  # service, office, channel, language, n


class Veil:
    """How many answers there are of everything the person may see, in the days of a page."""

    def __init__(self, counted: Iterable[Slice], asked: Filters):
        self._rows = [_row(one) for one in counted]
        self._asked = asked
        self._trees: dict[tuple[str | None, ...], dict[str, int | None]] = {}

    @cached_property
    def parents(self) -> dict[str, str | None]:
        """The offices the person may see, and above each the one that person may see."""
        return parents(self._asked.directory, self._asked.seen)

    def n(self, asked: Filters) -> int:
        """How many answers there are of what is asked for."""
        return sum(row[4] for row in self._within(asked))

    def shows(self, asked: Filters) -> bool:
        """Whether a page of what is asked for may be shown."""
        n = self.n(asked)
        if n < LIMIT:
            return n == 0
        if asked.office is not None and self._tree(asked).get(asked.office) is None:
            return False
        return siblings_show([(row[0], row[2], row[3], row[4]) for row in self._of(asked)], asked)

    def offices(self, asked: Filters) -> dict[str, int | None]:
        """By office, with everything below it, how many answers there are; None is not shown."""
        return {
            slug: n if n is not None and self.shows(asked.but(office=slug)) else None
            for slug, n in self._tree(asked).items()
        }

    def ways(self, asked: Filters) -> dict[tuple[str | None, str | None], int | None]:
        """By channel and language, with the totals under None; a number that is None is hidden."""
        return suppression.table(
            _by_way(
                (row[2], row[3], row[4])
                for row in self._of(asked)
                if asked.service in (None, row[0])
            ),
            LIMIT,
        )

    def _tree(self, asked: Filters) -> dict[str, int | None]:
        key = asked.service, asked.channel, asked.language
        if key not in self._trees:
            own: Counter[str] = Counter()
            for row in self._within(asked.but(office=None)):
                own[row[1]] += row[4]
            self._trees[key] = tree(own, self.parents)
        return self._trees[key]

    def _of(self, asked: Filters) -> list[_Row]:
        """The rows of the office asked for, whatever else is."""
        if asked.office is None:
            return self._rows
        inside = slices.subtree(asked.directory, asked.office)
        return [row for row in self._rows if row[1] in inside]

    def _within(self, asked: Filters) -> list[_Row]:
        wanted = (asked.service, None, asked.channel, asked.language)
        return [
            row
            for row in self._of(asked)
            if all(value is None or row[at] == value for at, value in enumerate(wanted))
        ]


def of(engine: Engine, asked: Filters, span: Span | None = None) -> Veil:
    """The veil of a page, in its own days or in others."""
    everything = asked.seen.during(span or asked.window.span)
    return Veil(slices.read(engine, everything, NEEDS, _RESPONSES), asked)


def opens(engine: Engine, asked: Filters, hidden: Veil) -> bool:
    """Whether a page of what is asked for, in these days, may be shown."""
    return hidden.shows(asked) and days_show(daily(engine, asked), asked)


def parents(directory: Directory, seen: Scope) -> dict[str, str | None]:
    """The offices in a scope; above each the one above it, if that is in the scope."""
    inside = directory.offices.keys() if seen.offices is None else seen.offices
    return {
        slug: one.parent if one.parent in inside else None
        for slug, one in directory.offices.items()
        if slug in inside
    }


def tree(own: Mapping[str, int], above: Mapping[str, str | None]) -> dict[str, int | None]:
    """Offices with all that is below them, under the total that stands on the first page."""
    below_all = {name: parent or _ALL for name, parent in above.items()}
    found = suppression.tree(own, {**below_all, _ALL: None}, LIMIT)
    del found[_ALL]
    return found


def siblings_show(rows: Sequence[tuple[str, str, str, int]], asked: Filters) -> bool:
    """Whether what is asked for shows beside the other services, channels and languages of the
    same office. A row is (service, channel, language, n).
    """
    if asked.service is not None:
        of_service: Counter[str] = Counter()
        for service, channel, language, n in rows:
            if asked.channel in (None, channel) and asked.language in (None, language):
                of_service[service] += n
        if suppression.line(of_service, LIMIT).get(asked.service) is None:
            return False
    if asked.channel is None and asked.language is None:
        return True
    ways = _by_way(row[1:] for row in rows if asked.service in (None, row[0]))
    return suppression.table(ways, LIMIT).get((asked.channel, asked.language)) is not None


def days_show(daily: Mapping[date, int], asked: Filters) -> bool:
    """Whether the days asked for differ from other days that can be chosen by 5 answers or more.

    `daily` counts the answers of what is asked for on every day. The last 28 days can always be
    shown; of all others no part that another choice cuts off may be small.
    """
    window, today, end = asked.window, asked.today, asked.end
    if window.name == "28-days":
        return True
    first = min(daily, default=today)
    nodes = {end - number * _BLOCK for number in range((end - first).days // 28 + 2)}
    if window.is_rolling:
        ordered = sorted(node for node in nodes if node in window.span)
        return all(_count(daily, start, start + _BLOCK) not in range(1, LIMIT) for start in ordered)
    nodes |= {one.start for one in periods.between("month", first, today)}
    edges = [edge for edge in (window.span.start, window.span.end) if edge]
    return all(_far_enough(daily, edge, nodes) for edge in edges)


def daily(engine: Engine, asked: Filters) -> dict[date, int]:
    """The answers of what is asked for by day, all of them."""
    if asked.window.name == "28-days":
        return {}
    scope = asked.of_office().during(Span(None, asked.today))
    return {
        date.fromisoformat(one.group["day"]): one.n
        for one in slices.read(engine, scope, ("day",), _RESPONSES)
    }


def daily_by(engine: Engine, asked: Filters, by: str) -> dict[str, dict[date, int]]:
    """The answers by day of each office, with all that is below it, or of each channel."""
    scope = asked.of_office().during(Span(None, asked.today))
    found: dict[str, Counter[date]] = defaultdict(Counter)
    above = parents(asked.directory, asked.seen)
    for one in slices.read(engine, scope, ("day", by), _RESPONSES):
        name: str | None = one.group[by]
        while name is not None:
            found[name][date.fromisoformat(one.group["day"])] += one.n
            name = above.get(name) if by == "office" else None
    return {name: dict(days) for name, days in found.items()}


def _far_enough(daily: Mapping[date, int], edge: date, nodes: set[date]) -> bool:
    """Whether on either side of an edge the nearest other edge is 5 answers away, or none is."""
    after = sorted(node for node in nodes if node > edge)
    before = sorted((node for node in nodes if node < edge), reverse=True)
    for counts in (
        (_count(daily, edge, node) for node in after),
        (_count(daily, node, edge) for node in before),
    ):
        if next((n for n in counts if n), LIMIT) < LIMIT:
            return False
    return True


def _count(daily: Mapping[date, int], start: date, end: date) -> int:
    return sum(n for day, n in daily.items() if start <= day < end)


def _row(one: Slice) -> _Row:
    group = one.group
    return group["service"], group["office"], group["channel"], group["language"], one.n


def _by_way(rows: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for channel, language, n in rows:
        found[channel, language] += n
    return found

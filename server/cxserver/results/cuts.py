"""Counts for the staff pages, the digest and the API, with what small numbers hide.

Whoever holds the rows gets all counts. Everybody else gets closed batches. Those may be cut by one
of CUTS, for whole months that are over, and without the hidden cells of each month's cut table.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

from sqlalchemy import Connection, select

from cxserver import periods, tables
from cxserver.disclosure.audience import Audience
from cxserver.disclosure.changes import Effect
from cxserver.errors import ServerError
from cxserver.instrument.levels import Level
from cxserver.periods import Span
from cxserver.results import slices, tally_query
from cxserver.results.scopes import Scope
from cxserver.results.slices import Slice

# Choices of people: each has a cut table of its own.
CUTS = ("channel", "language", "survey", "flagged")

_NOT_OVER = (
    "Channels, languages, survey versions and flags are counted by whole months that are over. "
    "Choose a month or a quarter; last month is counted in the first hours of this one."
)

_CHANGED = (
    "Answers of this month were taken out or put back: by channel, language, survey version or "
    "flag, its numbers from before and after could single people out. Choose another month."
)

Group = tuple[str, ...]
# A service, a month and a source: answers that came in here, or one import.
Key = tuple[str, str, str]
# Of each table the hidden cells, by office (None: all) and category.
Hidden = Mapping[Key, frozenset[tuple[str | None, str]]]
_LIVE = "live"


class NotCut(ServerError):
    """A question that nobody without the rows gets an answer to; it says what to ask instead."""


@dataclass(frozen=True)
class Counted:
    """The groups that have answers, and those (`hidden`) of which something is not shown.

    A group that is in both is partly hidden: its counts are the sum of what is shown. Where
    nothing has to be hidden the slices are added up when somebody asks for them: by then the
    transaction may have ended.
    """

    count: Callable[[], list[Slice]]
    hidden: frozenset[Group] = frozenset()

    @cached_property
    def slices(self) -> list[Slice]:
        """The groups that have answers, in the order of their names."""
        return self.count()


def read(
    connection: Connection,
    scope: Scope,
    by: Sequence[str] = (),
    only: Iterable[str] | None = None,
    within: Sequence[str] = (),
) -> Counted:
    """The counts of a scope by any of `tally_query.GROUPS`. Raises NotCut.

    `within` splits each group further, for a computation that shows none of those parts.
    """
    cut = _cut(scope, by)
    if cut is None:
        return Counted(tally_query.fetch(connection, scope, (*by, *within), only).slices)
    _check(scope.span, by)
    hidden, sources = _hidden(connection, scope, cut)
    # Of all that is counted, whatever is asked for: else an answer would tell a zero from a few.
    if not _counted(connection, scope, sources) <= hidden.keys():
        raise NotCut(_NOT_OVER)
    needs = tuple(dict.fromkeys(("service", "month", "office", "survey", cut, *by, *within)))
    table = _Table(scope, by, cut, hidden, sources)
    shown: list[Slice] = []
    lost: set[Group] = set()
    for item in tally_query.read(connection, scope, needs, only):
        if table.shows(item):
            shown.append(item)
        else:
            lost.add(tuple(item.group[name] for name in by))
    merged = partial(slices.merged, shown, (*by, *within))
    return Counted(merged, frozenset(lost | set(table.unnamed())))


def cuts(scope: Scope, by: Sequence[str] = ()) -> list[str]:
    """The cuts that a question makes."""
    chosen = {
        "channel": scope.channels,
        "language": scope.languages,
        "survey": scope.surveys,
        "flagged": scope.flagged,
    }
    return [name for name in CUTS if name in by or chosen[name] is not None]


def is_whole_months(span: Span) -> bool:
    """Whether these days are whole months."""
    ends = (span.start, span.end)
    return all(end is not None and end.day == 1 for end in ends)


def _cut(scope: Scope, by: Sequence[str]) -> str | None:
    if scope.audience is Audience.ROWS:
        return None
    result = cuts(scope, by)
    if len(result) > 1:
        raise NotCut(f"Choose one of {' and '.join(result)}: two together can single people out.")
    return result[0] if result else None


def _check(span: Span, by: Sequence[str]) -> None:
    if not is_whole_months(span) or {"day", "week"} & set(by):
        raise NotCut(_NOT_OVER)


class _Table:
    """The cut tables of some months, as far as a question goes into them."""

    def __init__(
        self,
        scope: Scope,
        by: Sequence[str],
        cut: str,
        hidden: Hidden,
        sources: Mapping[str, str],
    ):
        self._scope, self._by, self._cut = scope, by, cut
        self._hidden, self._sources = hidden, sources

    def _key(self, part: Slice) -> Key:
        source = self._sources.get(part.group["survey"], _LIVE)
        return part.group["service"], part.group["month"], source

    def shows(self, part: Slice) -> bool:
        """Whether these answers are in a cell that is shown, or in a sum that is."""
        group = part.group
        cells = self._hidden[self._key(part)]
        category = _category(group[self._cut])
        if self._is_whole and (None, category) not in cells:
            return True
        return (group["office"], category) not in cells

    def unnamed(self) -> Iterator[Group]:
        """The groups of hidden cells, also of those without answers: both look alike."""
        for (service, month, _), cells in self._hidden.items():
            for office, category in cells:
                in_margin = self._is_whole and (None, category) not in cells
                if office is not None and self._asks(service, office, category) and not in_margin:
                    yield self._name(service, month, office, category)

    @property
    def _is_whole(self) -> bool:
        """Whether all offices of a service are counted together: the margin of its table.

        A list of offices is never whole, even if it names all there are: an office that has left
        the catalog would be what is missing in it.
        """
        return "office" not in self._by and self._scope.offices is None

    def _asks(self, service: str, office: str, category: str) -> bool:
        if self._scope.offices is not None and office not in self._scope.offices:
            return False
        named = {
            "channel": self._scope.channels,
            "language": self._scope.languages,
            "survey": self._scope.surveys,
            "flagged": self._scope.flagged,
        }[self._cut]
        name = f"{service}/{category}" if self._cut == "survey" else category
        return named is None or name in {str(each) for each in named}

    def _name(self, service: str, month: str, office: str, category: str) -> Group:
        start = periods.named(month).start
        names = {
            "service": service,
            "office": office,
            "month": month,
            "quarter": periods.of("quarter", start).name,
            self._cut: f"{service}/{category}" if self._cut == "survey" else category,
        }
        return tuple(names[name] for name in self._by)


def _category(name: str) -> str:
    # A survey version is named `<service>/<n>`.
    return name.rpartition("/")[2]


def _hidden(connection: Connection, scope: Scope, cut: str) -> tuple[Hidden, Mapping[str, str]]:
    """The tables of a scope, and of each imported survey version which import it came with.

    Raises NotCut.
    """
    columns = tables.cut_tables.c
    query = select(tables.cut_tables).where(
        columns.cut == cut, columns.month >= scope.span.start, columns.month < scope.span.end
    )
    if scope.services is not None:
        query = query.where(columns.service.in_(sorted(scope.services)))
    hiddens: dict[Key, frozenset[tuple[str | None, str]]] = {}
    sources: dict[str, str] = {}
    in_effect, undone = _exclusions(connection, scope)
    for row in connection.execute(query):
        month = row.service, row.month
        same = in_effect[month] == set(row.exclusions) and not undone[month]
        if row.source == _LIVE and not same:
            raise NotCut(_CHANGED)
        key = row.service, periods.of("month", row.month).name, row.source
        hiddens[key] = frozenset((cell[0], cell[1]) for cell in row.hidden)
        sources |= {f"{row.service}/{n}": row.source for n in row.versions}
    return hiddens, sources


def _exclusions(
    connection: Connection, scope: Scope
) -> tuple[dict[tuple[str, date], set[str]], Counter[tuple[str, date]]]:
    """Of each service and month: the exclusions in effect on its batches, and how many batches
    were seen with and without a part of their answers.
    """
    change, action = tables.batch_changes.c, tables.exclusions.c
    query = (
        select(change.service, change.through, change.exclusion, change.effect, action.restored_at)
        .where(change.through >= scope.span.start, change.through < scope.span.end)
        .where(action.service == change.service, action.id == change.exclusion)
    )
    in_effect: dict[tuple[str, date], set[str]] = defaultdict(set)
    undone: Counter[tuple[str, date]] = Counter()
    for row in connection.execute(query):
        month = row.service, row.through.replace(day=1)
        if row.restored_at is None:
            in_effect[month].add(row.exclusion)
        elif row.effect == Effect.PART.value:
            undone[month] += 1
    return in_effect, undone


def _counted(connection: Connection, scope: Scope, sources: Mapping[str, str]) -> set[Key]:
    """The tables that there have to be: a month's is not there while the month runs."""
    columns = tables.released.c
    query = select(columns.service, columns.day, columns.survey).where(
        columns.level == Level.OFFICE_MONTH.value,
        columns.day >= scope.span.start,
        columns.day < scope.span.end,
        columns.service.in_(
            select(tables.services.c.slug) if scope.services is None else sorted(scope.services)
        ),
    )
    return {
        (service, periods.of("month", month).name, sources.get(f"{service}/{n}", _LIVE))
        for service, month, n in connection.execute(query.distinct())
    }

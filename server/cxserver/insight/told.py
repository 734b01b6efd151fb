"""Which numbers a program may be told: what its key reads, and nothing of fewer than 5 answers.

Every number is of whole months. Each month's answers are put together into pieces of 5 or more (of
services and offices; of a service's channels; of its languages), and a number is told only where it
is made of whole pieces in each of its months. So no two numbers, or twenty, tell of fewer people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cxserver import periods
from cxserver.catalog.directory import Directory
from cxserver.insight import pieces, scopes, slices
from cxserver.insight.pieces import Cell, Gathered, Piece
from cxserver.insight.scopes import Scope
from cxserver.insight.slices import Slice
from cxserver.periods import Span

# What a number can be of; and the stretches of time that are made of whole months.
GROUPS = ("office", "service", "channel", "language")
TIMES = ("month", "quarter")
_WAYS = ("channel", "language")
_RESPONSES = frozenset({"response"})


class NotTold(ValueError):
    """A question about what is never told, whatever its number."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One number: of an `office` alone, or of all that is `under` one; None is all."""

    service: str | None = None
    office: str | None = None
    under: str | None = None
    channel: str | None = None
    language: str | None = None
    flagged: bool = True

    def of(self, by: str, name: str) -> "Ask":
        """The number of one group in what is asked for."""
        if by == "office":
            return replace(self, office=name, under=None)
        return replace(self, **{by: name}) if by in GROUPS else self  # type: ignore[arg-type]  # a name of a string

    def side(self, by: str = "") -> str:
        """Beside which neighbours the number stands: offices, channels or languages.

        Raises NotTold when it would stand beside two of them.
        """
        ways = {way for way in _WAYS if way == by or getattr(self, way) is not None}
        placed = by == "office" or self.office is not None or self.under is not None
        if len(ways) > 1 or (ways and placed):
            raise NotTold(
                "Offices, channels and languages are told one by one: few people are left where "
                "two of them meet."
            )
        return ways.pop() if ways else "office"

    def scope(self, directory: Directory) -> Scope:
        """The same as a scope of answers. Raises NotFound."""
        wanted = Scope(
            services=scopes.only(self.service),
            offices=scopes.only(self.office),
            channels=scopes.only(self.channel),
            languages=scopes.only(self.language),
            flagged=None if self.flagged else scopes.WITHOUT_FLAGGED,
        )
        if self.under is None:
            return wanted
        return wanted.narrowed(Scope(offices=scopes.subtree(directory, self.under)))


@dataclass(frozen=True, slots=True)
class Row:
    """One group; without its counts where they may not be told."""

    name: str
    counted: Slice | None


class Told:
    """What may be told of some months, to one who may see so much."""

    def __init__(self, connection: Connection, directory: Directory, seen: Scope, span: Span):
        self._connection, self._directory = connection, directory
        self._seen = seen.during(span)
        self._held: dict[tuple[str, bool], Mapping[str, Mapping[Cell, Piece]]] = {}

    def rows(self, by: str, ask: Ask) -> list[Row]:
        """A row for each group that has answers, by name. `by` is one of GROUPS or TIMES.

        Raises NotTold.
        """
        side = ask.side(by)
        ask = self._of_one_service(ask) if side in _WAYS else ask
        held = self._pieces(side, apart=not ask.flagged)
        scope = self._seen.narrowed(ask.scope(self._directory))
        counted = {one.group[by]: one for one in slices.read(self._connection, scope, (by,))}
        found: list[Row] = []
        for name in self._names(by, side, ask):
            wanted = ask.of(by, name)
            months = [month for month in held if by not in TIMES or _period(by, month) == name]
            if not all(
                self._tells(held[month], side, wanted) and self._splits(month, side, ask)
                for month in months
            ):
                found.append(Row(name, None))
            elif name in counted:
                found.append(Row(name, counted[name]))
        return found

    def alone(self, month: str, *, apart: bool = False) -> set[Cell]:
        """The services and offices of a month that are told by themselves; `apart`: with and
        without flagged answers.
        """
        held = self._pieces("office", apart=apart).get(month, {})
        return {cell for cell, one in held.items() if one.is_enough and one.cells == {cell}}

    def _of_one_service(self, ask: Ask) -> Ask:
        seen = self._seen.services
        if ask.service is None and seen is not None and len(seen) == 1:
            return replace(ask, service=next(iter(seen)))
        if ask.service is None:
            raise NotTold("Name a service: channels and languages are told of one at a time.")
        return ask

    def _names(self, by: str, side: str, ask: Ask) -> list[str]:
        """The groups that have answers, flagged ones too."""
        found = set()
        for month, held in self._pieces(side, apart=not ask.flagged).items():
            for cell in self._cells(held, side, ask):
                name = cell[0] if by == "service" else cell[1]
                found.add(_period(by, month) if by in TIMES else name)
        return sorted(found)

    def _tells(self, held: Mapping[Cell, Piece], side: str, ask: Ask) -> bool:
        cells = self._cells(held, side, ask)
        return all(held[cell].is_enough and held[cell].cells <= cells for cell in cells)

    def _splits(self, month: str, side: str, ask: Ask) -> bool:
        """Whether flagged answers may be left out of what is told of channels and languages: not
        where that gave away how many flagged ones the service has, and so the others.
        """
        if side not in _WAYS or ask.flagged:
            return True
        whole = Ask(service=ask.service, flagged=False)
        return self._tells(self._pieces("office", apart=True)[month], "office", whole)

    def _cells(self, held: Mapping[Cell, Piece], side: str, ask: Ask) -> set[Cell]:
        """The cells that what is asked for is made of."""
        named: frozenset[str] | None
        if side in _WAYS:
            named = scopes.only(ask.channel if side == "channel" else ask.language)
        else:
            named = ask.scope(self._directory).offices
        return {
            (service, name)
            for service, name in held
            if ask.service in (None, service) and (named is None or name in named)
        }

    def _pieces(self, side: str, *, apart: bool) -> Mapping[str, Mapping[Cell, Piece]]:
        """By month the piece of each cell that has answers; `apart`: with an eye on the flags."""
        if (side, apart) not in self._held:
            self._held[side, apart] = self._with_flags(side) if apart else self._cut(side)
        return self._held[side, apart]

    def _cut(self, side: str) -> Mapping[str, Mapping[Cell, Piece]]:
        return {
            month: self._join(side, [Piece(frozenset({cell}), n) for cell, n in cells.items()])
            for month, cells in self._counts(side, None).items()
        }

    def _with_flags(self, side: str) -> Mapping[str, Mapping[Cell, Piece]]:
        # Made of the same pieces: cut in another way, the two could be subtracted from each other.
        flagged = self._counts(side, scopes.ONLY_FLAGGED)
        found = {}
        for month, held in self._pieces(side, apart=False).items():
            marked = flagged.get(month, {})
            units = [
                replace(piece, flagged=sum(marked.get(cell, 0) for cell in piece.cells))
                for piece in dict.fromkeys(held.values())
            ]
            found[month] = self._join(side, units)
        return found

    def _counts(
        self, side: str, flagged: frozenset[bool] | None
    ) -> Mapping[str, Mapping[Cell, int]]:
        scope = replace(self._seen, flagged=flagged)
        found: dict[str, dict[Cell, int]] = defaultdict(dict)
        for one in slices.read(self._connection, scope, ("month", "service", side), _RESPONSES):
            found[one.group["month"]][one.group["service"], one.group[side]] = one.n
        return found

    def _join(self, side: str, units: Iterable[Piece]) -> Mapping[Cell, Piece]:
        of_one: dict[str, list[Piece]] = defaultdict(list)
        of_many: list[Gathered] = []
        for unit in sorted(units, key=lambda unit: sorted(unit.cells)):
            services = {service for service, _ in unit.cells}
            if len(services) == 1:
                of_one[services.pop()].append(unit)
            else:
                of_many.append(pieces.alone(unit))
        if side in _WAYS:
            # They are told of one service at a time: none is joined to another's.
            return _by_cell([pieces.gather(map(pieces.alone, some)) for some in of_one.values()])
        above = {name: one.parent for name, one in self._directory.offices.items()}
        joined = [pieces.tree(some, above) for some in of_one.values()]
        return _by_cell([pieces.gather([*joined, *of_many])])


def _by_cell(parts: Sequence[Gathered]) -> dict[Cell, Piece]:
    every: Iterable[Piece] = (
        piece for part in parts for piece in (*part.enough, part.short) if piece is not None
    )
    return {cell: piece for piece in every for cell in piece.cells}


def _period(by: str, month: str) -> str:
    start = periods.named(month).start
    return periods.of("quarter" if by == "quarter" else "month", start).name

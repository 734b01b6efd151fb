"""Days that a file shares with what is counted already: the same people would count twice.

Shared is what both have of one service, office, channel and day. Another wording is no excuse: a
quarter's answers and the counts that were filed of them are the same people. Where one side tells
nothing but the quarter, all of the quarter is shared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from cxserver import periods, tables
from cxserver.catalog import directory
from cxserver.imports import taken
from cxserver.imports.shape import OF_QUARTERS, Form
from cxserver.imports.taken import Taken
from cxserver.instrument.levels import Level

# Service, office and channel.
Place = tuple[str, str, str]
Days = Mapping[Place, Mapping[date, int]]

_NAMED = 3


@dataclass
class Overlap:
    """What a file shares with one import, or with the answers given here (`other` is None).

    `there` is how many people they have of it, `in_file` how many the file brings. With `whole` the
    days are those on which quarters begin.
    """

    other: Taken | None
    whole: bool
    there: int = 0
    days: dict[Place, set[date]] = field(default_factory=dict)
    in_file: int = 0

    def __str__(self) -> str:
        where = " ".join(
            f"{word} {_named({place[at] for place in self.days})}"
            for at, word in enumerate(("of", "at", "by"))
        )
        moment = f"in {self.first}" if self.whole else f"on {self.first}"
        when = moment if self.first == self.last else f"between {self.first} and {self.last}"
        return (
            f"{self._who} {_answers(self.there)} {where}, {when}; this file brings "
            f"{_answers(self.in_file)} there and then. Fix: {self._cure}"
        )

    @property
    def first(self) -> str:
        """The first day or quarter that is shared."""
        return self._name(min(self._every))

    @property
    def last(self) -> str:
        """The last one."""
        return self._name(max(self._every))

    @property
    def _every(self) -> list[date]:
        return [day for days in self.days.values() for day in days]

    def _name(self, day: date) -> str:
        return periods.of("quarter", day).name if self.whole else day.isoformat()

    @property
    def _who(self) -> str:
        if self.other is None:
            return "This system already took"
        return f"Import {self.other.id} ({self.other.file}, {self.other.at:%Y-%m-%d}) has"

    @property
    def _cure(self) -> str:
        undo = "" if self.other is None else f", or undo it first (cx import undo {self.other.id})"
        return f"leave that out of the file{undo}; if they are other people, add --also."


def find(connection: Connection, form: Form, cells: Days) -> list[Overlap]:
    """Every overlap of these days with what is there, the earliest import first."""
    known = directory.load(connection)
    imports = taken.by_id(connection, known)
    result: dict[str, Overlap] = {}
    units = {whole: _by_unit(cells, whole) for whole in (False, True)}
    for row in _there(connection, cells):
        batch = known.services[row.service].surveys[row.survey].batch
        other = imports.get(batch)
        whole = form in OF_QUARTERS or (other is not None and other.form in OF_QUARTERS)
        place = row.service, row.office, row.channel
        unit = _unit(row.day, whole)
        if unit not in units[whole].get(place, {}):
            continue
        conflict = result.setdefault(batch, Overlap(other, whole))
        conflict.there += int(row.n)
        if unit not in conflict.days.setdefault(place, set()):
            conflict.days[place].add(unit)
            conflict.in_file += units[whole][place][unit]
    order = list(imports)
    return [result[batch] for batch in sorted(result, key=lambda item: [*order, item].index(item))]


def _there(connection: Connection, cells: Days) -> Iterator[Any]:
    """How many people are counted in the quarters of these days, by day and version."""
    columns = tables.tallies.c
    by = (columns.service, columns.office, columns.channel, columns.survey, columns.day)
    for service in sorted({service for service, _, _ in cells}):
        mine = [days for (other, _, _), days in cells.items() if other == service]
        first = periods.of("quarter", min(map(min, mine))).start
        end = periods.of("quarter", max(map(max, mine))).end
        query = (
            select(*by, func.sum(columns.answers).label("n"))
            .where(columns.level == Level.OFFICE_DAY.value, columns.service == service)
            .where(columns.day >= first, columns.day < end, columns.answers > 0)
            .group_by(*by)
        )
        yield from connection.execute(query)


def _by_unit(cells: Days, whole: bool) -> dict[Place, dict[date, int]]:
    result: dict[Place, dict[date, int]] = {}
    for place, days in cells.items():
        mine = result.setdefault(place, {})
        for day, n in days.items():
            unit = _unit(day, whole)
            mine[unit] = mine.get(unit, 0) + n
    return result


def _unit(day: date, whole: bool) -> date:
    return periods.of("quarter", day).start if whole else day


def _answers(n: int) -> str:
    return f"{n:,} {'answer' if n == 1 else 'answers'}"


def _named(names: set[str]) -> str:
    some = sorted(names)
    more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
    return ", ".join(some[:_NAMED]) + more

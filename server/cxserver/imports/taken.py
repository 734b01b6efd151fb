"""The files that were taken in: what each brought, as the versions that it alone has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from cxserver import periods, tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound
from cxserver.imports.shape import OF_QUARTERS
from cxserver.instrument.levels import Level
from cxserver.instrument.survey import Survey
from cxserver.quarter import fiscal

_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """One import. `answers` is how many people it told of when it came in.

    `last` is the last day of the last quarter where the file tells nothing but the quarter.
    """

    id: str
    file: str
    form: str
    answers: int
    rejected: int
    at: datetime
    surveys: tuple[Survey, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def services(self) -> list[str]:
        """Whose past it is."""
        return sorted({survey.service for survey in self.surveys})

    @property
    def period(self) -> str:
        """Its days, for people."""
        return f"{self.first} to {self.last}" if self.first else "not known"


def id_of(digest: bytes) -> str:
    """The name of an import: the beginning of what is made of its file."""
    return digest.hex()[:12]


def read(connection: Connection) -> list[Taken]:
    """Every import, the first one first."""
    return _read(connection, directory.load(connection))


def by_id(connection: Connection, known: Directory) -> dict[str, Taken]:
    """Every import by its id."""
    return {item.id: item for item in _read(connection, known)}


def named(connection: Connection, id: str) -> Taken:
    """The import whose id begins so. Raises NotFound."""
    every = read(connection)
    taken = [item for item in every if len(id) >= _SHORTEST and item.id.startswith(id.lower())]
    if len(taken) == 1:
        return taken[0]
    raise NotFound(
        f"There is no import '{id[:40]}', or more than one. To list them: cx import list"
    )


def _read(connection: Connection, known: Directory) -> list[Taken]:
    versions: dict[str, list[Survey]] = {}
    for service in known.services.values():
        for survey in service.surveys.values():
            if survey.batch:
                versions.setdefault(survey.batch, []).append(survey)
    days = _days(connection, (item for some in versions.values() for item in some))
    table = tables.imports
    query = select(table).order_by(table.c.at, table.c.digest)
    return [_taken(row, versions, days) for row in connection.execute(query)]


def _taken(
    row: Any, versions: dict[str, list[Survey]], days: dict[str, tuple[date, date]]
) -> Taken:
    id = id_of(bytes(row.digest))
    mine = tuple(versions.get(id, ()))
    spans = [days[item.name] for item in mine if item.name in days]
    first = min((span[0] for span in spans), default=None)
    last = max((span[1] for span in spans), default=None)
    if last and row.format in OF_QUARTERS:
        last = fiscal.last_day(periods.of("quarter", last))
    return Taken(id, row.file, row.format, row.answers, row.rejected, row.at, mine, first, last)


def _days(connection: Connection, surveys: Iterable[Survey]) -> dict[str, tuple[date, date]]:
    """The first and the last day of each version, by its name."""
    wanted: dict[str, list[int]] = {}
    for survey in surveys:
        wanted.setdefault(survey.service, []).append(survey.n)
    columns = tables.tallies.c
    result = {}
    for service, numbers in wanted.items():
        query = (
            select(columns.survey, func.min(columns.day), func.max(columns.day))
            .where(columns.level == Level.DAY.value, columns.service == service)
            .where(columns.survey.in_(numbers), columns.answers > 0)
            .group_by(columns.survey)
        )
        for n, first, last in connection.execute(query):
            result[f"{service}/{n}"] = (first, last)
    return result

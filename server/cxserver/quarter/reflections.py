"""What a service makes of its numbers, and what it did of late: the text that OMB asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from cxserver import tables
from cxserver.errors import ServerError
from cxserver.periods import Period
from cxserver.quarter import edits

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Reflection:
    """Two texts of a service about a quarter, and who wrote them."""

    reflection: str
    accomplishments: str
    who: str
    at: datetime
    version: int = field(default=0, compare=False)


def put(
    connection: Connection,
    quarter: Period,
    service: str,
    said: Reflection,
    seen: int | None = None,
) -> None:
    """Keep these texts in the place of earlier ones. `seen` as for `volumes.put`.

    Raises ServerError and Conflict.
    """
    if max(len(said.reflection), len(said.accomplishments)) > MOST:
        raise ServerError(f"A text takes {MOST:,} characters.")
    if not said.who.strip():
        raise ServerError("Say who writes it (--who).")
    columns = tables.reflections.c
    mine = (columns.quarter == quarter.name, columns.service == service)
    last = connection.execute(select(tables.reflections).where(*mine).with_for_update()).first()
    version = edits.following(last, seen)
    connection.execute(delete(tables.reflections).where(*mine))
    connection.execute(
        tables.reflections.insert().values(
            quarter=quarter.name,
            service=service,
            reflection=said.reflection.strip(),
            accomplishments=said.accomplishments.strip(),
            who=said.who.strip(),
            at=said.at,
            version=version,
        )
    )


def read(connection: Connection, quarter: Period) -> Mapping[str, Reflection]:
    """Those of a quarter, by service."""
    query = select(tables.reflections).where(tables.reflections.c.quarter == quarter.name)
    return {
        row.service: Reflection(row.reflection, row.accomplishments, row.who, row.at, row.version)
        for row in connection.execute(query)
    }

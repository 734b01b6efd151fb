"""What a service makes of its numbers, and what it did of late: the text that OMB asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from cxserver import tables
from cxserver.errors import ServerError
from cxserver.periods import Period

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Reflection:
    """Two texts of a service about a quarter, and who wrote them."""

    reflection: str
    accomplishments: str
    who: str
    at: datetime


def put(connection: Connection, quarter: Period, service: str, said: Reflection) -> None:
    """Keep these texts in the place of earlier ones. Raises ServerError."""
    if max(len(said.reflection), len(said.accomplishments)) > MOST:
        raise ServerError(f"A text takes {MOST:,} characters.")
    if not said.who.strip():
        raise ServerError("Say who writes it (--who).")
    held = tables.reflections.c
    connection.execute(
        delete(tables.reflections).where(held.quarter == quarter.name, held.service == service)
    )
    connection.execute(
        tables.reflections.insert().values(
            quarter=quarter.name,
            service=service,
            reflection=said.reflection.strip(),
            accomplishments=said.accomplishments.strip(),
            who=said.who.strip(),
            at=said.at,
        )
    )


def read(connection: Connection, quarter: Period) -> Mapping[str, Reflection]:
    """Those of a quarter, by service."""
    query = select(tables.reflections).where(tables.reflections.c.quarter == quarter.name)
    return {
        row.service: Reflection(row.reflection, row.accomplishments, row.who, row.at)
        for row in connection.execute(query)
    }

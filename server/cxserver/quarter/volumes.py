"""Customers served and customers offered the survey: numbers that only the agency knows.

"Offered" is what everybody gets wrong. It is links sent, prompts shown, people who passed the
kiosk: never the number of times that a form was looked at. So it is given by a person, with its
source, and never guessed from what we count.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from cxserver import periods, tables
from cxserver.errors import ServerError
from cxserver.periods import Period
from cxserver.quarter import edits

MOST = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Volume:
    """The two numbers of a service by a channel in a quarter, and where they come from."""

    served: int
    offered: int
    source: str
    who: str
    at: datetime
    version: int = field(default=0, compare=False)


def put(
    connection: Connection,
    quarter: Period,
    service: str,
    channel: str,
    volume: Volume,
    seen: int | None = None,
) -> None:
    """Keep these numbers in the place of earlier ones.

    `seen` is the version that somebody had before their eyes, 0 for none; a command, which shows
    nothing, gives None. Raises ServerError, and Conflict where that is not the last version.
    """
    _check(volume)
    columns = tables.volumes.c
    mine = (columns.quarter == quarter.name, columns.service == service, columns.channel == channel)
    last = connection.execute(select(tables.volumes).where(*mine).with_for_update()).first()
    version = edits.following(last, seen)
    connection.execute(delete(tables.volumes).where(*mine))
    connection.execute(
        tables.volumes.insert().values(
            quarter=quarter.name,
            service=service,
            channel=channel,
            served=volume.served,
            offered=volume.offered,
            source=volume.source.strip(),
            who=volume.who.strip(),
            at=volume.at,
            version=version,
        )
    )


def read(connection: Connection, quarter: Period) -> Mapping[tuple[str, str], Volume]:
    """Those of a quarter, by service and channel."""
    query = select(tables.volumes).where(tables.volumes.c.quarter == quarter.name)
    return {(row.service, row.channel): _volume(row) for row in connection.execute(query)}


def newest(
    connection: Connection, services: Collection[str]
) -> tuple[Period | None, Mapping[tuple[str, str], Volume]]:
    """The newest quarter that has any for these services, and those, by service and channel."""
    columns = tables.volumes.c
    mine = columns.service.in_(sorted(services))
    last = select(func.max(columns.quarter)).where(mine).scalar_subquery()
    rows = connection.execute(select(tables.volumes).where(mine, columns.quarter == last)).all()
    quarter = periods.named(rows[0].quarter) if rows else None
    return quarter, {(row.service, row.channel): _volume(row) for row in rows}


def _volume(row: Any) -> Volume:
    return Volume(row.served, row.offered, row.source, row.who, row.at, row.version)


def _check(volume: Volume) -> None:
    if not 0 <= volume.offered <= volume.served <= MOST:
        raise ServerError(
            "Customers served and offered are whole numbers, and nobody is offered the survey "
            "who was not served: 0 ≤ offered ≤ served."
        )
    if not volume.source.strip() or not volume.who.strip():
        raise ServerError("Say where the numbers come from (--source) and who gives them (--who).")
    if len(volume.source) > 300:
        raise ServerError("The source takes 300 characters.")

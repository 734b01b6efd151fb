"""Where links of places were put up. Minting remembers nothing, so `cx` notes what it has made.

A note holds no token and no nonce: it opens nothing. It is there to warn before a link ends.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from cxserver import tables
from cxserver.timekeeping import evidence

# A link that ended is told this long, and then forgotten: by then the wall has been looked at.
AFTERWARDS = timedelta(days=30)
_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Placement:
    """One link of a place. `kid` is the key it was minted with, when that is known."""

    service: str
    office: str
    kind: str
    place: str
    expires: date
    kid: int | None = None


def note(
    connection: Connection,
    service: str,
    office: str,
    kind: str,
    place: str | None,
    expires: date,
    today: date,
    *,
    kid: int | None = None,
) -> None:
    """Remember that a place got a link until `expires`; what the same place had is replaced."""
    columns = tables.placements.c
    name = (place or "")[:_LENGTH]
    mine = (
        columns.service == service,
        columns.office == office,
        columns.kind == kind,
        columns.place == name,
    )
    # Two links without a place's name may hang side by side: both are kept in mind.
    earlier = mine if name else (*mine, columns.expires == expires)
    connection.execute(delete(tables.placements).where(*earlier))
    if not evidence.is_doubtful(connection, datetime.combine(today, time(), UTC)):
        connection.execute(delete(tables.placements).where(columns.expires < today - AFTERWARDS))
    connection.execute(
        tables.placements.insert().values(
            service=service,
            office=office,
            kind=kind,
            place=name,
            expires=expires,
            kid=kid,
            noted=today,
        )
    )


def ending(
    connection: Connection,
    today: date,
    within: timedelta,
    services: frozenset[str] | None,
    offices: frozenset[str] | None,
) -> list[Placement]:
    """The links of these services and offices (None: of all) that end soon, or ended lately."""
    columns = tables.placements.c
    query = _noted(today).where(columns.expires <= today + within)
    if services is not None:
        query = query.where(columns.service.in_(sorted(services)))
    if offices is not None:
        query = query.where(columns.office.in_(sorted(offices)))
    return [Placement(*row) for row in connection.execute(query)]


def known(connection: Connection, today: date) -> list[Placement]:
    """Every link noted, the first to end first; those that ended long ago are left out."""
    return [Placement(*row) for row in connection.execute(_noted(today))]


def _noted(today: date) -> Select[Any]:
    columns = tables.placements.c
    return (
        select(
            columns.service,
            columns.office,
            columns.kind,
            columns.place,
            columns.expires,
            columns.kid,
        )
        .where(columns.expires >= today - AFTERWARDS)
        .order_by(columns.expires, columns.service, columns.office, columns.kind, columns.place)
    )

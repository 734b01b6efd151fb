"""Where links of places were put up. Minting remembers nothing, so `cx` notes what it has made.

A note holds no token and no nonce: it opens nothing. It is there to warn before a link ends.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, delete, select

from cxserver import tables

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


def known(connection: Connection, today: date) -> list[Placement]:
    """Every link noted, the first to end first; those that ended long ago are left out."""
    columns = tables.placements.c
    query = (
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
    return [Placement(*row) for row in connection.execute(query)]

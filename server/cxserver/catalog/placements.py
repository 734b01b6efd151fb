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
    held = tables.placements.c
    name = (place or "")[:_LENGTH]
    mine = (held.service == service, held.office == office, held.kind == kind, held.place == name)
    # Two links without a place's name may hang side by side: both are kept in mind.
    earlier = mine if name else (*mine, held.expires == expires)
    connection.execute(delete(tables.placements).where(*earlier))
    connection.execute(delete(tables.placements).where(held.expires < today - AFTERWARDS))
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
    held = tables.placements.c
    query = (
        select(held.service, held.office, held.kind, held.place, held.expires, held.kid)
        .where(held.expires >= today - AFTERWARDS)
        .order_by(held.expires, held.service, held.office, held.kind, held.place)
    )
    return [Placement(*row) for row in connection.execute(query)]

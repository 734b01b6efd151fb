"""Keys that agencies hold: created, listed, revoked. The database knows their numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from cxsdk.keys import Key
from cxserver import tables
from cxserver.catalog import directory
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import NotFound

# So many names help who mistyped one; two thousand do not.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key. `revoked` lists the offices it is revoked at ("" means everywhere)."""

    service: str
    kid: int
    office: str | None
    issued: date
    revoked: tuple[str, ...]


def issue(
    connection: Connection, roots: RootKeys, service: str, office: str | None, today: date
) -> Key:
    """Create the next key of a service, or of one of its offices. Raises NotFound."""
    check_exists(connection, service, office)
    columns = tables.link_keys.c
    newest = connection.execute(
        select(func.max(columns.kid)).where(columns.service == service)
    ).scalar()
    kid = (newest or 0) + 1
    connection.execute(
        tables.link_keys.insert().values(
            service=service, kid=kid, office=office, epoch=roots.newest, issued=today
        )
    )
    directory.bump(connection)
    key = Key(service, kid, roots.service_secret(service, kid, roots.newest))
    return key.for_office(office) if office else key


def current(connection: Connection, roots: RootKeys, service: str, today: date) -> Key:
    """The newest sound key of a whole service, for minting here; cut one when there is none."""
    columns = tables.link_keys.c
    withdrawn = select(tables.revocations.c.kid).where(
        tables.revocations.c.service == service, tables.revocations.c.nonce == ""
    )
    row = connection.execute(
        select(tables.link_keys)
        .where(columns.service == service, columns.office.is_(None), columns.kid.not_in(withdrawn))
        .order_by(columns.kid.desc())
    ).first()
    if row is None:
        return issue(connection, roots, service, None, today)
    return Key(service, row.kid, roots.service_secret(service, row.kid, row.epoch))


def records(connection: Connection) -> list[KeyRecord]:
    """Every key, by service and number."""
    withdrawn: dict[tuple[str, int], list[str]] = {}
    for row in connection.execute(select(tables.revocations)):
        if not row.nonce:
            withdrawn.setdefault((row.service, row.kid), []).append(row.office)
    columns = tables.link_keys.c
    return [
        KeyRecord(
            row.service,
            row.kid,
            row.office,
            row.issued,
            tuple(sorted(withdrawn.get((row.service, row.kid), []))),
        )
        for row in connection.execute(
            select(tables.link_keys).order_by(columns.service, columns.kid)
        )
    ]


def revoke(
    connection: Connection, service: str, kid: int, today: date, office: str = "", nonce: str = ""
) -> None:
    """Revoke a key, a key at one office, or one link. Total: a thief could back-date links."""
    columns = tables.link_keys.c
    if not connection.execute(
        select(columns.kid).where(columns.service == service, columns.kid == kid)
    ).first():
        raise NotFound(f"Service '{service}' has no key {kid}. To list its keys: cx key list")
    gone = tables.revocations
    already = connection.execute(
        select(gone.c.kid).where(
            gone.c.service == service,
            gone.c.kid == kid,
            gone.c.office == office,
            gone.c.nonce == nonce,
        )
    ).first()
    if already:
        return
    connection.execute(
        gone.insert().values(service=service, kid=kid, office=office, nonce=nonce, since=today)
    )
    directory.bump(connection)


def check_exists(connection: Connection, service: str, office: str | None) -> None:
    """Raise NotFound unless the catalog has this service, and this office in it."""
    known = tables.services.c.slug
    services = connection.execute(select(known).order_by(known)).scalars().all()
    if service not in services:
        listing = _listed(services)
        raise NotFound(f"There is no service '{service}' in the catalog. {listing}")
    served = tables.service_offices.c
    query = select(served.office).where(served.service == service).order_by(served.office)
    offices = connection.execute(query).scalars().all() if office else ()
    if office and office not in offices:
        listing = _listed(offices)
        raise NotFound(f"Service '{service}' has no office '{office}' in the catalog. {listing}")


def _listed(slugs: Sequence[str]) -> str:
    if not slugs:
        return "It is empty: see `cx catalog apply`."
    more = f" and {len(slugs) - _SHOWN:,} more" if len(slugs) > _SHOWN else ""
    return f"There are: {', '.join(slugs[:_SHOWN])}{more}."

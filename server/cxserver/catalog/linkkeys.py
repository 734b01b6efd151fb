"""Keys that agencies hold: created, listed, revoked. The database knows their numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, func, select

from cxsdk.keys import Key
from cxserver import tables
from cxserver.catalog import directory, names
from cxserver.catalog.directory import Directory
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import NotFound

State = Literal["active", "retiring", "revoked"]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key. `revoked` lists the offices it is revoked at ("" means everywhere)."""

    service: str
    kid: int
    office: str | None
    issued: date
    revoked: tuple[str, ...]


def states(records: Sequence[KeyRecord]) -> dict[tuple[str, int], State]:
    """What each key is good for, by service and number.

    The newest sound key of a service, or of an office, is active. An older one is retiring: its
    links open until somebody revokes it, and with the newer one it keeps a `ref` one answer.
    """
    sound = [record for record in records if "" not in record.revoked]
    newest: dict[tuple[str, str | None], int] = {}
    for record in sound:
        scope = record.service, record.office
        newest[scope] = max(record.kid, newest.get(scope, 0))
    result: dict[tuple[str, int], State] = {
        (record.service, record.kid): "revoked" for record in records
    }
    for record in sound:
        is_newest = record.kid == newest[record.service, record.office]
        result[record.service, record.kid] = "active" if is_newest else "retiring"
    return result


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
    """The newest sound key of a whole service, for minting here; create one when there is none."""
    return minting(connection, roots, service, today)[-1]


def minting(connection: Connection, roots: RootKeys, service: str, today: date) -> tuple[Key, ...]:
    """All sound keys of a whole service, the newest last; create one when there is none.

    An `Issuer` signs with the last, and takes from the first what makes a `ref` one answer.
    """
    columns = tables.link_keys.c
    withdrawn = select(tables.revocations.c.kid).where(
        tables.revocations.c.service == service, tables.revocations.c.nonce == ""
    )
    rows = connection.execute(
        select(tables.link_keys)
        .where(columns.service == service, columns.office.is_(None), columns.kid.not_in(withdrawn))
        .order_by(columns.kid)
    ).all()
    if not rows:
        return (issue(connection, roots, service, None, today),)
    return tuple(
        Key(service, row.kid, roots.service_secret(service, row.kid, row.epoch)) for row in rows
    )


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


def of_services(
    connection: Connection, known: Directory, services: frozenset[str] | None
) -> list[KeyRecord]:
    """The keys of these services (None: of all), by one query: what is revoked everywhere is known
    to the directory.
    """
    columns = tables.link_keys.c
    query = select(tables.link_keys).order_by(columns.service, columns.kid)
    if services is not None:
        query = query.where(columns.service.in_(sorted(services)))
    return [
        KeyRecord(
            row.service,
            row.kid,
            row.office,
            row.issued,
            ("",) if known.revocations.covers(row.service, row.kid, "", "") else (),
        )
        for row in connection.execute(query)
    ]


def revoke(
    connection: Connection, service: str, kid: int, today: date, office: str = "", nonce: str = ""
) -> None:
    """Revoke a key, a key at one office, or one link. Total: a thief could back-date links."""
    columns = tables.link_keys.c
    check_exists(connection, service, office or None)
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
    names.check_office(directory.load(connection), office, service)

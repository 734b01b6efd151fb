"""The staff who may sign in, and the one-time links that let them in the first time."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from cxserver import tables
from cxserver.accounts import sessions
from cxserver.accounts.roles import BREAK_GLASS_LIVES, INVITE_LIVES, Member, Role
from cxserver.errors import NotFound

# A secret says itself what it is, and its hash covers that: none can be turned into the other. No
# other secret has a dot.
_BREAK_GLASS = "break-glass."
_SECRET = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as `cx staff list` shows one."""

    member: Member
    bound: bool
    created: datetime
    seen: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the identity provider says somebody is: the issuer and its own unchanging name."""

    issuer: str
    subject: str


def invite(connection: Connection, wanted: Member, now: datetime) -> tuple[Member, str]:
    """The member by this email address, and the secret of a link that signs in once."""
    member = know(connection, wanted, now)
    return member, link(connection, member, now)


def know(connection: Connection, wanted: Member, now: datetime) -> Member:
    """The member by this email address, without any link.

    Somebody who is known already gets this role, and is signed out wherever they were.
    """
    email = address(wanted.email)
    row = _by_email(connection, email)
    columns: dict[str, Any] = {
        "name": wanted.name or (row.name if row else ""),
        "role": wanted.role.value,
        "office": wanted.office,
        "service": wanted.service,
        "revoked": None,
    }
    if row is None:
        id = secrets.token_hex(16)
        connection.execute(
            tables.staff_members.insert().values(id=id, email=email, created=now, **columns)
        )
    else:
        id = row.id
        staff = tables.staff_members
        columns["version"] = staff.c.version + 1
        connection.execute(update(staff).where(staff.c.id == id).values(**columns))
        sessions.end_all(connection, id)
    invites = tables.staff_invites
    late = (invites.c.member == id) | (invites.c.expires <= now)
    connection.execute(delete(invites).where(late))
    return _known(connection, id)


def link(
    connection: Connection, member: Member, now: datetime, *, break_glass: bool = False
) -> str:
    """The secret of a new link that signs this member in once, for a day.

    With `break_glass` for an hour, and also where the identity provider lets people in.
    """
    secret = (_BREAK_GLASS if break_glass else "") + secrets.token_urlsafe(_SECRET)
    ends = now + (BREAK_GLASS_LIVES if break_glass else INVITE_LIVES)
    connection.execute(
        tables.staff_invites.insert().values(
            secret_hash=_hash(secret), member=member.id, expires=ends
        )
    )
    return secret


def breaks_glass(secret: str) -> bool:
    """Whether this is the secret of a link that was made to get round the provider."""
    return secret.startswith(_BREAK_GLASS)


def revoke(connection: Connection, email: str, now: datetime) -> Member:
    """Shut somebody out: no session, no link, no sign-in from now on. Raises NotFound."""
    row = _by_email(connection, address(email))
    if row is None or row.revoked:
        raise NotFound(
            f"Nobody with the address {email} can sign in. To list who can: cx staff list"
        )
    staff = tables.staff_members
    # Who was let back in later, under the same address, need not be the same person.
    out = {"revoked": now, "issuer": None, "subject": None, "version": staff.c.version + 1}
    connection.execute(update(staff).where(staff.c.id == row.id).values(**out))
    connection.execute(delete(tables.staff_invites).where(tables.staff_invites.c.member == row.id))
    sessions.end_all(connection, row.id)
    return _member(row)


def peek(connection: Connection, secret: str, now: datetime) -> Member | None:
    """Whom a link would sign in. It stays unused."""
    invites = tables.staff_invites.c
    row = connection.execute(
        select(invites.member)
        .where(invites.secret_hash == _hash(secret))
        .where(invites.expires > now)
    ).first()
    return find(connection, row.member) if row else None


def take(connection: Connection, secret: str, now: datetime) -> Member | None:
    """Whom a link signs in, which uses it up; None for any other."""
    invites = tables.staff_invites
    # One statement takes it out: of two who press the button at once, one gets in.
    row = connection.execute(
        delete(invites)
        .where(invites.c.secret_hash == _hash(secret))
        .returning(invites.c.member, invites.c.expires)
    ).first()
    if row is None or row.expires <= now:
        return None
    return find(connection, row.member)


def identified(connection: Connection, identity: Identity, email: str, name: str) -> Member | None:
    """The member whom the provider knows by this identity.

    The first time, an invited address becomes bound to it; `email` is "" when the provider did not
    verify it. After that the address means nothing: it may be given to somebody else.
    """
    staff = tables.staff_members
    same = (staff.c.issuer == identity.issuer) & (staff.c.subject == identity.subject)
    row = connection.execute(select(staff).where(same, staff.c.revoked.is_(None))).first()
    if row is None and email:
        row = connection.execute(
            update(staff)
            .where(staff.c.email == address(email), staff.c.subject.is_(None))
            .where(staff.c.revoked.is_(None))
            .values(
                issuer=identity.issuer,
                subject=identity.subject,
                version=staff.c.version + 1,
            )
            .returning(staff)
        ).first()
    if row is not None and name and not row.name:
        known = {"name": name[:200], "version": staff.c.version + 1}
        connection.execute(update(staff).where(staff.c.id == row.id).values(**known))
        return find(connection, row.id)
    return _member(row) if row else None


def find(connection: Connection, id: str) -> Member | None:
    """The member by this id, unless shut out."""
    staff = tables.staff_members
    row = connection.execute(
        select(staff).where(staff.c.id == id, staff.c.revoked.is_(None))
    ).first()
    return _member(row) if row else None


def of_ids(connection: Connection, ids: Iterable[str]) -> list[Member]:
    """The members by these ids, but those who are shut out."""
    staff = tables.staff_members
    query = select(staff).where(staff.c.id.in_(list(ids)), staff.c.revoked.is_(None))
    return [_member(row) for row in connection.execute(query)]


def by_email(connection: Connection, email: str) -> Member | None:
    """The member by this email address, unless revoked."""
    row = _by_email(connection, address(email))
    return _member(row) if row is not None and not row.revoked else None


def of_roles(connection: Connection, roles: Iterable[Role], offices: Iterable[str]) -> list[Member]:
    """All who may sign in with one of these roles; of those for one office, the ones of these."""
    staff = tables.staff_members
    rows = connection.execute(
        select(staff)
        .where(staff.c.revoked.is_(None), staff.c.role.in_([role.value for role in roles]))
        .where(or_(staff.c.office.is_(None), staff.c.office.in_(list(offices))))
    )
    return [_member(row) for row in rows]


def everyone(connection: Connection) -> list[Entry]:
    """All who may sign in, or might once, by their address."""
    rows = connection.execute(select(tables.staff_members).order_by(tables.staff_members.c.email))
    last = sessions.last_seen(connection)
    return [
        Entry(_member(row), row.subject is not None, row.created, last.get(row.id), row.revoked)
        for row in rows
    ]


def forget(connection: Connection, now: datetime) -> None:
    """Delete the links that came too late."""
    connection.execute(delete(tables.staff_invites).where(tables.staff_invites.c.expires <= now))


def address(email: str) -> str:
    """An email address as it is compared: nobody is two people by a capital letter."""
    return email.strip().lower()


def _by_email(connection: Connection, email: str) -> Any:
    staff = tables.staff_members
    return connection.execute(select(staff).where(staff.c.email == email)).first()


def _known(connection: Connection, id: str) -> Member:
    member = find(connection, id)
    if member is None:
        raise LookupError("a member who is not there")
    return member


def _member(row: Any) -> Member:
    return Member(row.id, row.email, row.name, Role(row.role), row.office, row.service)


def _hash(secret: str) -> bytes:
    # 256 random bits need no slow hash, nor a salt.
    return hashlib.sha256(secret.encode()).digest()

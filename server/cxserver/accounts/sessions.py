"""Who is signed in: random ids in a cookie, kept here as hashes alone, each with two ends.

A session ends 30 minutes after its last page and 12 hours after it began (SP 800-63B, AAL2).
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from cxserver import tables
from cxserver.accounts.roles import Member, Role

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_BYTES = 32
# The id of a session says itself that the identity provider began it, and its hash covers that.
_PROVIDER = "provider."
# Signing out there, a browser carries the token in an address: longer ones do not get through.
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, since when, and when they were last seen."""

    member: Member
    begun: datetime
    seen: datetime

    @property
    def last_end(self) -> datetime:
        """The end that nothing moves."""
        return self.begun + ABSOLUTE

    @property
    def end(self) -> datetime:
        """When it ends if nobody opens another page."""
        return min(self.seen + IDLE, self.last_end)

    def seen_at(self, now: datetime) -> "Session":
        """The same session, used again."""
        return replace(self, seen=now)


def begin(
    connection: Connection,
    member: Member,
    now: datetime,
    previous: str = "",
    *,
    at_provider: bool = False,
    id_token: str = "",
) -> str:
    """A fresh session; the `previous` one of this browser ends. Gives the id for its cookie.

    `id_token` is the provider's, and goes back to it when this person signs out.
    """
    table = tables.staff_sessions
    over = (table.c.seen <= now - IDLE) | (table.c.begun <= now - ABSOLUTE)
    connection.execute(delete(table).where(over | (table.c.id_hash == _hash(previous))))
    id = (_PROVIDER if at_provider else "") + secrets.token_urlsafe(_BYTES)
    hint = id_token if len(id_token) <= _LONGEST else ""
    connection.execute(
        table.insert().values(
            id_hash=_hash(id), member=member.id, begun=now, seen=now, id_token=hint or None
        )
    )
    return id


def find(connection: Connection, id: str, now: datetime) -> Session | None:
    """The session of this id, unless it has ended."""
    sessions, staff = tables.staff_sessions, tables.staff_members
    row = connection.execute(
        select(staff, sessions.c.begun, sessions.c.seen)
        .join(sessions, sessions.c.member == staff.c.id)
        .where(sessions.c.id_hash == _hash(id), staff.c.revoked.is_(None))
        .where(sessions.c.seen > now - IDLE, sessions.c.begun > now - ABSOLUTE)
    ).first()
    if row is None:
        return None
    member = Member(row.id, row.email, row.name, Role(row.role), row.office, row.service)
    return Session(member, row.begun, row.seen)


def began_at_provider(id: str) -> bool:
    """Whether the identity provider signed this session in."""
    return id.startswith(_PROVIDER)


def touch(connection: Connection, id: str, now: datetime) -> None:
    """It was used just now."""
    table = tables.staff_sessions
    connection.execute(update(table).where(table.c.id_hash == _hash(id)).values(seen=now))


def end(connection: Connection, id: str) -> str:
    """End one session. Gives the provider's `id_token` it began with, "" for none."""
    table = tables.staff_sessions
    ended = delete(table).where(table.c.id_hash == _hash(id)).returning(table.c.id_token)
    return connection.execute(ended).scalar() or ""


def end_all(connection: Connection, member: str) -> None:
    """End all of a member's sessions."""
    table = tables.staff_sessions
    connection.execute(delete(table).where(table.c.member == member))


def last_seen(connection: Connection) -> dict[str, datetime]:
    """When each member who is signed in was last seen."""
    columns = tables.staff_sessions.c
    rows = connection.execute(
        select(columns.member, func.max(columns.seen)).group_by(columns.member)
    )
    return {row[0]: row[1] for row in rows}


def _hash(id: str) -> bytes:
    return hashlib.sha256(id.encode()).digest()

"""Who is signed in: random ids in a cookie, kept here as hashes alone, each with two ends.

A session ends 30 minutes after its last page and 12 hours after it began (SP 800-63B, AAL2).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from cxserver import tables
from cxserver.accounts.roles import Member, Role

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_BYTES = 32
# The id of a session says itself that the identity provider began it, and its hash covers that.
_PROVIDER = "provider."


def begin(
    connection: Connection,
    member: Member,
    now: datetime,
    previous: str = "",
    *,
    at_provider: bool = False,
) -> str:
    """A fresh session; the `previous` one of this browser ends. Gives the id for its cookie."""
    table = tables.staff_sessions
    over = (table.c.seen <= now - IDLE) | (table.c.begun <= now - ABSOLUTE)
    connection.execute(delete(table).where(over | (table.c.id_hash == _hash(previous))))
    id = (_PROVIDER if at_provider else "") + secrets.token_urlsafe(_BYTES)
    connection.execute(
        table.insert().values(id_hash=_hash(id), member=member.id, begun=now, seen=now)
    )
    return id


def find(connection: Connection, id: str, now: datetime) -> tuple[Member, datetime] | None:
    """Whose session this is and when it was last seen, unless it has ended."""
    sessions, staff = tables.staff_sessions, tables.staff_members
    row = connection.execute(
        select(staff, sessions.c.seen)
        .join(sessions, sessions.c.member == staff.c.id)
        .where(sessions.c.id_hash == _hash(id), staff.c.revoked.is_(None))
        .where(sessions.c.seen > now - IDLE, sessions.c.begun > now - ABSOLUTE)
    ).first()
    if row is None:
        return None
    member = Member(row.id, row.email, row.name, Role(row.role), row.office, row.service)
    return member, row.seen


def began_at_provider(id: str) -> bool:
    """Whether the identity provider signed this session in."""
    return id.startswith(_PROVIDER)


def touch(connection: Connection, id: str, now: datetime) -> None:
    """It was used just now."""
    table = tables.staff_sessions
    connection.execute(update(table).where(table.c.id_hash == _hash(id)).values(seen=now))


def end(connection: Connection, id: str) -> None:
    """End one session."""
    table = tables.staff_sessions
    connection.execute(delete(table).where(table.c.id_hash == _hash(id)))


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

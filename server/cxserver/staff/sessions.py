"""Who is signed in: random ids in a cookie, kept here as hashes alone, each with two ends.

A session ends 30 minutes after its last page and 12 hours after it began (SP 800-63B, AAL2).
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, func, select, update
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import tables
from cxserver.settings import Settings
from cxserver.staff.access import Member, Role
from cxserver.staff.snapshot import Snapshot

if TYPE_CHECKING:
    from cxserver.staff.backroom import Backroom

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
# A page within a minute of the last one writes nothing.
_STEP = timedelta(minutes=1)
_SECURE, _PLAIN = "__Host-cx-staff", "cx-staff"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
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
    held = tables.staff_sessions
    over = (held.c.seen <= now - IDLE) | (held.c.begun <= now - ABSOLUTE)
    connection.execute(delete(held).where(over | (held.c.id_hash == _hash(previous))))
    id = (_PROVIDER if at_provider else "") + secrets.token_urlsafe(_BYTES)
    connection.execute(
        held.insert().values(id_hash=_hash(id), member=member.id, begun=now, seen=now)
    )
    return id


def find(connection: Connection, id: str, now: datetime) -> tuple[Member, datetime] | None:
    """Whose session this is and when it was last seen, unless it has ended."""
    held, staff = tables.staff_sessions, tables.staff_members
    row = connection.execute(
        select(staff, held.c.seen)
        .join(held, held.c.member == staff.c.id)
        .where(held.c.id_hash == _hash(id), staff.c.revoked.is_(None))
        .where(held.c.seen > now - IDLE, held.c.begun > now - ABSOLUTE)
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
    held = tables.staff_sessions
    connection.execute(update(held).where(held.c.id_hash == _hash(id)).values(seen=now))


def end(connection: Connection, id: str) -> None:
    """End one session."""
    held = tables.staff_sessions
    connection.execute(delete(held).where(held.c.id_hash == _hash(id)))


def end_all(connection: Connection, member: str) -> None:
    """End all of a member's sessions."""
    held = tables.staff_sessions
    connection.execute(delete(held).where(held.c.member == member))


def last_seen(connection: Connection) -> dict[str, datetime]:
    """When each member who is signed in was last seen."""
    held = tables.staff_sessions.c
    rows = connection.execute(select(held.member, func.max(held.seen)).group_by(held.member))
    return {row[0]: row[1] for row in rows}


def member_of(
    request: Request, back: "Backroom", snapshot: Snapshot, now: datetime
) -> Member | None:
    """Who sent this request, if they are signed in; their session has been seen now."""
    id = id_of(request, back.settings)
    if not id:
        return None
    found = find(snapshot.connection, id, now)
    if found is None:
        return None
    member, seen = found
    if now - seen >= _STEP:
        with snapshot.write() as connection:
            touch(connection, id, now)
    return member


def id_of(request: Request, settings: Settings) -> str:
    """The session's id that the browser sent, "" for none. Raises HTTPException(403)."""
    return request.cookies.get(cookie_name(request, settings), "")


def give(response: Response, request: Request, settings: Settings, id: str) -> None:
    """Put the session's cookie on a response."""
    name = cookie_name(request, settings)
    secure = name == _SECURE
    response.set_cookie(name, id, path="/", secure=secure, httponly=True, samesite="lax")


def take_back(response: Response, request: Request, settings: Settings) -> None:
    """Take the cookie away."""
    name = cookie_name(request, settings)
    secure = name == _SECURE
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def cookie_name(request: Request, settings: Settings) -> str:
    """The cookie's name. Without https nobody signs in, except on this very machine.

    Browsers take `__Host-` only over https, for this host alone: no neighbour can plant one.
    """
    if settings.base_url.startswith("https://"):
        return _SECURE
    if (urlsplit(f"//{request.headers.get('host', '')}").hostname or "") in _LOOPBACK:
        return _PLAIN
    raise HTTPException(403, "Staff pages open over https alone, or on the server itself.")


def _hash(id: str) -> bytes:
    return hashlib.sha256(id.encode()).digest()

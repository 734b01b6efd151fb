"""The cookie of whoever is signed in, and the session behind it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import sessions
from cxserver.accounts.sessions import Session
from cxserver.settings import Settings
from cxserver.staff.snapshot import Snapshot

if TYPE_CHECKING:
    from cxserver.staff.context import StaffContext

# A page within a minute of the last one writes nothing.
_STEP = timedelta(minutes=1)
_SECURE, _PLAIN = "__Host-cx-staff", "cx-staff"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def session_of(
    request: Request, staff: "StaffContext", snapshot: Snapshot, now: datetime, *, extends: bool
) -> Session | None:
    """The session of whoever sent this request, if they are signed in. If it `extends` the session,
    that has been seen now.
    """
    id = id_of(request, staff.settings)
    session = sessions.find(snapshot.connection, id, now) if id else None
    if session is None or not extends or now - session.seen < _STEP:
        return session
    with snapshot.write() as connection:
        sessions.touch(connection, id, now)
    return session.seen_at(now)


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

    Browsers take `__Host-` only over https, for this host alone: no neighbor can plant one.
    """
    if settings.base_url.startswith("https://"):
        return _SECURE
    if (urlsplit(f"//{request.headers.get('host', '')}").hostname or "") in _LOOPBACK:
        return _PLAIN
    raise HTTPException(403, "Staff pages open only over https, or on the server itself.")

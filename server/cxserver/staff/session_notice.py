"""When somebody is signed out, as their page says it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cxserver.accounts.sessions import Session
from cxserver.catalog.directory import Directory


@dataclass(frozen=True, slots=True)
class SessionNotice:
    """In so many seconds the session ends: by itself, and at the latest. `at` is the first of both
    as the agency's clocks show it. `is_last`: no page moves it.
    """

    left: int
    last: int
    at: str
    is_last: bool


def notice(session: Session, known: Directory, now: datetime) -> SessionNotice:
    """What to say of a session now."""
    zone = ZoneInfo(known.agency.timezone if known.agency else str(UTC))
    left, last = (
        max(0, int((moment - now).total_seconds())) for moment in (session.end, session.last_end)
    )
    local = session.end.astimezone(zone)
    at = f"{local:%I:%M %p %Z}".removeprefix("0")
    return SessionNotice(left, last, at, session.end == session.last_end)

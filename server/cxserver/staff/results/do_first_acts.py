"""POST /staff/findings: a colleague takes a finding, gives it back, or says that it is done."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.catalog import names
from cxserver.errors import Conflict
from cxserver.findings import memory
from cxserver.findings.memory import Key
from cxserver.instrument import drivers
from cxserver.results.question import Filters, today_of
from cxserver.staff import context
from cxserver.staff.guard import GuardedRoute, Visit

Act = Callable[[Connection, Key, Visit, date, int], None]


def act(request: Request, visit: Visit) -> Response:
    """Do it, in one transaction with its line in the audit log, and go back to the page."""
    what, do = _ACTS.get(_field(visit, "act"), (None, None))
    if what is None or do is None:
        raise HTTPException(422, f"Choose what to do: {', '.join(_ACTS)}.")
    key, seen = _key(visit), _field(visit, "version")
    version = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
    today = today_of(visit.directory, visit.now)
    try:
        with visit.write() as connection:
            do(connection, key, visit, today, version)
            about = f"{key.service}/{key.office}/{key.driver}"
            visit.staff.journal.write(connection, visit.member, what, about, "done", visit.now)
    except Conflict as conflict:
        raise HTTPException(409, f"{conflict} Go back and look again.") from None
    back = context.safe_page(_field(visit, "back").removeprefix(visit.staff.settings.path))
    return RedirectResponse(visit.staff.settings.path + back, 303)


def _take(connection: Connection, key: Key, visit: Visit, today: date, seen: int) -> None:
    memory.take(connection, key, visit.member.id, today, seen)


def _leave(connection: Connection, key: Key, visit: Visit, today: date, seen: int) -> None:
    memory.take(connection, key, None, today, seen)


def _close(connection: Connection, key: Key, visit: Visit, today: date, seen: int) -> None:
    memory.close(connection, key, today, seen)


def _key(visit: Visit) -> Key:
    """The finding that is meant, of an office and a service that this person sees."""
    key = Key(*(_field(visit, name) for name in ("service", "office", "driver")))
    if not (key.service and key.office):
        raise HTTPException(422, "This form names no finding. Go back and press the button again.")
    names.check_choice("driver", key.driver, drivers.CODES)
    # Raises NotFound where this person does not see the office or the service.
    Filters.read({"service": key.service, "office": key.office}, visit.reading())
    return key


def _field(visit: Visit, name: str) -> str:
    return visit.form.get(name, [""])[0].replace("\x00", "").strip()


_ACTS: dict[str, tuple[str, Act]] = {
    "take": ("take a finding", _take),
    "leave": ("leave a finding", _leave),
    "done": ("finish a finding", _close),
}

ROUTES = (GuardedRoute("/findings", act, roles.READERS, methods=("POST",)),)

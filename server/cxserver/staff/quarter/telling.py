"""POST /staff/quarter/tell: customers served and offered, reflection and accomplishments."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.errors import Conflict, ServerError
from cxserver.quarter import reflections, volumes
from cxserver.quarter.formats import channels
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.quarter import choosing, quarter
from cxserver.staff.quarter.choosing import Chosen
from cxserver.staff.quarter.quarter import RejectedInput

_NUMBERS = ("served", "offered")


def take(request: Request, visit: Visit) -> Response:
    """Keep what one service tells, all of it or nothing."""
    chosen, service = choosing.read(visit), choosing.field(visit, "service")
    if service not in visit.directory.services:
        raise HTTPException(422, "Open the page again: this service is not in the catalog.")
    try:
        _put(visit, chosen, service)
    except ServerError as error:
        typed = {name: values[0] for name, values in visit.form.items()}
        status = 409 if isinstance(error, Conflict) else 422
        return quarter.drawn(
            visit, chosen, RejectedInput(status, quarter.plainly(error), service, typed)
        )
    address = f"{visit.path}/quarter{chosen.query()}#service-{service}"
    return RedirectResponse(address, 303)


def _put(visit: Visit, chosen: Chosen, service: str) -> None:
    entered = {item: customers for item in channels.BY_NAME if (customers := _volume(visit, item))}
    with visit.write() as connection:
        for channel, volume in entered.items():
            seen = _seen(visit, channel)
            volumes.put(connection, chosen.quarter, service, channel, volume, seen)
        if said := _said(visit):
            seen = _seen(visit, "reflection")
            reflections.put(connection, chosen.quarter, service, said, seen)
        about = f"{chosen.quarter.name} {service}"
        visit.staff.journal.write(
            connection, visit.member, "tell of a quarter", about, "done", visit.now
        )


def _volume(visit: Visit, channel: str) -> Volume | None:
    """The numbers of a channel; None where nothing was typed. Raises ServerError."""
    typed = [choosing.field(visit, f"{name}-{channel}") for name in _NUMBERS]
    source = choosing.field(visit, f"source-{channel}")
    if not any((*typed, source)):
        return None
    served, offered = map(_number, typed)
    return Volume(served, offered, source, visit.member.email, visit.now)


def _seen(visit: Visit, what: str) -> int:
    """The version that the form was drawn with; 0 for none."""
    text = choosing.field(visit, f"seen-{what}")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _number(typed: str) -> int:
    bare = typed.replace(",", "").replace(" ", "")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 12):
        raise ServerError("Customers served and offered are whole numbers such as 12000.")
    return int(bare)


def _said(visit: Visit) -> Reflection | None:
    if not {"reflection", "accomplishments"} & visit.form.keys():
        return None
    reflection, did = (choosing.field(visit, name) for name in ("reflection", "accomplishments"))
    return Reflection(reflection, did, visit.member.email, visit.now)


_WRITTEN = {
    "served-": "Customers served",
    "offered-": "Of them, offered the survey",
    "source-": "Where the numbers come from",
    "reflection": "Reflection",
    "accomplishments": "Accomplishments",
}
ROUTES = (GuardedRoute("/quarter/tell", take, roles.FILERS, methods=("POST",), words=_WRITTEN),)

"""The staff pages under /staff: what the answers say, for the people who run the service."""

from starlette.routing import Route

from cxserver import relying
from cxserver.intake.desk import Desk
from cxserver.pages.static import Files
from cxserver.settings import Settings
from cxserver.staff import (
    auditpage,
    backroom,
    case,
    catalogue,
    comments,
    digestroom,
    drivers,
    offices,
    overview,
    places,
    quarter,
    record,
    redact,
    response,
    review,
    reviewredact,
    rooms,
    said,
    signin,
    telling,
)
from cxserver.staff.backroom import Backroom
from cxserver.staff.rooms import Room

# In the order of the navigation.
ROOMS: tuple[Room, ...] = (
    *overview.ROOMS,
    *offices.ROOMS,
    *drivers.ROOMS,
    *comments.ROOMS,
    *case.ROOMS,
    *redact.ROOMS,
    *said.ROOMS,
    *response.ROOMS,
    *places.ROOMS,
    *quarter.ROOMS,
    *telling.ROOMS,
    *review.ROOMS,
    *reviewredact.ROOMS,
    *record.ROOMS,
    *catalogue.ROOMS,
    *digestroom.ROOMS,
    *auditpage.ROOMS,
    *signin.ROOMS,
)


def routes() -> list[Route]:
    """Every staff address: the doors, which are open, and the rooms, which are guarded."""
    return [*signin.doors(), *rooms.routes(ROOMS)]


def check(settings: Settings) -> None:
    """Raise ServerError when sign-in is set up in half, or asks for what is not installed."""
    relying.check(settings)


def prepare(desk: Desk, files: Files, *, demo: bool) -> Backroom:
    """What the pages need, as `app.state.backroom`."""
    return backroom.make(desk, files, demo=demo)

"""The staff pages under /staff: what the answers say, for the people who run the service."""

from starlette.routing import Route

from cxserver import oidc_client
from cxserver.intake.answer_service import AnswerService
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
from cxserver.staff.backroom import StaffContext
from cxserver.staff.rooms import Room
from cxserver.web.static_files import Files

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
    oidc_client.check(settings)


def prepare(desk: AnswerService, files: Files, *, demo: bool) -> StaffContext:
    """What the pages need, as `app.state.staff`."""
    return backroom.make(desk, files, demo=demo)

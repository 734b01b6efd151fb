"""Every staff page in one list, and what they need to be served."""

from starlette.routing import Route

from cxserver import oidc_client
from cxserver.intake.answer_service import AnswerService
from cxserver.settings import Settings
from cxserver.staff import alerts, context, guard
from cxserver.staff.admin import audit, catalog, digest, places, records
from cxserver.staff.comments import case, comments, redact, said
from cxserver.staff.context import StaffContext
from cxserver.staff.guard import GuardedRoute
from cxserver.staff.quarter import quarter, record, review, review_redaction, telling
from cxserver.staff.results import (
    do_first_acts,
    drivers,
    first_page,
    notes,
    offices,
    quarantine,
    response,
    scores,
)
from cxserver.staff.signin import doors, session
from cxserver.web.static_files import Files

# In the order of the navigation.
ROUTES: tuple[GuardedRoute, ...] = (
    *first_page.ROUTES,
    *alerts.ROUTES,
    *do_first_acts.ROUTES,
    *comments.ROUTES,
    *notes.ROUTES,
    *offices.ROUTES,
    *drivers.ROUTES,
    *scores.ROUTES,
    *case.ROUTES,
    *redact.ROUTES,
    *said.ROUTES,
    *response.ROUTES,
    *places.ROUTES,
    *quarter.ROUTES,
    *telling.ROUTES,
    *review.ROUTES,
    *review_redaction.ROUTES,
    *record.ROUTES,
    *digest.ROUTES,
    *quarantine.ROUTES,
    *catalog.ROUTES,
    *records.ROUTES,
    *audit.ROUTES,
    *session.ROUTES,
    *doors.ROUTES,
)


def routes() -> list[Route]:
    """The addresses below /staff: the doors, which are open, and the pages, which are guarded."""
    return [*doors.doors(), *guard.behind_guard(ROUTES)]


def check(settings: Settings) -> None:
    """Raise ServerError when sign-in is set up in half, or asks for what is not installed."""
    oidc_client.check(settings)


def prepare(intake: AnswerService, files: Files, *, demo: bool) -> StaffContext:
    """What the pages need, as `app.state.staff`."""
    return context.make(intake, files, demo=demo)

"""GET /staff/said-and-did: "You said, we did", a page to print and hang up at an office."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.comments import cases
from cxserver.comments.cases import Done
from cxserver.results.question import Filters
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

# What is older is no news at the door, and more does not fit on one sheet.
SINCE = timedelta(days=182)
MOST = 6


def show(request: Request, visit: Visit) -> Response:
    """The poster of one office, or the choice of an office."""
    filters = Filters.read(request.query_params, visit.reading())
    scope = filters.but(channel=None, language=None).of_office()
    with visit.read() as connection:
        done = cases.closed(connection, scope.services, scope.offices, filters.today - SINCE)
    return guard.page(
        visit,
        "said.html",
        filters=filters,
        office=_name(filters),
        done=done[:MOST],
        left=len(done) - MOST,
        counts=_counts(filters, done),
    )


def _name(filters: Filters) -> str:
    """The one office that is asked for, "" for several."""
    if filters.office:
        return filters.directory.offices[filters.office].name
    return filters.offices[0].name if len(filters.offices) == 1 else ""


def _counts(filters: Filters, done: list[Done]) -> list[tuple[str, str, int]]:
    """The offices that have something to print: slug, name, how many points."""
    return [
        (office.slug, office.name, n)
        for office in filters.offices
        if (n := sum(point.office == office.slug for point in done))
    ]


# Reached from the comments: it is made now and then, not looked at every day.
ROUTES = (GuardedRoute("/said-and-did", show, roles.READERS),)

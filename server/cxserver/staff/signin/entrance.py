"""Let a member in: a fresh session, a line in the log, and on to a page."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import sessions
from cxserver.accounts.roles import Member
from cxserver.staff import context, session_cookie

LINK, BREAK_GLASS, PROVIDER = "one-time link", "break-glass link", "identity provider"


def admit(
    connection: Connection,
    request: Request,
    member: Member,
    how: str,
    now: datetime,
    page: str,
    *,
    id_token: str = "",
) -> Response:
    """303 to `page` in a fresh session. An earlier one of the same browser ends.

    `how` is one of the ways above, and stands in the log. `id_token` is the provider's.
    """
    staff = context.of(request)
    previous = session_cookie.id_of(request, staff.settings)
    at_provider = how == PROVIDER
    id = sessions.begin(
        connection, member, now, previous, at_provider=at_provider, id_token=id_token
    )
    staff.journal.write(connection, member, "sign in", how, "done", now)
    response = RedirectResponse(staff.settings.path + page, 303)
    session_cookie.give(response, request, staff.settings, id)
    return response

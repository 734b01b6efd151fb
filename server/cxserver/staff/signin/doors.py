"""The doors of the staff pages: a one-time link, the agency's identity provider, and the way out.

A GET signs nobody in: mail scanners open links. The link's page shows a button, and that posts.
"""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxserver import db
from cxserver.accounts import members, roles, sessions
from cxserver.accounts.roles import Member
from cxserver.log import logger
from cxserver.staff import context, guard, origin, session_cookie
from cxserver.staff.context import StaffContext
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.signin import entrance, oidc
from cxserver.web.client_network import network_of

_LONGEST = 100


def doors() -> list[Route]:
    """The addresses that are open to who is not signed in."""
    return [
        Route("/sign-in", show),
        Route("/sign-in/provider", oidc.start),
        Route("/sign-in/back", oidc.back),
        Route("/sign-in/{secret}", show_link),
        Route("/sign-in/{secret}", take_link, methods=["POST"]),
    ]


async def show(request: Request) -> Response:
    """GET /staff/sign-in: the ways in."""
    staff = context.of(request)
    session_cookie.cookie_name(request, staff.settings)
    onward = context.safe_page(request.query_params.get("next", ""))
    return guard.drawn(
        staff,
        "sign-in.html",
        200,
        provider=oidc.configured(staff.settings),
        left=oidc.has_left(request, staff),
        next=onward,
        notice=staff.settings.sign_in_notice,
    )


async def show_link(request: Request) -> Response:
    """GET /staff/sign-in/{secret}: a button. Looking at it, however often, uses nothing up."""
    return await context.of(request).intake.arrivals.run(partial(_show_link, request))


async def take_link(request: Request) -> Response:
    """POST /staff/sign-in/{secret}: 303 to the first page, signed in; the link is used up."""
    staff = context.of(request)
    origin.check(request, staff.settings)
    return await staff.intake.arrivals.run(partial(_take_link, request))


def sign_out(request: Request, visit: Visit) -> Response:
    """POST /staff/sign-out: the session ends here; `lead_on` goes on to the provider."""
    with visit.write() as connection:
        id = session_cookie.id_of(request, visit.staff.settings)
        request.state.id_token = sessions.end(connection, id)
        visit.staff.journal.write(connection, visit.member, "sign out", "", "done", visit.now)
    response = RedirectResponse(f"{visit.path}/sign-in", 303)
    session_cookie.take_back(response, request, visit.staff.settings)
    return response


async def lead_on(request: Request, response: Response) -> Response:
    """On to the provider's own sign-out, where the session that has just ended began there."""
    staff = context.of(request)
    id = session_cookie.id_of(request, staff.settings)
    if not (oidc.configured(staff.settings) and sessions.began_at_provider(id)):
        return response
    onward = await oidc.leave(request, staff, request.state.id_token, staff.intake.clock())
    if onward is None:
        return response
    session_cookie.take_back(onward, request, staff.settings)
    return onward


ROUTES = (
    GuardedRoute(
        "/sign-out", sign_out, roles.EVERYONE, methods=("POST",), after=lead_on, resends=False
    ),
)


def _show_link(request: Request) -> Response:
    staff, now = context.of(request), context.of(request).intake.clock()
    session_cookie.cookie_name(request, staff.settings)
    member = _whose(request, staff, now)
    if member is None:
        return _stale(request, staff)
    notice = staff.settings.sign_in_notice
    return guard.drawn(staff, "link.html", 200, member=member, notice=notice)


def _take_link(request: Request) -> Response:
    staff, now = context.of(request), context.of(request).intake.clock()
    session_cookie.cookie_name(request, staff.settings)
    how = entrance.BREAK_GLASS if members.breaks_glass(_secret(request)) else entrance.LINK
    if _whose(request, staff, now) is not None:
        with db.write(staff.entrance) as connection:
            member = members.take(connection, _secret(request), now)
            if member is not None:
                if how is entrance.BREAK_GLASS:
                    logger.warning("break_glass_sign_in")
                return entrance.admit(connection, request, member, how, now, "/staff/")
    staff.note_stranger(how, "not a good link", now)
    return _stale(request, staff)


def _whose(request: Request, staff: StaffContext, now: datetime) -> Member | None:
    """Whom this link would sign in. Where a provider lets people in, no other way leads past it."""
    secret = _secret(request)
    if oidc.configured(staff.settings) and not members.breaks_glass(secret):
        return None
    with db.read(staff.entrance) as connection:
        return members.peek(connection, secret, now)


def _secret(request: Request) -> str:
    return str(request.path_params["secret"])[:_LONGEST]


def _stale(request: Request, staff: StaffContext) -> Response:
    """The page for a link that signs nobody in; 429 for who tries many. A good one always works."""
    wait = staff.intake.knocks.wait(f"sign-in {network_of(request)}")
    response = guard.drawn(staff, "stale.html", 429 if wait else 404)
    if wait:
        response.headers["retry-after"] = str(wait)
    return response

"""Sign-in with the agency's identity provider: OpenID Connect, authorization code with PKCE.

Who somebody is, is the provider's (issuer, subject); an email address only finds the invitation,
once, and only if the provider verified it, or the agency trusts it (CX_OIDC_TRUST_EMAIL). Whatever
does not fit is a 401 page and no session.
"""

import hmac
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import db
from cxserver.accounts import members
from cxserver.accounts.roles import Member
from cxserver.log import Level
from cxserver.oidc_discovery import ProviderUnreachable, WrongIssuer
from cxserver.settings import Settings
from cxserver.staff import context, guard, origin, problem, session_cookie
from cxserver.staff.context import StaffContext
from cxserver.staff.signin import entrance
from cxserver.staff.signin.claims import Claims, SignInRefused
from cxserver.staff.signin.provider import Provider, Ticket

_LIVES = timedelta(minutes=10)
# The strict form is checked before itsdangerous sees the text, as with a stamp: its last character
# carries four bits, so only every fourth. Browsers keep no cookie longer than 4,096.
_FORM = re.compile(r"[A-Za-z0-9_.-]{1,4000}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z", re.ASCII)
_UNCONFIRMED = (
    "The identity provider did not confirm this email address, so it cannot find your invitation. "
    "Ask the person who runs this server."
)
_SILENT = "The identity provider does not answer. Please try again later."
_ELSEWHERE = (
    "The identity provider answers under another name than this server expects. "
    "Ask the person who runs this server to check CX_OIDC_ISSUER."
)


@dataclass(frozen=True, slots=True)
class Errand:
    """What the browser carries, signed, while it is away at the provider."""

    ticket: Ticket
    next: str
    left: str


def configured(settings: Settings) -> bool:
    """Whether an identity provider is set."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


async def start(request: Request) -> Response:
    """GET /staff/sign-in/provider: 303 to the provider. Stores nothing here."""
    staff, now = context.of(request), context.of(request).intake.clock()
    name = _cookie(request, staff.settings)
    if origin.is_foreign(request):
        # Nobody is signed in by a page of somebody else's: our own has a button for it.
        return RedirectResponse(f"{staff.path}/sign-in", 303)
    ticket = Ticket(*(secrets.token_urlsafe(32) for _ in range(3)))
    try:
        address = await _provider(request, staff).address(ticket, now)
    except ProviderUnreachable as fault:
        raise _unreachable(staff, fault) from None
    onward = context.safe_page(request.query_params.get("next", ""))
    errand = Errand(ticket, onward, now.isoformat())
    response = RedirectResponse(address, 303)
    _carry(response, name, str(_signer(staff).dumps(asdict(errand))))
    return response


async def back(request: Request) -> Response:
    """GET /staff/sign-in/back: the provider sends the browser here, with a code or a refusal."""
    staff, now = context.of(request), context.of(request).intake.clock()
    name = _cookie(request, staff.settings)
    try:
        response = await _admit(request, staff, now)
    except SignInRefused as refused:
        note = partial(staff.note_stranger, entrance.PROVIDER, refused.reason, now)
        await staff.intake.arrivals.run(note)
        response = problem.page(request, 401, {}, refused.words)
    except ProviderUnreachable as fault:
        raise _unreachable(staff, fault) from None
    # It was good for this one return.
    response.delete_cookie(
        name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax"
    )
    return response


async def leave(
    request: Request, staff: StaffContext, id_token: str, now: datetime
) -> Response | None:
    """A page that leads on to the provider's own sign-out; None where it has none, or is down.

    The page leads on, and no redirect does: our policy lets no form of ours end elsewhere.
    """
    state = secrets.token_urlsafe(32)
    onward = f"{staff.settings.base_url}/staff/sign-in"
    try:
        address = await _provider(request, staff).farewell(state, onward, id_token, now)
    except ProviderUnreachable as fault:
        # Whoever wants to leave has left here already.
        _note(staff, "warning", fault)
        return None
    if not address:
        return None
    response = guard.drawn(staff, "leave.html", 200, address=address)
    _carry(response, _farewell(request, staff.settings), state)
    return response


def has_left(request: Request, staff: StaffContext) -> bool:
    """Whether the provider sends the browser back from the sign-out that it was sent to."""
    state = request.query_params.get("state", "")
    if not state or not configured(staff.settings):
        return False
    sent = request.cookies.get(_farewell(request, staff.settings), "")
    return hmac.compare_digest(state.encode(), sent.encode())


async def _admit(request: Request, staff: StaffContext, now: datetime) -> Response:
    errand = _errand(request, staff, now)
    code = _code(request, staff.settings, errand.ticket)
    # No thread and no connection waits with us for the provider.
    claims = await _provider(request, staff).claims(code, errand.ticket, now)
    return await staff.intake.arrivals.run(
        partial(_enter, request, staff, claims, errand.next, now)
    )


def _enter(
    request: Request, staff: StaffContext, claims: Claims, page: str, now: datetime
) -> Response:
    how = entrance.PROVIDER
    with db.write(staff.entrance) as connection:
        member = _member(connection, staff, claims, now)
        if member is not None:
            token = claims.id_token
            return entrance.admit(connection, request, member, how, now, page, id_token=token)
    if claims.doubt and not claims.email:
        raise SignInRefused(f"email not confirmed: {claims.doubt}", _UNCONFIRMED)
    raise SignInRefused(
        "not invited", "Nobody has invited you yet. Ask the person who runs this server."
    )


def _member(
    connection: Connection, staff: StaffContext, claims: Claims, now: datetime
) -> Member | None:
    """Who that is here. An address that only the agency trusts leaves a line in the log."""
    member = members.identified(connection, claims.identity, "", claims.name)
    if member is not None or not claims.email:
        return member
    member = members.identified(connection, claims.identity, claims.email, claims.name)
    if member is not None and claims.doubt:
        about = f"CX_OIDC_TRUST_EMAIL ({claims.doubt})"
        staff.journal.write(connection, member, "trust email", about, "done", now)
    return member


def _errand(request: Request, staff: StaffContext, now: datetime) -> Errand:
    carried = request.cookies.get(_cookie(request, staff.settings), "")
    if not _FORM.match(carried):
        raise SignInRefused("no errand")
    try:
        fields: dict[str, Any] = _signer(staff).loads(carried)
    except BadData:
        raise SignInRefused("no errand") from None
    errand = Errand(Ticket(**fields["ticket"]), fields["next"], fields["left"])
    if now - datetime.fromisoformat(errand.left) > _LIVES:
        raise SignInRefused("late")
    return errand


def _code(request: Request, settings: Settings, ticket: Ticket) -> str:
    """The code, from the query of an honest return."""
    sent = request.query_params
    if not hmac.compare_digest(sent.get("state", "").encode(), ticket.state.encode()):
        raise SignInRefused("state")
    if sent.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise SignInRefused("issuer")
    if "error" in sent or not sent.get("code"):
        raise SignInRefused("refused by the provider", "The identity provider did not let you in.")
    return sent["code"]


def _carry(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(_LIVES.total_seconds()),
        path="/",
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="lax",
    )


def _farewell(request: Request, settings: Settings) -> str:
    return session_cookie.cookie_name(request, settings).replace("staff", "farewell")


def _cookie(request: Request, settings: Settings) -> str:
    if not configured(settings):
        raise HTTPException(404)
    return session_cookie.cookie_name(request, settings).replace("staff", "errand")


def _signer(staff: StaffContext) -> URLSafeSerializer:
    return URLSafeSerializer(
        staff.intake.roots.purpose_secret("oidc"),
        salt=b"cx-errand",
        # Both are named: on its own, itsdangerous takes SHA-1 and derives keys by plain hashing.
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )


def _provider(request: Request, staff: StaffContext) -> Provider:
    state = request.app.state
    if not hasattr(state, "provider"):
        redirect = f"{staff.settings.base_url}/staff/sign-in/back"
        state.provider = Provider(staff.settings, redirect)
    provider: Provider = state.provider
    return provider


def _unreachable(staff: StaffContext, fault: ProviderUnreachable) -> HTTPException:
    _note(staff, "error", fault)
    return HTTPException(503, _ELSEWHERE if isinstance(fault, WrongIssuer) else _SILENT)


def _note(staff: StaffContext, level: Level, fault: ProviderUnreachable) -> None:
    fields = {}
    if isinstance(fault, WrongIssuer):
        fields = {"given": fault.given, "expected": staff.settings.oidc_issuer}
    staff.intake.log.note(level, "provider_unreachable", str(fault), **fields)

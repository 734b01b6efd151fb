"""GET and POST of /k: staff type the code that makes a device the screen of one office."""

import asyncio
import hmac
import ipaddress
import secrets
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cxserver import db
from cxserver.catalog import kiosks, pairings
from cxserver.intake.answer_service import AnswerService
from cxserver.log import logger
from cxserver.public import framing, screen, services
from cxserver.web import form_body

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 4096
# More than this many wrong codes a minute come from nobody who reads them off a screen.
WRONG = 10
MINUTE = timedelta(minutes=1)
_ADDRESSES = 10_000
_TYPED = 64


class Tries:
    """Wrong codes of the last minute by where they came from: in memory alone, no address kept."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._wrong: dict[bytes, deque[datetime]] = {}

    def wait(self, address: str, now: datetime) -> int:
        """Seconds until this address may try again; 0 at once."""
        wrong = self._wrong.get(self._name(address), deque())
        while wrong and now - wrong[0] >= MINUTE:
            wrong.popleft()
        if len(wrong) <= WRONG:
            return 0
        return max(1, round((wrong[0] + MINUTE - now).total_seconds()))

    def failed(self, address: str, now: datetime) -> None:
        """Remember a wrong code."""
        name = self._name(address)
        wrong = self._wrong.pop(name, deque(maxlen=WRONG + 1))
        wrong.append(now)
        # The one that was heard of longest ago stands first.
        self._wrong[name] = wrong
        if len(self._wrong) > _ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def _name(self, address: str) -> bytes:
        return hmac.digest(self._salt, _network(address).encode(), "sha256")


async def show(request: Request) -> Response:
    """GET /k: a code in the address fills the field in, and changes nothing."""
    return _page(request, 200, request.query_params.get("code", ""))


async def take(request: Request) -> Response:
    """POST /k: 303 to the device's own link, or the page again with what was typed."""
    typed = _code(await form_body.read(request, FORM, FORM_LIMIT))
    intake = services.of(request).intake
    now, address = intake.clock(), request.client.host if request.client else ""
    # A right code always works: behind a proxy all of an agency may share one address with somebody
    # who guesses. Among 31^8 codes that live ten minutes, guessing leads nowhere.
    link = await asyncio.to_thread(_pair, intake, typed, now)
    if link is None:
        return _refuse(request, typed, address, now)
    # Its path alone: whatever name the device knows us by, it stays there.
    return Response(status_code=303, headers={"location": urlsplit(link).path})


def _refuse(request: Request, typed: str, address: str, now: datetime) -> Response:
    logger.info("pairing_refused")
    tries = _tries(request)
    wait = tries.wait(address, now)
    if wait:
        return _page(request, 429, typed, "many", {"retry-after": str(wait)})
    tries.failed(address, now)
    return _page(request, 422, typed, "code")


def _pair(intake: AnswerService, typed: str, now: datetime) -> str | None:
    with db.write(intake.engine) as connection:
        pairing = pairings.take(connection, intake.roots, typed, now)
        if pairing is None:
            return None
        return kiosks.pair(connection, intake.roots, intake.settings.base_url, pairing, now)


def _tries(request: Request) -> Tries:
    state = request.app.state
    if not hasattr(state, "tries"):
        state.tries = Tries()
    tries: Tries = state.tries
    return tries


def _code(text: str) -> str:
    try:
        sent = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=8)
    except ValueError:
        raise HTTPException(400) from None
    return sent.get("code", [""])[0]


def _page(
    request: Request,
    status: int,
    typed: str,
    problem: str = "",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    public = services.of(request)
    draw = partial(screen.pairing_page, agency=public.intake.directory.agency, demo=public.demo)
    text = draw(
        language=services.speaks(request, None),
        static=public.files.url,
        imports=public.files.imports,
        path=public.intake.settings.path,
        typed=typed[:_TYPED],
        problem=problem,
    )
    return HTMLResponse(text, status, {**framing.kiosk_headers(), **(headers or {})})


def _network(address: str) -> str:
    # Whoever has one IPv6 address has all those beside it.
    try:
        result = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((result, 64), strict=False)) if result.version == 6 else address

"""GET and POST of /k: staff type the code that makes a device the screen of one office."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cxserver import db
from cxserver.catalog import kiosks, pairings
from cxserver.intake.answer_service import AnswerService
from cxserver.public import framing, screen, services
from cxserver.web import form_body
from cxserver.web.client_network import network_of

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 4096
_TYPED = 64


async def show(request: Request) -> Response:
    """GET /k: a code in the address fills the field in, and changes nothing."""
    return _page(request, 200, request.query_params.get("code", ""))


async def take(request: Request) -> Response:
    """POST /k: 303 to the device's own link, or the page again with what was typed."""
    sent = _fields(await form_body.read(request, FORM, FORM_LIMIT))
    typed = sent.get("code", [""])[0]
    intake = services.of(request).intake
    now = intake.clock()
    # A right code always works: behind a proxy all of an agency may share one address with somebody
    # who guesses. Among 31^8 codes that live ten minutes, guessing leads nowhere.
    link = await asyncio.to_thread(_pair, intake, typed, _proof(sent), now)
    if link is None:
        return _refuse(request, typed)
    # Its path alone: whatever name the device knows us by, it stays there.
    return Response(status_code=303, headers={"location": urlsplit(link).path})


def _refuse(request: Request, typed: str) -> Response:
    intake = services.of(request).intake
    intake.log.note("info", "pairing_refused", "code")
    wait = intake.knocks.wait(f"pairing {network_of(request)}")
    if wait:
        return _page(request, 429, typed, "many", {"retry-after": str(wait)})
    return _page(request, 422, typed, "code")


def _pair(intake: AnswerService, typed: str, proof: bytes | None, now: datetime) -> str | None:
    with db.write(intake.engine) as connection:
        pairing = pairings.take(connection, intake.roots, typed, now)
        if pairing is None:
            return None
        address = intake.settings.base_url
        return kiosks.pair(connection, intake.roots, address, pairing, now, proof=proof)


def _proof(sent: Mapping[str, Sequence[str]]) -> bytes | None:
    # As many digits as the secret itself has. A page without script sends none.
    text = sent.get("proof", [""])[0]
    return bytes.fromhex(text) if kiosks.SECRET.match(text) else None


def _fields(text: str) -> Mapping[str, Sequence[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=8)
    except ValueError:
        raise HTTPException(400) from None


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

"""POST /k/heartbeat: a device tells how it is, and learns the time, its link and its PIN.

It is written down for every genuine link, also for one that is refused: staff see a device that
was revoked or whose link has ended, and what it still holds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxsdk import token
from cxserver import db
from cxserver.catalog import kiosks
from cxserver.catalog.kiosks import Beat, Device, Held
from cxserver.intake import gate
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.gate import Opened, Refused
from cxserver.public import services
from cxserver.public.kiosk import page
from cxserver.web import form_body

LIMIT = 4096
_TITLES = {
    404: "This link does not work.",
    410: "This link is over.",
    422: "This does not fit.",
}
# The first few faults tell the programmer enough.
_FAULTS = 20
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Told(BaseModel):
    """What a device says. Its page may be newer or older than this server, and say more."""

    model_config = ConfigDict(extra="ignore", strict=True)

    link: Annotated[str, Field(max_length=1000)]
    device_now: AwareDatetime
    waiting: _Count
    aside: _Count
    release: Annotated[str, Field(pattern=r"^[0-9a-f]{0,16}$")]
    state: Annotated[str, Field(pattern=r"^[a-z]{1,12}$")]


@dataclass(frozen=True, slots=True)
class _Noted:
    device: Device
    link: str | None


async def take(request: Request) -> Response:
    """POST /k/heartbeat."""
    text = await form_body.read(request, "application/json", LIMIT)
    here = services.of(request)
    desk, now = here.desk, here.desk.clock()
    try:
        told = Told.model_validate_json(text)
    except ValidationError as error:
        return _problem(422, "invalid", now, _faults(error))
    try:
        opened = await _recognise(desk, told.link)
    except Refused as refused:
        return _problem(refused.status, refused.code, now)
    closed = _refusal(desk, opened, now)
    noted = await asyncio.to_thread(_write, desk, opened, told, now, closed is None)
    if closed:
        return _problem(closed.status, closed.code, now)
    return JSONResponse(
        {
            "now": now.isoformat(),
            "ends": _ends(opened, noted.link).isoformat(),
            "link": noted.link,
            "release": page.release(here, opened.service),
            "survey": opened.service.survey.name,
            "open": True,
            "pin": noted.device.pin,
            "place": noted.device.place,
        }
    )


def _ends(opened: Opened, renewed: str | None) -> datetime:
    return token.read(renewed.rpartition("/")[2]).ends if renewed else opened.token.ends


async def _recognise(desk: AnswerService, link: str) -> Opened:
    found = gate.address(link, desk.settings.path)
    if found is None or not found.kiosk:
        raise Refused("not_found", "malformed")
    return await desk.recognise(found.service, found.office, found.text, kiosk=True)


def _refusal(desk: AnswerService, opened: Opened, now: datetime) -> Refused | None:
    try:
        desk.admit(opened, now)
    except Refused as refused:
        return refused
    return None


def _write(desk: AnswerService, opened: Opened, told: Told, now: datetime, sound: bool) -> _Noted:
    held = Held(
        service=opened.service.slug,
        office=opened.office.slug,
        device=opened.token.nonce.hex(),
        kid=opened.token.kid,
        expires=opened.token.ends,
    )
    beat = Beat(
        waiting=told.waiting,
        aside=told.aside,
        offset=round((now - told.device_now).total_seconds()),
        release=told.release,
        state=told.state,
    )
    with db.read(desk.engine) as connection:
        before = kiosks.find(connection, held)
    if before and not before.is_news(beat, now):
        return _Noted(before, None)
    with db.write(desk.engine) as connection:
        device = kiosks.note(connection, held, beat, now)
        # What is refused is never renewed. Nor is a link minted with a key: its end was chosen.
        link = None
        if sound and device.is_paired:
            link = kiosks.renew(connection, desk.roots, desk.settings.base_url, held, now)
        return _Noted(device, link)


def _problem(
    status: int, code: str, now: datetime, faults: Sequence[dict[str, str]] = ()
) -> Response:
    return JSONResponse(
        {
            "type": "about:blank",
            "title": _TITLES[status],
            "status": status,
            "code": code,
            "detail": "",
            "faults": list(faults),
            # Also the refused learn the time, by which they judge what they hold.
            "now": now.isoformat(),
        },
        status,
        media_type="application/problem+json",
    )


def _faults(error: ValidationError) -> list[dict[str, str]]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {"field": ".".join(str(step) for step in one["loc"])[:80], "code": one["type"]}
        for one in found[:_FAULTS]
    ]

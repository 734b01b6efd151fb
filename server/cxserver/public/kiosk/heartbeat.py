"""POST /k/heartbeat: a device tells how it is, and learns the time and its link; the hash of its
PIN only where it proves that it is the tablet that was paired.

It is written down for every genuine link, also for one that is refused: staff see a device that
was revoked or whose link has ended, and what it still holds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cxsdk import token
from cxserver import db
from cxserver.catalog import kiosks
from cxserver.catalog.kiosks import Beat, Device, ShownLink
from cxserver.intake import gate
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.backlog import MOST
from cxserver.intake.gate import LinkNotOpen, Opened
from cxserver.public import services
from cxserver.public.kiosk import page
from cxserver.web import form_body, problem_details
from cxserver.web.problem_details import TITLES, Fault, Problem

PATH = "/k/heartbeat"
LIMIT = 4096
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class DeviceReport(BaseModel):
    """What a device says. Its page may be newer or older than this server, and say more."""

    model_config = ConfigDict(extra="ignore", strict=True)

    link: Annotated[str, Field(max_length=1000)]
    device_now: AwareDatetime
    waiting: _Count
    aside: _Count
    release: Annotated[str, Field(pattern=r"^[0-9a-f]{0,16}$")]
    # What the device made at its pairing. Those that were paired before have none.
    secret: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    state: Annotated[str, Field(pattern=r"^[a-z]{1,12}$")]


@dataclass(frozen=True, slots=True)
class _Noted:
    device: Device
    link: str | None


class _Refusal(Problem):
    """Also the refused learn the time, by which they judge what they hold."""

    now: str


def routes() -> list[BaseRoute]:
    """Its one address. What calls it reads no page, so it has error handlers of its own."""
    return [Route(PATH, take, methods=["POST"])]


async def take(request: Request) -> Response:
    """POST /k/heartbeat."""
    text = await form_body.read(request, "application/json", LIMIT)
    public = services.of(request)
    intake, now = public.intake, public.intake.clock()
    try:
        report = DeviceReport.model_validate_json(text)
    except ValidationError as error:
        return _problem(422, "invalid", now, problem_details.faults(error))
    try:
        opened = await _recognise(intake, report.link)
    except LinkNotOpen as refused:
        intake.note_refused(refused)
        return _problem(refused.status, refused.code, now)
    closed = _refusal(intake, opened, now)
    noted = await asyncio.to_thread(_write, intake, opened, report, now, closed is None)
    if closed:
        return _problem(closed.status, closed.code, now)
    return JSONResponse(
        {
            "now": now.isoformat(),
            "ends": _ends(opened, noted.link).isoformat(),
            "link": noted.link,
            "release": page.release(public, opened.service),
            "survey": opened.service.survey.name,
            "open": True,
            "pin": noted.device.pin_for(report.secret),
            "place": noted.device.place,
        }
    )


def refusal(request: Request, status: int, headers: Mapping[str, str], detail: str) -> Response:
    """Problem details for what fails before anything is known of the device."""
    return problem_details.response(problem_details.of_status(status), headers)


def _ends(opened: Opened, renewed: str | None) -> datetime:
    return token.read(renewed.rpartition("/")[2]).ends if renewed else opened.token.ends


async def _recognise(intake: AnswerService, link: str) -> Opened:
    result = gate.address(link, intake.settings.path)
    if result is None or not result.kiosk:
        raise LinkNotOpen("not_found", "malformed")
    return await intake.recognise(result.service, result.office, result.text, kiosk=True)


def _refusal(intake: AnswerService, opened: Opened, now: datetime) -> LinkNotOpen | None:
    try:
        intake.admit(opened, now)
    except LinkNotOpen as refused:
        return refused
    return None


def _write(
    intake: AnswerService, opened: Opened, device_report: DeviceReport, now: datetime, sound: bool
) -> _Noted:
    shown_link = ShownLink(
        service=opened.service.slug,
        office=opened.office.slug,
        device=opened.token.nonce.hex(),
        kid=opened.token.kid,
        expires=opened.token.ends,
    )
    beat = Beat(
        # No device keeps more, and this is how much it may send late.
        waiting=min(device_report.waiting, MOST),
        aside=min(device_report.aside, MOST),
        offset=round((now - device_report.device_now).total_seconds()),
        release=device_report.release,
        state=device_report.state,
    )
    with db.read(intake.engine) as connection:
        before = kiosks.find(connection, shown_link)
    if before and not before.is_news(beat, now):
        return _Noted(before, None)
    with db.write(intake.engine) as connection:
        device = kiosks.note(connection, shown_link, beat, now)
        # What is refused is never renewed. Nor is a link minted with a key: its end was chosen.
        link = None
        if sound and device.is_paired:
            link = kiosks.renew(connection, intake.roots, intake.settings.base_url, shown_link, now)
        return _Noted(device, link)


def _problem(status: int, code: str, now: datetime, faults: Sequence[Fault] = ()) -> Response:
    problem = _Refusal(
        title=TITLES[status], status=status, code=code, faults=list(faults), now=now.isoformat()
    )
    return problem_details.response(problem)

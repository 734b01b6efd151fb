"""POST /api/v1/links: a link for a system that cannot sign one itself. No link key is on it.

Neither the key nor the address is ever logged: whoever reads a link can answer it.
"""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxsdk import Link, errors, token
from cxsdk.links import CHANNELS
from cxserver import db
from cxserver.accounts.api_keys import ApiKey
from cxserver.api import items, json_body, visitor
from cxserver.api.items import Rejected
from cxserver.api.models import IssuedLink, LinkOrder
from cxserver.catalog import directory, placements
from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound
from cxserver.intake import issuing
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.gate import LinkNotOpen
from cxserver.intake.issuing import Issuing
from cxserver.results.scopes import Scope
from cxserver.web import form_body
from cxserver.web.problem_details import Fault

LIMIT = 16 * 1024
_READS = "This key reads results. To make links: `cx api-key issue NAME --service S --links`."
_CODES: dict[type[errors.LinkRefused], str] = {
    errors.BadName: "bad_name",
    errors.WrongArguments: "wrong_arguments",
    errors.NaiveTime: "naive_time",
    errors.OutsideWindow: "outside_window",
}
_CLOSED = {
    "survey_closed": "The survey of this office is closed.",
    "approval_ended": "OMB's approval of this survey has ended.",
    "approval_spent": "Every answer that OMB approved has been given.",
}


async def issue(request: Request) -> Response:
    """201 with the link; 401, 403 or 422 with the reason."""
    intake: AnswerService = request.app.state.services.intake
    try:
        visitor.check_address(request)
        text = await form_body.read(request, "application/json", LIMIT)
        await intake.look_again()
        link = await visitor.readers(request).run(partial(_issued, request, intake, text))
    except Rejected as rejected:
        return visitor.refused(request, rejected)
    except LinkNotOpen as refused:
        return visitor.refused(request, Rejected(refused.status, refused.code))
    body = IssuedLink(url=link, expires_at=link.expires_at)
    return JSONResponse(body.model_dump(mode="json"), 201)


def _issued(request: Request, intake: AnswerService, text: str) -> Link:
    known = intake.directory
    with db.read(intake.staff_engine) as connection:
        key = visitor.key_of(connection, request, known.today(intake.clock()))
    if not key.links:
        raise Rejected(403, "not_yours", _READS)
    order: LinkOrder = items.validated(LinkOrder, json_body.parse(text))
    _check_scope(key, known, order)
    link = _made(intake.issuing(), order)
    if CHANNELS[link.channel].is_place:
        _note(intake, link, order.place)
    visitor.note_use(intake, key)
    return link


def _check_scope(key: ApiKey, known: Directory, order: LinkOrder) -> None:
    """Raise Rejected: 403 for what the key is not for, 422 for what does not exist."""
    seen = visitor.scope(key, known)
    service = known.services.get(order.service)
    if service is None and key.service is None:
        offered = known.services if seen.services is None else seen.services
        raise _unknown("service", order.service, "There is no service", offered)
    if service is None or (seen.services is not None and order.service not in seen.services):
        raise Rejected(403, "not_yours", f"This key makes no links for '{order.service}'.")
    if order.office not in service.offices:
        allowed = [office for office in service.offices if _covers(seen, office)]
        raise _unknown("office", order.office, f"Service '{order.service}' has no office", allowed)
    if not _covers(seen, order.office):
        raise Rejected(403, "not_yours", f"This key makes no links for '{order.office}'.")


def _covers(seen: Scope, office: str) -> bool:
    return seen.offices is None or office in seen.offices


def _unknown(field: str, name: str, lacks: str, known: Any) -> Rejected:
    detail = f"{lacks} '{name}'.{issuing.did_you_mean(name, known)}"
    return Rejected(422, f"unknown_{field}", detail, [Fault(field=field, code="unknown")])


def _made(issuer: Issuing, order: LinkOrder) -> Link:
    try:
        code = issuer.standing(order.service, order.office)
        if code in _CLOSED:
            raise Rejected(422, code, _CLOSED[code])
        return issuer.issue(**order.model_dump())
    except NotFound as error:
        raise Rejected(422, "no_key", str(error)) from None
    except errors.LinkRefused as error:
        raise Rejected(422, _CODES.get(type(error), "invalid"), str(error)) from None


def _note(intake: AnswerService, link: Link, place: str | None) -> None:
    # Minting remembers nothing; `cx doctor` has to know what hangs where, to warn in time.
    known = intake.directory
    ends = directory.date_at(known.offices.get(link.office), link.expires_at)
    today = known.today(intake.clock())
    kid = token.read(link.partition("?")[0].rpartition("/")[2]).kid
    where = link.service, link.office, link.channel, place
    with db.write(intake.staff_engine) as connection:
        placements.note(connection, *where, ends, today, kid=kid)

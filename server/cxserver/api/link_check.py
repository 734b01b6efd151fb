"""POST /api/v1/links/check: a program asks whether the links that it makes would open.

It shows no key: the question is signed under one that is derived from it. Nothing is stored.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api import items, json_body, visitor
from cxserver.api.items import Rejected
from cxserver.api.models import LinkReport, OfficeStanding, SignedQuestion
from cxserver.errors import LinkKeyUnknown
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.gate import LinkNotOpen
from cxserver.web import form_body

LIMIT = 64 * 1024


async def check(request: Request) -> Response:
    """200 with what each office's links would meet; 401 to who holds no key of ours."""
    text = await form_body.read(request, "application/json", LIMIT)
    intake: AnswerService = request.app.state.services.intake
    try:
        question = items.validated(SignedQuestion, json_body.parse(text))
        await intake.look_again()
        report = await asyncio.to_thread(_report, intake, question.signed)
    except LinkKeyUnknown as error:
        return visitor.refused(request, Rejected(401, "key_unknown", str(error)))
    except LinkNotOpen as refused:
        return visitor.refused(request, Rejected(refused.status, refused.code))
    except Rejected as rejected:
        return visitor.refused(request, rejected)
    return JSONResponse(report.model_dump(mode="json"))


def _report(intake: AnswerService, signed: str) -> LinkReport:
    now = intake.clock()
    standings = intake.standings(signed, now)
    return LinkReport(
        now=now,
        base_url=intake.settings.base_url,
        offices=[
            OfficeStanding(office=item.office, code=item.code, nearest=list(item.nearest))
            for item in standings
        ],
    )

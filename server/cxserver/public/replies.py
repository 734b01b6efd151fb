"""What an office replied: the code of an answer on the thanks page, and the pages at /r.

GET /r asks for a code, GET /r/{code} shows what stands under it. Both change nothing.
"""

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cxserver import db
from cxserver.catalog.directory import Service
from cxserver.comments import replies
from cxserver.comments.replies import Reply
from cxserver.instrument.answers import Answers
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.store import Outcome
from cxserver.pages import language
from cxserver.public import framing, reply_link, screen, services
from cxserver.web.client_network import network_of

# In the place of a sealed code: there may be one, but we cannot show it.
SHOWN = "shown"
_TYPED = 64
# The thanks page inside an agency's page opens ours from a sandbox, and a browser shows no page
# there that insists on an opener of its own origin. Nobody gains by it: the code is in the address.
_OPENED = {"cross-origin-opener-policy": "unsafe-none"}


def code_of(intake: AnswerService, service: Service, sid: bytes, answers: Answers) -> str:
    """The code for these answers; "" without words, or where the service's offices do not reply.

    It comes from `sid`, the page's random number, not from the link: see `casework.replies`.
    """
    if not service.replies or not (answers.comment or answers.questions):
        return ""
    return replies.code_of(intake.roots.purpose_secret("reply"), sid)


async def carried(intake: AnswerService, outcome: Outcome, code: str) -> str:
    """What the thanks page's address carries, so that it shows the code: "" for none."""
    if not code or (outcome.kind == "stored" and not outcome.reply):
        return ""
    if outcome.kind == "same" and not await asyncio.to_thread(_stands, intake, code):
        # The same answer, but from another page: the first page's code is not ours to know.
        return SHOWN
    return reply_link.seal(intake.roots.purpose_secret("thanks"), code, intake.clock())


def arrived(request: Request) -> str | None:
    """The code that came with the address of the thanks page; "" for one that cannot be shown."""
    sealed = request.query_params.get("code")
    if sealed is None:
        return None
    intake = services.of(request).intake
    return reply_link.unseal(intake.roots.purpose_secret("thanks"), sealed, intake.clock())


async def ask(request: Request) -> Response:
    """GET /r: one field for the code; sent with one, on to its page."""
    typed = request.query_params.get("code")
    if typed is None:
        return _page(request, 200)
    code = replies.canonical(typed)
    if code is None:
        return _wrong(request, typed)
    spoken = request.query_params.get("lang", "")[:16]
    tail = f"?lang={quote(spoken, safe='')}" if spoken else ""
    return RedirectResponse(f"{services.of(request).intake.settings.path}/r/{code}{tail}", 303)


async def show(request: Request) -> Response:
    """GET /r/{code}: the reply, or that there is none yet, or that the code does not work."""
    typed = request.path_params["code"]
    code = replies.canonical(typed)
    result = await asyncio.to_thread(_read, services.of(request).intake, code) if code else None
    if result is None:
        return _wrong(request, typed)
    return _page(request, 200, reply=result)


def _wrong(request: Request, typed: str) -> Response:
    """The page for a code that does not work; 429 for who tries many. A right code always works."""
    wait = services.of(request).intake.knocks.wait(f"reply {network_of(request)}")
    response = _page(request, 429 if wait else 404, typed=typed[:_TYPED], wrong=True)
    if wait:
        response.headers["retry-after"] = str(wait)
    return response


def _page(
    request: Request,
    status: int,
    *,
    typed: str = "",
    wrong: bool = False,
    reply: Reply | None = None,
) -> Response:
    public = services.of(request)
    agency, offices = public.intake.directory.agency, public.intake.directory.offices
    office = offices.get(reply.office) if reply else None
    text = screen.reply_page(
        agency=agency,
        language=_speaks(request, reply),
        static=public.files.url,
        demo=public.demo,
        path=public.intake.settings.path,
        requested=request.query_params.get("lang", "")[:16],
        typed=typed,
        wrong=wrong,
        reply=reply,
        office_name=office.name if office else "",
    )
    return HTMLResponse(
        text, status, headers={**framing.headers(None, demo=public.demo), **_OPENED}
    )


def _speaks(request: Request, reply: Reply | None) -> str:
    # As the answer was given, unless the person asks for another language.
    requested = request.query_params.get("lang", "")[:16]
    if reply is None or language.offers(language.SUPPORTED, requested):
        return services.speaks(request, None)
    return language.choose(language.SUPPORTED, linked=reply.language)


def _read(intake: AnswerService, code: str) -> Reply | None:
    with db.read(intake.engine) as connection:
        return replies.read(connection, code, intake.directory.today(intake.clock()))


def _stands(intake: AnswerService, code: str) -> bool:
    with db.read(intake.engine) as connection:
        return replies.stands(connection, code)

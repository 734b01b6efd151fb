"""What the public pages share, one per process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse

from cxserver.catalog.directory import Service
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.gate import LinkNotOpen
from cxserver.pages import language
from cxserver.public import framing, screen
from cxserver.public.screen import Values
from cxserver.public.sheets import Sheets
from cxserver.web.static_files import Files

_PAGES = {
    400: "bad_request",
    404: "not_found",
    405: "method",
    408: "timeout",
    413: "too_long",
    415: "unsupported",
    503: "busy",
}


@dataclass(frozen=True, slots=True)
class PublicServices:
    """What a public page needs: the answer service, the pages drawn once, the static files."""

    intake: AnswerService
    sheets: Sheets
    files: Files
    demo: bool = False


def of(request: Request) -> PublicServices:
    """What the public pages of this process share."""
    services: PublicServices = request.app.state.services
    return services


def speaks(request: Request, service: Service | None) -> str:
    """The language to answer in: asked for in the address, else preferred by the browser."""
    offered = service.survey.languages if service else language.SUPPORTED
    return language.choose(
        offered,
        linked=request.query_params.get("lang", "")[:16],
        accepted=request.headers.get("accept-language", ""),
    )


def host_of(request: Request, service: Service | None) -> str:
    """The origin of the page that frames this one, if it says who it is and may."""
    origin = request.query_params.get("o", "")[:200]
    return framing.host_of(service, origin, demo=of(request).demo) if origin else ""


def refuse(request: Request, refused: LinkNotOpen, values: Values | None = None) -> HTMLResponse:
    """The page for a link that does not open. The reason goes to the log, without the token."""
    of(request).intake.note_refused(refused)
    headers = {}
    if refused.minutes:
        headers["retry-after"] = str(refused.minutes * 60)
    return page(
        request,
        _words_for(refused, values),
        refused.status,
        service=refused.service,
        minutes=refused.minutes,
        values=values,
        headers=headers,
    )


def page(
    request: Request,
    code: str,
    status: int,
    *,
    service: Service | None = None,
    minutes: int = 0,
    values: Values | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A refusal in plain words. It names the service only when the link was genuine."""
    public = of(request)
    speech = speaks(request, service)
    framed = service or _service_of(request)
    text = screen.refusal_page(
        code,
        agency=public.intake.directory.agency,
        language=speech,
        static=public.files.url,
        demo=public.demo,
        service_name=service.names.get(speech, service.name) if service else "",
        minutes=minutes,
        values=_scaled(values, framed),
        host=host_of(request, framed),
        device=_device(request),
        pairing=_pairing(request, status),
    )
    return HTMLResponse(
        text,
        status,
        {**framing.headers(framed, demo=public.demo), **(headers or {})},
    )


def error(request: Request, status: int, headers: Mapping[str, str], detail: str) -> HTMLResponse:
    """The page for what fails apart from any link, in words of its own."""
    return page(request, _PAGES.get(status, "error"), status, headers=headers)


def _words_for(refused: LinkNotOpen, values: Values | None) -> str:
    if refused.reason in ("unapproved", "spent"):
        return refused.reason
    if refused.code == "unavailable":
        return "busy"
    if refused.code != "expired":
        return refused.code
    if refused.place:
        return "expired_place"
    return "late" if values else "expired"


def _scaled(values: Values | None, service: Service | None) -> Values | None:
    """With the scale of the survey in use, where nothing proves which one was shown."""
    if values is None or values.scale is not None or service is None:
        return values
    return replace(values, scale=service.survey.scale)


def _device(request: Request) -> bool:
    return bool(request.scope["path"].startswith(f"{of(request).intake.settings.path}/k/"))


def _pairing(request: Request, status: int) -> str:
    # Whoever stands before a device whose link has ended reads what to do with it.
    path = of(request).intake.settings.path
    return f"{path}/k?again=1" if _device(request) and status in (404, 410) else ""


def _service_of(request: Request) -> Service | None:
    # Only for the frame-ancestors: a refusal inside a frame must be seen there.
    slug = request.path_params.get("service", "")
    return of(request).intake.directory.services.get(slug)

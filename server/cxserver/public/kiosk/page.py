"""The screen of a kiosk: one page per service, which a device keeps and shows to many people."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from cxserver.catalog.directory import Service
from cxserver.intake.gate import LinkNotOpen
from cxserver.public import framing, services
from cxserver.public.services import PublicServices
from cxserver.web import static_files

_COLOR = "#162e51"


async def show(request: Request) -> Response:
    """GET /k/{service}/{office}/{token}: looking changes nothing."""
    public = services.of(request)
    given = request.path_params
    address = given["service"], given["office"], given["token"]
    try:
        opened = await public.intake.open(*address, kiosk=True)
    except LinkNotOpen as refused:
        return services.refuse(request, refused)
    compress = static_files.takes_gzip(request)
    content = public.sheets.kiosk(
        public.intake.directory,
        opened.service,
        opened.office,
        public.intake.settings.path,
        compress=compress,
    )
    headers = {**framing.kiosk_headers(), "vary": "accept-encoding"}
    if compress:
        headers["content-encoding"] = "gzip"
    return HTMLResponse(content, headers=headers)


async def manifest(request: Request) -> Response:
    """GET /k/manifest.webmanifest: what a device needs to install the kiosk."""
    public = services.of(request)
    agency = public.intake.directory.agency
    if agency is None:
        raise HTTPException(404)
    start = f"{public.intake.settings.path}/k"
    icons = [
        {"src": public.files.url("kiosk/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": public.files.url("kiosk/icon.png"), "sizes": "512x512", "type": "image/png"},
    ]
    body = {
        "name": agency.name,
        "start_url": start,
        "scope": start,
        "display": "fullscreen",
        "background_color": _COLOR,
        "theme_color": _COLOR,
        "icons": [{**icon, "purpose": "any maskable"} for icon in icons],
    }
    return JSONResponse(body, media_type="application/manifest+json")


def release(public_services: PublicServices, service: Service) -> str:
    """The page that a kiosk of this service would get now, by name (16 hex digits)."""
    return public_services.sheets.kiosk_release(
        public_services.intake.directory, service, public_services.intake.settings.path
    )

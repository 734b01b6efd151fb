"""GET /: what this server is, for whoever comes without a link. It changes nothing."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cxserver.public import framing, screen, services


async def show(request: Request) -> Response:
    """GET /: that it works, what it is for, where staff sign in, whom to contact."""
    public = services.of(request)
    text = screen.home_page(
        agency=public.intake.directory.agency,
        language=services.speaks(request, None),
        static=public.files.url,
        path=public.intake.settings.path,
        demo=public.demo,
    )
    return HTMLResponse(text, headers=framing.headers(None, demo=public.demo))

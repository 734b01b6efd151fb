"""Only our own pages may post here: no other site acts for who is signed in."""

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cxserver.settings import Settings


def check(request: Request, settings: Settings) -> None:
    """Raise HTTPException(403) unless this request came from our own pages.

    Browsers say so in Sec-Fetch-Site; the few that do not name the page's origin instead.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise HTTPException(403)
        return
    if request.headers.get("origin") != _origin(settings.base_url):
        raise HTTPException(403)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

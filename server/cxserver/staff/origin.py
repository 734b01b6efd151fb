"""Only our own pages may post here: no other site acts for who is signed in."""

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cxserver.settings import Settings

# "none" is what somebody typed, or had among their bookmarks.
_OURS = ("same-origin", "none")


def is_foreign(request: Request) -> bool:
    """Whether the browser says that a page of another site sent this request (Fetch Metadata)."""
    return request.headers.get("sec-fetch-site", "none") not in _OURS


def check(request: Request, settings: Settings) -> None:
    """Raise HTTPException(403) unless this request came from our own pages.

    Browsers say so in Sec-Fetch-Site; the few that do not name the page's origin instead.
    """
    if "sec-fetch-site" in request.headers:
        if is_foreign(request):
            raise HTTPException(403)
        return
    if request.headers.get("origin") != _origin(settings.base_url):
        raise HTTPException(403)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

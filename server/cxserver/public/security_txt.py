"""GET /.well-known/security.txt: whom to tell about a security problem (RFC 9116)."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cxserver.public import services

# RFC 9116 wants an end less than a year away. It is drawn anew at each look.
_GOOD_FOR = timedelta(days=180)


async def show(request: Request) -> Response:
    """The agency's contact page; 404 before there is a catalog."""
    intake = services.of(request).intake
    agency = intake.directory.agency
    if agency is None:
        return PlainTextResponse("There is no contact yet.\n", 404)
    ends = (intake.clock() + _GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {agency.contact_url}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, es",
        f"Canonical: {intake.settings.base_url}/.well-known/security.txt",
    )
    return PlainTextResponse("\n".join(lines) + "\n")

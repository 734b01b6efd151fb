"""Who may frame a page and what it may load, as response headers."""

import re
from collections.abc import Mapping

from cxsdk.token import Kind
from cxserver.catalog.directory import Service

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; frame-ancestors "
)
# In the demonstration any page of this machine may frame, whatever its port.
LOOPBACK = "http://localhost:* http://127.0.0.1:*"
_LOOPBACK_ORIGIN = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?\Z", re.ASCII)


# A kiosk is an application on its device: it installs, and works while the network is away.
_KIOSK = "manifest-src 'self'; worker-src 'self'; trusted-types cx; frame-ancestors 'none'"


def host_of(service: Service | None, origin: str, *, demo: bool) -> str:
    """The origin of the page around ours, if it may frame this service; else "".

    Only to it does the page tell its height and that it is done.
    """
    known = service is not None and origin in service.embed_origins
    return origin if known or (demo and _LOOPBACK_ORIGIN.match(origin)) else ""


def headers(service: Service | None, *, demo: bool, kind: Kind | None = None) -> Mapping[str, str]:
    """Headers for a page of `service`. Invites are never framed; unknown kinds follow the service.

    Refusals and thanks carry the service's own rule, so that they show inside its frame.
    """
    invite = kind is not None and kind is not Kind.SITE
    if service is None or invite:
        return {"content-security-policy": POLICY + "'none'", "x-frame-options": "DENY"}
    origins = " ".join(service.embed_origins)
    if demo:
        origins = f"'self' {LOOPBACK} {origins}".strip()
    if not origins:
        return {"content-security-policy": POLICY + "'none'", "x-frame-options": "DENY"}
    return {"content-security-policy": POLICY + origins}


def kiosk_headers() -> Mapping[str, str]:
    """Headers for the pages of a kiosk. Nobody frames them."""
    policy = POLICY.removesuffix("frame-ancestors ") + _KIOSK
    return {"content-security-policy": policy, "x-frame-options": "DENY"}

"""What every request meets first and every response leaves by: hosts, upgrades, headers.

Pure ASGI: one of Starlette's BaseHTTPMiddleware costs five times the whole request.
"""

import time
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxserver.intake.observer import Observer
from cxserver.public.framing import POLICY
from cxserver.settings import Settings

_HEADERS = {
    "content-security-policy": POLICY + "'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}
_YEAR = "max-age=31536000"
# A browser's head has 30 fields and two kilobytes; a link's address a hundred characters.
_FIELDS = 100
_HEAD = 64 * 1024
_ADDRESS = 8 * 1024
_UNKNOWN_HOST = (
    "This server does not answer to that name. "
    "Its operator sets CX_BASE_URL and CX_ALLOWED_HOSTS.\n"
)
# Probes come from inside, by address, and learn nothing.
_PROBES = ("/healthz", "/readyz", "/metrics")


class EdgeMiddleware:
    """Turns away foreign hosts and protocol upgrades; puts the safe headers on every response.

    It stands outside of everything, so that the page about our own faults leaves by it too.
    """

    def __init__(self, app: ASGIApp, settings: Settings, demo: bool, observer: Observer):
        self._app = app
        self._path = settings.path
        self._observer = observer
        loopback = {"localhost", "127.0.0.1", "::1"} if demo else set()
        self._hosts = {name.lower().strip("[]") for name in settings.hosts | loopback}
        # Exact: an address that merely ends like a probe is no probe.
        self._probes = {*_PROBES, *(settings.path + probe for probe in _PROBES)}
        self._headers = dict(_HEADERS)
        if not _is_secure(settings.base_url):
            # Browsers ignore it there, and complain about it on every page.
            del self._headers["cross-origin-opener-policy"]
        if settings.base_url.startswith("https://"):
            self._headers["strict-transport-security"] = _YEAR + (
                # Below www.agency.gov/cx it would bind hosts that are not ours.
                "; includeSubDomains; preload" if settings.hsts_include_subdomains else ""
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = time.perf_counter()

        async def leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                page = page_of(scope["path"], self._path)
                seconds = time.perf_counter() - begun
                self._observer.request(page, _method(scope), message["status"], seconds)
                out = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    out.setdefault(name, value)
            await send(message)

        # A fault has been answered and written down by its handler before it comes by here. The
        # server would print it with its words, and those may quote what somebody typed.
        with suppress(Exception):
            await (self._refusal(scope) or self._app)(scope, receive, leave)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        raw = scope["headers"]
        if len(scope["path"]) + len(scope["query_string"]) > _ADDRESS:
            return PlainTextResponse("This address is too long.\n", 414)
        if len(raw) > _FIELDS or sum(len(name) + len(value) for name, value in raw) > _HEAD:
            return PlainTextResponse("The head of this request is too large.\n", 431)
        headers = Headers(scope=scope)
        if "upgrade" in headers:
            return PlainTextResponse("No other protocol is spoken here.\n", 426)
        if not self._knows(headers, scope["path"]):
            return PlainTextResponse(_UNKNOWN_HOST, 400)
        return None

    def _knows(self, headers: Headers, path: str) -> bool:
        if path in self._probes:
            return True
        named = headers.getlist("host")
        return len(named) == 1 and _hostname(named[0]) in self._hosts


_PAGES = {
    "s": "survey",
    "r": "reply",
    "k": "kiosk",
    "embed": "embed",
    "static": "static",
    "staff": "staff",
    "healthz": "probe",
    "readyz": "probe",
    "metrics": "probe",
    ".well-known": "probe",
    "": "home",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


def page_of(path: str, below: str) -> str:
    """What kind of page an address is of: one of a few names, whatever a stranger typed."""
    first, _, rest = path.removeprefix(below).removeprefix("/").partition("/")
    if first == "api":
        name = rest.removeprefix("v1/")
        return f"api_{name}" if name in ("responses", "links", "results", "comments") else "api"
    return _PAGES.get(first, "other")


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _is_secure(base_url: str) -> bool:
    parts = urlsplit(base_url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _hostname(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    bare = name if colon and port.isdecimal() else host.lower()
    # Only an IPv6 address stands in brackets.
    return bare[1:-1] if bare.startswith("[") and bare.endswith("]") else bare

"""GET /embed/{version}/cx.js: the loader. Every release stays as it was, for ever.

A page may pin a release (with its hash), or follow the newest of a major version.
"""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import resources

_RELEASE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\Z")
_PINNED = "public, max-age=31536000, immutable"
# An hour: a fixed loader is everywhere the same day.
_FOLLOWED = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class Release:
    """One released loader."""

    version: str
    plain: bytes
    gzip: bytes
    brotli: bytes

    @property
    def integrity(self) -> str:
        """Its hash, as a `script` tag's `integrity` wants it."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.plain).digest()).decode()

    @property
    def major(self) -> str:
        """The number that the evergreen address carries."""
        return self.version.partition(".")[0]


@cache
def releases() -> dict[str, Release]:
    """Every release by version, the newest last."""
    folders = (folder for folder in (resources.folder("widget") / "released").iterdir())
    match = [_read(folder) for folder in folders if _RELEASE.match(folder.name)]
    match.sort(key=lambda release: [int(part) for part in release.version.split(".")])
    return {release.version: release for release in match}


def newest() -> Release:
    """The release that new tags pin."""
    return list(releases().values())[-1]


async def serve(request: Request) -> Response:
    """GET /embed/{version}/cx.js: no database, no state; any site may load it."""
    version = request.path_params["version"]
    release = releases().get(version) or _following(version)
    if release is None:
        raise HTTPException(404)
    body, encoding = _encoded(release, request.headers.get("accept-encoding", ""))
    headers = {
        "cache-control": _PINNED if release.version == version else _FOLLOWED,
        "vary": "accept-encoding",
        # A pinned tag carries integrity, and browsers check it only on a shared answer.
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    if encoding:
        headers["content-encoding"] = encoding
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


def _following(major: str) -> Release | None:
    fitting = [release for release in releases().values() if release.major == major]
    return fitting[-1] if fitting else None


def _encoded(release: Release, accepted: str) -> tuple[bytes, str]:
    wanted = {part.partition(";")[0].strip() for part in accepted.split(",")}
    if "br" in wanted:
        return release.brotli, "br"
    return (release.gzip, "gzip") if "gzip" in wanted else (release.plain, "")


def _read(folder: Path) -> Release:
    plain = (folder / "cx.js").read_bytes()
    # Brotli is squeezed once, at release time: serving it needs no library.
    squeezed = (folder / "cx.js.br").read_bytes()
    return Release(folder.name, plain, gzip.compress(plain, 9, mtime=0), squeezed)

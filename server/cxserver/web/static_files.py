"""The plain files of `widget/`, served under their own hash for ever, compressed ahead."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import resources

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_NONE = ("q=0", "q=0.0", "q=0.00", "q=0.000")
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """One file: its bytes, plain and compressed, and the hash that names this version of it."""

    plain: bytes
    compressed: bytes
    version: str
    media_type: str


def takes_gzip(request: Request) -> bool:
    """Whether the one who asks can read gzip ("gzip;q=0" says no)."""
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in _NONE
    return False


class Files:
    """All static files of this release, in memory."""

    def __init__(self, path: str = ""):
        self._path = path
        self._files = {
            file.name: _load(file)
            for file in resources.folder("widget").iterdir()
            if file.suffix in _TYPES
        }

    def url(self, name: str) -> str:
        """The address of a file, under the public path. Raises KeyError."""
        return f"{self._path}/static/{self._files[name].version}/{name}"

    def __contains__(self, name: object) -> bool:
        return name in self._files

    async def serve(self, request: Request) -> Response:
        """GET /static/{version}/{name}"""
        file = self._files.get(request.path_params["name"])
        if file is None or file.version != request.path_params["version"]:
            raise HTTPException(404)
        small = takes_gzip(request)
        headers = {
            "cache-control": _FOR_EVER,
            "vary": "accept-encoding",
            "etag": f'"{file.version}{"-gzip" if small else ""}"',
        }
        if small:
            headers["content-encoding"] = "gzip"
        body = file.compressed if small else file.plain
        return Response(body, media_type=file.media_type, headers=headers)


def _load(path: Path) -> File:
    plain = path.read_bytes()
    version = hashlib.sha256(plain).hexdigest()[:16]
    return File(plain, gzip.compress(plain, 9, mtime=0), version, _TYPES[path.suffix])

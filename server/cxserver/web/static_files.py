"""The files of `widget/`, served under their own hash for ever, compressed ahead."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import resources
from cxserver.web import modules

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_NONE = ("q=0", "q=0.0", "q=0.00", "q=0.000")
_RELEASED = "released/"
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
    """All static files of this release, in memory. A name is a path below `widget/`."""

    def __init__(self, path: str = ""):
        self._path = path
        plain = _read(resources.folder("widget"))
        scripts = {name: source for name, source in plain.items() if name.endswith(".js")}
        self._modules = modules.link(scripts)
        sources = plain | {name: module.source for name, module in self._modules.items()}
        self._files = {name: _file(name, source) for name, source in sources.items()}

    def url(self, name: str) -> str:
        """The address of a file, under the public path. Raises KeyError."""
        return f"{self._path}/static/{self._files[name].version}/{name}"

    def imports(self, name: str) -> Sequence[str]:
        """The addresses of all modules that a script loads, those first that need no other.
        Raises KeyError.
        """
        return [self.url(module) for module in self._modules[name].imports]

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


def _read(folder: Path) -> dict[str, bytes]:
    """The files of a folder and of those below it, except the released loaders: they are served
    under their number.
    """
    files = (file for file in sorted(folder.rglob("*")) if file.suffix in _TYPES)
    named = {file.relative_to(folder).as_posix(): file for file in files}
    return {
        name: file.read_bytes() for name, file in named.items() if not name.startswith(_RELEASED)
    }


def _file(name: str, plain: bytes) -> File:
    media_type = _TYPES[Path(name).suffix]
    compressed = gzip.compress(plain, 9, mtime=0)
    return File(plain, compressed, modules.version_of(plain), media_type)

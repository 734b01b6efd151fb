"""Script modules that find each other by hash: `./queue.js` becomes `../../9f…/kiosk/queue.js`.

The hash of a module covers the addresses in it, and so all that it imports: whoever has a module
has the release that it belongs to, never half of another. Pure.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

# `import … from "./x.js"`, its last line where it has several, and `import "./x.js"`.
_IMPORT = re.compile(
    rb'^(?P<before>import |(?:import|export|\}) [^"\n]*from )"(?P<name>\.[^"\n]+)"', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Linked:
    """A module as it is served, the hash that names it, and all that it loads, by name."""

    source: bytes
    version: str
    imports: tuple[str, ...]


def version_of(content: bytes) -> str:
    """The name of this version of a file: 16 hex digits."""
    return hashlib.sha256(content).hexdigest()[:16]


def link(sources: Mapping[str, bytes]) -> Mapping[str, Linked]:
    """Every source with its imports by hash.

    Raises ValueError where one is missing, or where modules import each other in a circle: then
    none of them has a hash that covers the other.
    """
    linked: dict[str, Linked] = {}
    for name in sources:
        _link(name, sources, linked, ())
    return linked


def _link(
    name: str, sources: Mapping[str, bytes], linked: dict[str, Linked], path: tuple[str, ...]
) -> Linked:
    if name in linked:
        return linked[name]
    if name in path or name not in sources:
        raise ValueError(f"This import leads nowhere: {' → '.join((*path, name))}")
    imports: dict[str, None] = {}

    def address(match: re.Match[bytes]) -> bytes:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), match["name"].decode()))
        module = _link(other, sources, linked, (*path, name))
        imports.update(dict.fromkeys((*module.imports, other)))
        root = "../" * (name.count("/") + 1)
        return match["before"] + f'"{root}{module.version}/{other}"'.encode()

    source = _IMPORT.sub(address, sources[name])
    linked[name] = Linked(source, version_of(source), tuple(imports))
    return linked[name]

"""A page kept in memory with holes, filled per request without rendering or deflating again.

gzip allows it: the fixed parts are deflated once, each ending on a byte boundary (Z_FULL_FLUSH);
what fills the holes goes between them as stored blocks; one checksum covers the whole.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


class Spliced:
    """`text` cut at every occurrence of the `holes` (name → the mark that stands there)."""

    def __init__(self, text: str, holes: Mapping[str, str]):
        self._parts: list[bytes] = []
        self._names: list[str] = []
        for part, name in _cut(text, holes):
            self._parts.append(part.encode())
            self._names += [name] if name else []
        self._deflated = [
            _deflate(part, last=at == len(self._parts) - 1) for at, part in enumerate(self._parts)
        ]

    def plain(self, values: Mapping[str, bytes]) -> bytes:
        """The page with its holes filled."""
        pieces = [self._parts[0]]
        for name, part in zip(self._names, self._parts[1:], strict=True):
            pieces += (values[name], part)
        return b"".join(pieces)

    def gzip(self, values: Mapping[str, bytes]) -> bytes:
        """The same, as a gzip member. A value may have 65,535 bytes."""
        pieces = [_HEADER, self._deflated[0]]
        for name, part in zip(self._names, self._deflated[1:], strict=True):
            pieces += (_stored(values[name]), part)
        plain = self.plain(values)
        pieces.append(struct.pack("<II", zlib.crc32(plain), len(plain)))
        return b"".join(pieces)


def _cut(text: str, holes: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    cuts: list[tuple[str, str]] = []
    while True:
        result = [(text.find(mark), name) for name, mark in holes.items() if mark in text]
        if not result:
            return [*cuts, (text, "")]
        at, name = min(result)
        cuts.append((text[:at], name))
        text = text[at + len(holes[name]) :]


def _deflate(part: bytes, *, last: bool) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(part) + deflater.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _stored(value: bytes) -> bytes:
    return struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF) + value

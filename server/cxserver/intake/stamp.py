"""The hidden `stamp` of a page: when it was opened, which version it showed, which sheet it is.

It makes a place's page answer once, and lets a page opened in time be sent a little later. It is
signed for this service and this very link.
"""

import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cxserver.errors import ServerError

# 18 random bytes make the whole 24, which base64 writes without padding: one text per stamp.
_PAYLOAD = struct.Struct(">IH18s")
_LENGTH = 32 + 22
# Several servers behind one address may disagree a little.
_SKEW = timedelta(minutes=1)


class StampInvalid(ServerError):
    """Missing, forged, or of another page."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """`sid` is the random number of this one sheet; `survey` the version that was shown."""

    opened_at: datetime
    survey: int
    sid: bytes


def sign(secret: bytes, link: str, survey: int, opened_at: datetime) -> str:
    """A fresh stamp for the page of `link` (its token)."""
    body = _PAYLOAD.pack(int(opened_at.timestamp()), survey, secrets.token_bytes(18))
    return _base64(body) + _base64(_signature(secret, link, body))


def read(secret: bytes, link: str, text: str, now: datetime) -> Stamp:
    """What a stamp proves. Raises StampInvalid."""
    if len(text) != _LENGTH or not text.isascii():
        raise StampInvalid("not the form of a stamp")
    try:
        body = urlsafe_b64decode(text[:32])
    except Error:
        raise StampInvalid("not the form of a stamp") from None
    honest = _base64(body) + _base64(_signature(secret, link, body))
    if not hmac.compare_digest(honest, text):
        raise StampInvalid("signed for another page")
    opened, survey, sid = _PAYLOAD.unpack(body)
    stamp = Stamp(datetime.fromtimestamp(opened, UTC), survey, sid)
    if stamp.opened_at > now + _SKEW:
        raise StampInvalid("opened in the future")
    return stamp


def _signature(secret: bytes, link: str, body: bytes) -> bytes:
    return hmac.digest(secret, body + b"|" + link.encode(), "sha256")[:16]


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

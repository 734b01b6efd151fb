"""The hidden `stamp` of a page: when it was opened, which version it showed, which sheet it is.

It makes a place's page answer once, and lets a page opened in time be sent a little later. It is
signed for this service and this very link.
"""

import re
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from cxserver.errors import ServerError

# The strict form is checked before itsdangerous sees the text: base64 itself would accept "=" at
# the end and several last characters. The last one carries four bits, so only every fourth.
FORM = re.compile(r"[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z", re.ASCII)
# 18 random bytes make the whole 24, which base64 writes without padding: one text per stamp.
_PAYLOAD = struct.Struct(">IH18s")
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
    payload = _PAYLOAD.pack(int(opened_at.timestamp()), survey, secrets.token_bytes(18))
    return _signer(secret, link).sign(urlsafe_b64encode(payload)).decode()


def read(secret: bytes, link: str, text: str, now: datetime) -> Stamp:
    """What a stamp proves. Raises StampInvalid."""
    if not FORM.match(text):
        raise StampInvalid("not the form of a stamp")
    try:
        payload = urlsafe_b64decode(_signer(secret, link).unsign(text))
    except BadSignature:
        raise StampInvalid("signed for another page") from None
    opened, survey, sid = _PAYLOAD.unpack(payload)
    stamp = Stamp(datetime.fromtimestamp(opened, UTC), survey, sid)
    if stamp.opened_at > now + _SKEW:
        raise StampInvalid("opened in the future")
    return stamp


def _signer(secret: bytes, link: str) -> Signer:
    # Both are named: on its own, itsdangerous takes SHA-1 and derives keys by plain hashing.
    return Signer(secret, salt=link, key_derivation="hmac", digest_method=sha256)

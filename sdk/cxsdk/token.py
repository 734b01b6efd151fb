"""THE link format: 43 characters that say when, under which key, and nothing about whom.

`base64url(version|kind: u8, key id: u16, time: u32, nonce: 8 bytes)` + "." +
`base64url(HMAC-SHA-256 cut to 128 bits)`. Service and office stand in the path and enter the
signature through the key, so a token opens nothing but its own office's survey.
"""

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from typing import Literal, cast

from itsdangerous import BadSignature
from itsdangerous.signer import HMACAlgorithm, Signer

from cxsdk import keys
from cxsdk.errors import TokenExpired, TokenForged, TokenMalformed, TokenTooEarly

VERSION = 1
# A-11 §280.10: "immediately following or within 48 hours of completion".
WINDOW = timedelta(hours=48)
# Two honest clocks may disagree by this much.
SKEW = timedelta(minutes=15)

# The strict form is checked before itsdangerous sees the text: base64 itself would accept "=" at
# the end and several last characters. The last one carries two bits, so only A, Q, g, w.
FORM = re.compile(r"[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{21}[AQgw]\Z", re.ASCII)
_PAYLOAD = struct.Struct(">BHI8s")

Channel = Literal["email", "sms", "web", "phone", "kiosk", "poster", "site"]


class Kind(IntEnum):
    """How a link reaches people. The high bit means: a place, many answers."""

    EMAIL = 1
    SMS = 2
    WEB = 3
    PHONE = 4
    KIOSK = 8
    POSTER = 9
    SITE = 10

    @property
    def channel(self) -> Channel:
        """The channel's name, as in `issue_link(channel=...)`."""
        return cast(Channel, self.name.lower())

    @property
    def is_place(self) -> bool:
        """Whether many people may answer through one link."""
        return self >= 8

    @property
    def longest(self) -> timedelta:
        """How long a link of this kind may live."""
        if not self.is_place:
            return WINDOW
        return timedelta(days=90 if self is Kind.KIOSK else 400)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says. `time` is UTC seconds: an invite's interaction end, a place's expiry."""

    kind: Kind
    kid: int
    time: int
    nonce: bytes

    @property
    def moment(self) -> datetime:
        """`time` as an aware datetime."""
        return datetime.fromtimestamp(self.time, UTC)

    @property
    def ends(self) -> datetime:
        """The last moment at which the link may be opened."""
        return self.moment if self.kind.is_place else self.moment + WINDOW


class _Cut(HMACAlgorithm):
    """HMAC cut to its leftmost 128 bits (SP 800-107r1 §5.3 allows half the hash)."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:16]


class LinkKey:
    """Signs and checks the tokens of one office and one kind. Derive it once and keep it."""

    def __init__(self, office_secret: bytes, kind: Kind):
        self.kind = kind
        secret = keys.expand(office_secret, b"cxlink/1|kind|" + bytes([kind]))
        self._signer = Signer(
            secret, key_derivation="none", digest_method=sha256, algorithm=_Cut(sha256)
        )

    def sign(self, kid: int, time: int, nonce: bytes) -> str:
        """The token's text."""
        payload = _PAYLOAD.pack(VERSION << 4 | self.kind, kid, time, nonce)
        return self._signer.sign(urlsafe_b64encode(payload)).decode()

    def check(self, text: str) -> None:
        """Raise TokenForged unless this key signed `text`."""
        try:
            self._signer.unsign(text)
        except BadSignature:
            raise TokenForged("This token was not signed for this service and office.") from None


def read(text: str) -> Token:
    """What `text` claims, unproven: check it with the key it names. Raises TokenMalformed."""
    if not FORM.match(text):
        raise TokenMalformed("This is not the form of a token.")
    head, kid, time, nonce = _PAYLOAD.unpack(urlsafe_b64decode(text[:20]))
    if head >> 4 != VERSION or head & 15 not in Kind.__members__.values():
        raise TokenMalformed("This token is of a version or kind this software does not know.")
    return Token(Kind(head & 15), kid, time, nonce)


def check_window(token: Token, now: datetime) -> None:
    """Raise TokenExpired or TokenTooEarly unless the link may be opened at `now` (aware)."""
    if now > token.ends:
        raise TokenExpired(token.ends)
    # Also for places: an expiry further away than its kind may live was not minted by our rules.
    earliest = token.ends - token.kind.longest - SKEW
    if now < earliest:
        raise TokenTooEarly(earliest)

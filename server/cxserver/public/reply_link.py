"""A code on its way to the thanks page: sealed in the address, so that no log on the way holds it.

The page is reached by a redirect, without cookie, storage or script, so the address is the only
carrier. Proxies and histories keep addresses: what they keep is opened by this server alone, and
for a day only.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime, timedelta

# A phone loads its open pages again when their owner comes back, often hours later.
LIVES = timedelta(days=1)
_MINUTES = struct.Struct(">I")
_CODE = 16
_TAG = 16
_LENGTH = 48


def seal(secret: bytes, code: str, now: datetime) -> str:
    """A text of 48 letters that `unseal` turns back into the code."""
    bare = code.replace("-", "").encode()
    clear = _MINUTES.pack(int(now.timestamp()) // 60) + bare
    # The tag is made of what is sealed, and what hides it is made of the tag: changing either
    # fails, and no two codes are hidden alike.
    tag = _tag(secret, clear)
    return urlsafe_b64encode(tag + _hidden(secret, tag, clear)).decode()


def unseal(secret: bytes, text: str, now: datetime) -> str:
    """The code in a text from `seal`; "" when it is none, or too old."""
    if len(text) != _LENGTH or not text.isascii():
        return ""
    try:
        sealed = urlsafe_b64decode(text)
    except Error:
        return ""
    tag, clear = sealed[:_TAG], _hidden(secret, sealed[:_TAG], sealed[_TAG:])
    if not hmac.compare_digest(tag, _tag(secret, clear)):
        return ""
    made = datetime.fromtimestamp(_MINUTES.unpack(clear[: _MINUTES.size])[0] * 60, UTC)
    if now - made > LIVES:
        return ""
    bare = clear[_MINUTES.size :].decode()
    return "-".join(bare[at : at + 4] for at in range(0, _CODE, 4))


def _tag(secret: bytes, clear: bytes) -> bytes:
    return hmac.digest(secret, b"tag|" + clear, "sha256")[:_TAG]


def _hidden(secret: bytes, tag: bytes, data: bytes) -> bytes:
    stream = hmac.digest(secret, b"stream|" + tag, "sha256")
    return bytes(byte ^ mask for byte, mask in zip(data, stream, strict=False))

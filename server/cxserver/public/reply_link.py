"""A code on its way to the thanks page: sealed in the address, so that no log on the way holds it.

The page is reached by a redirect, without cookie, storage or script, so the address is the only
carrier. Proxies and histories keep addresses: what they keep is opened by this server alone, and
for a day only.
"""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken

# A phone loads its open pages again when their owner comes back, often hours later.
LIFETIME = timedelta(days=1)
# The letters of a sealed code.
LENGTH = 120


def seal(secret: bytes, code: str, now: datetime) -> str:
    """A text of LENGTH letters that `unseal` turns back into the code; `secret` has 32 bytes."""
    return _box(secret).encrypt_at_time(code.encode(), int(now.timestamp())).decode()


def unseal(secret: bytes, text: str, now: datetime) -> str:
    """The code in a text from `seal`; "" when it is none, or too old."""
    if len(text) != LENGTH or not text.isascii():
        return ""
    lifetime = int(LIFETIME.total_seconds())
    try:
        code = _box(secret).decrypt_at_time(text, lifetime, int(now.timestamp()))
    except InvalidToken:
        return ""
    return code.decode()


def _box(secret: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(secret))

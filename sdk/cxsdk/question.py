"""The question of `Issuer.check`: which of these offices would a link of this key open?

A key never travels. The question is signed under a key that is derived from it for this purpose
alone, and carries the time. Both sides are here, so that there is one form.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature
from itsdangerous.signer import Signer

from cxsdk import keys
from cxsdk.errors import TokenForged
from cxsdk.keys import Key

# Offices in one question; more are asked about in several.
MOST = 1000
PATH = "/api/v1/links/check"
# UTC seconds; as in a token.
_LAST = 2**32
_PURPOSE = b"cxcheck/1"
# JSON, a dot, and 32 bytes in base64: its last letter ends in two bits that are 0.
_FORM = re.compile(r"[\x20-\x7e]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """What a program asks: which key it uses, since when (UTC seconds), for which offices."""

    service: str
    kid: int
    office: str | None
    at: int
    offices: tuple[str, ...]


def sign(key: Key, offices: Iterable[str], at: datetime) -> str:
    """The question as signed text."""
    said = [key.service, key.kid, key.office, int(at.timestamp()), list(offices)]
    return _signer(key.secret).sign(json.dumps(said, separators=(",", ":"))).decode()


def read(signed: str) -> Question:
    """What `signed` asks, unproven. Raises TokenForged where it is no question."""
    # Before itsdangerous sees it: it would take half a character as an error of its own, and let
    # bits of the last letter pass that mean nothing.
    if not _FORM.fullmatch(signed):
        raise TokenForged("This is not the form of a question.")
    try:
        service, kid, office, at, offices = json.loads(signed.rpartition(".")[0])
    except (ValueError, TypeError, RecursionError):
        raise TokenForged("This is not the form of a question.") from None
    slugs = [service, *([] if office is None else [office])]
    if not isinstance(offices, list) or not all_slugs([*slugs, *offices]):
        raise TokenForged("This question names what cannot be a name.")
    # JSON's true is an int to Python, and 10**400 is an int without a float.
    if type(kid) is not int or type(at) is not int or not 0 < at < _LAST or len(offices) > MOST:
        raise TokenForged("This is not the form of a question.")
    return Question(service, kid, office, at, tuple(offices))


def prove(signed: str, secret: bytes) -> None:
    """Raise TokenForged unless the holder of the key with this secret signed it."""
    try:
        _signer(secret).unsign(signed)
    except BadSignature:
        raise TokenForged("This question was not signed with that key.") from None


def _signer(secret: bytes) -> Signer:
    derived = keys.expand(secret, _PURPOSE)
    return Signer(derived, key_derivation="none", digest_method=sha256)


def all_slugs(names: Iterable[Any]) -> bool:
    """Whether all of these can name a service or an office."""
    return all(isinstance(name, str) and keys.SLUG.match(name) for name in names)

"""Keys: their text, and the one-way road root → service → office → kind.

Each step is HKDF-Expand (RFC 5869) with SHA-256, so whoever holds a later key cannot climb back:
a leaked office key mints for that office and for nothing else.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import crc32
from dataclasses import dataclass, field

from cxsdk.errors import BadName, KeyCutOff, KeyMalformed

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z", re.ASCII)
_TEXT = re.compile(
    r"cxk1_(?P<scope>svc|off)_(?P<service>[a-z0-9-]{1,32})(?:\.(?P<office>[a-z0-9-]{1,32}))?"
    r"_(?P<kid>[1-9][0-9]{0,4})_(?P<secret>[A-Za-z0-9_-]{43})_(?P<crc>[A-Za-z0-9_-]{6})\Z",
    re.ASCII,
)


def expand(key: bytes, info: bytes) -> bytes:
    """One step down: HKDF-Expand(key, info, 32). Extract is skipped, the parent is uniform."""
    return hmac.digest(key, info + b"\x01", "sha256")


def service_secret(root: bytes, service: str, kid: int) -> bytes:
    """The 32-byte secret of a service's key number `kid`."""
    return expand(root, f"cxlink/1|service|{service}|{kid}".encode())


def office_secret(service_key: bytes, office: str) -> bytes:
    """The 32-byte secret of one office, from its service's secret."""
    return expand(service_key, b"cxlink/1|office|" + office.encode())


def check_slug(kind: str, value: object) -> str:
    """`value` if it is a slug; BadName with the rule otherwise."""
    if isinstance(value, str) and SLUG.match(value):
        return value
    raise BadName(
        f"{value!r} cannot name a {kind}. Use 1 to 32 of a-z, 0-9 and '-', "
        "beginning and ending with a letter or digit."
    )


@dataclass(frozen=True, slots=True)
class Key:
    """A key for a whole service, or for one of its offices.

    `kid` is the key's number within its service; `secret` is 32 bytes and never shown by repr().
    """

    service: str
    kid: int
    secret: bytes = field(repr=False)
    office: str | None = None

    @classmethod
    def read(cls, text: str) -> "Key":
        """The key in `text`. Raises KeyMalformed or KeyCutOff."""
        text = text.strip()
        if not text.startswith("cxk1_"):
            raise KeyMalformed("This is not a key. A key begins with cxk1_; see `cx key issue`.")
        match = _TEXT.match(text)
        if not match or _checksum(text[: match.start("crc") - 1]) != match["crc"]:
            raise KeyCutOff(
                "This key was cut off or changed when it was copied: its checksum does not "
                "fit. Copy the whole line that `cx key issue` printed."
            )
        secret = urlsafe_b64decode(match["secret"] + "=")
        return cls(match["service"], int(match["kid"]), secret, match["office"])

    @property
    def text(self) -> str:
        """The key as text, to be stored in a secret store and given as CX_KEY."""
        scope = f"off_{self.service}.{self.office}" if self.office else f"svc_{self.service}"
        body = f"cxk1_{scope}_{self.kid}_{_base64(self.secret)}"
        return f"{body}_{_checksum(body)}"

    def covers(self, service: str, office: str) -> bool:
        """Whether this key may mint for that office of that service."""
        return self.service == service and self.office in (None, office)

    def secret_for(self, office: str) -> bytes:
        """The office's secret, derived unless this key is the office's own."""
        return self.secret if self.office else office_secret(self.secret, office)

    def for_office(self, office: str) -> "Key":
        """The narrower key of one office."""
        return Key(self.service, self.kid, self.secret_for(office), check_slug("office", office))


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _checksum(body: str) -> str:
    return _base64(crc32(body.encode()).to_bytes(4, "big"))

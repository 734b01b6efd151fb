"""Keys that other programs read results or make links with: issued once, found by
their hash, ended by a day.

The text is 256 random bits, so one round of SHA-256 keeps it: there is nothing to guess.
"""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from binascii import crc32
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Row, or_, select

from cxserver import tables
from cxserver.catalog import directory, names
from cxserver.errors import ApiKeyRefused, NotFound

# Days.
USUAL, LONGEST = 90, 400
_TEXT = re.compile(r"(?P<body>cxa1_[A-Za-z0-9_-]{43})_(?P<crc>[0-9a-f]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key is for: a service, or an office with those below it, or both; None is all.

    `rows`: answers row by row, so that no number is hidden from it; `comments`: what people wrote.
    `links`: it makes links, and reads nothing.
    """

    id: str
    name: str
    service: str | None
    office: str | None
    comments: bool
    rows: bool
    links: bool
    issued: date
    expires: date
    used: date | None
    revoked: date | None
    key_hash: bytes = field(repr=False)

    def state(self, today: date) -> str:
        """Whether it is "live", "expired" (its last day is over) or "revoked"."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if today > self.expires else "live"


def issue(
    connection: Connection,
    name: str,
    service: str | None,
    office: str | None,
    expires: date,
    now: date,
    *,
    comments: bool = False,
    rows: bool = False,
    links: bool = False,
) -> tuple[str, str]:
    """Make a key; gives its id and its text, which is kept nowhere. Raises NotFound."""
    _check_exists(connection, service, office)
    body = f"cxa1_{_base64(secrets.token_bytes(32))}"
    text, id = f"{body}_{_checksum(body)}", secrets.token_hex(8)
    connection.execute(
        tables.api_keys.insert().values(
            key_hash=_hash(text),
            id=id,
            name=name,
            service=service,
            office=office,
            comments=comments,
            rows=rows,
            links=links,
            issued=now,
            expires=expires,
        )
    )
    return id, text


def find(connection: Connection, text: str, today: date) -> ApiKey:
    """The key with this text, if it is live. Raises ApiKeyRefused."""
    match = _TEXT.fullmatch(text)
    if not match or _checksum(match["body"]) != match["crc"]:
        said = "was cut off or changed when it was copied" if _begins_well(text) else "is none"
        raise ApiKeyRefused(f"This key {said}. Send the whole line that was printed, cxa1_….")
    # By its hash: the time it takes tells nothing of the text of any key.
    query = select(tables.api_keys).where(tables.api_keys.c.key_hash == _hash(text))
    row = connection.execute(query).first()
    if row is None:
        raise ApiKeyRefused("We don't know this key.")
    key = _key(row)
    if key.state(today) == "revoked":
        raise ApiKeyRefused(f"This key was revoked on {key.revoked}.")
    if key.state(today) == "expired":
        raise ApiKeyRefused(f"This key ended on {key.expires}.")
    return key


def touch(connection: Connection, key: ApiKey, today: date) -> None:
    """Note that a key was used today."""
    columns = tables.api_keys.c
    connection.execute(
        tables.api_keys.update()
        .where(columns.key_hash == key.key_hash, or_(columns.used.is_(None), columns.used < today))
        .values(used=today)
    )


def revoke(connection: Connection, id: str, today: date) -> ApiKey:
    """Revoke a key, at once; once is enough. Raises NotFound."""
    columns = tables.api_keys.c
    row = connection.execute(select(tables.api_keys).where(columns.id == id)).first()
    if row is None:
        raise NotFound(f"There is no API key '{id}'. To list them: cx api-key list")
    if row.revoked is None:
        connection.execute(tables.api_keys.update().where(columns.id == id).values(revoked=today))
    return _key(row)


def everything(connection: Connection) -> list[ApiKey]:
    """Every key there was, by name."""
    columns = tables.api_keys.c
    ordered = select(tables.api_keys).order_by(columns.name, columns.issued, columns.id)
    return [_key(row) for row in connection.execute(ordered)]


def _check_exists(connection: Connection, service: str | None, office: str | None) -> None:
    known = directory.load(connection)
    names.check_service(known, service)
    names.check_office(known, office)


def _begins_well(text: str) -> bool:
    return text.startswith("cxa1_")


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(**row._mapping)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"[:6]


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")

"""Codes that pair a device: shown once, good for ten minutes, used once.

Only a keyed hash of a code is stored. A staff PIN is six digits, so it is hashed slowly: the
device holds that hash, and asks for the PIN without a network.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from cxserver import tables
from cxserver.catalog.rootkey import RootKeys

# Without 0 O 1 I L: nobody has to ask which of two look-alikes it is.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LIVES = timedelta(minutes=10)
PIN = re.compile(r"[0-9]{6}\Z", re.ASCII)
_LENGTH = 8
# What OWASP asks of PBKDF2 with SHA-256 (ASVS 5.0, appendix C).
_ROUNDS = 600_000
_SALT = 16
_NAME = 200


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a code stands for. `pin` is hashed."""

    service: str
    office: str
    place: str
    pin: str


def offer(connection: Connection, roots: RootKeys, pairing: Pairing, now: datetime) -> str:
    """A fresh code, as XXXX-XXXX. An earlier code of the same place is worth nothing any more."""
    columns = tables.pairings.c
    place = pairing.place[:_NAME]
    same = (
        (columns.service == pairing.service)
        & (columns.office == pairing.office)
        & (columns.place == place)
    )
    connection.execute(delete(tables.pairings).where(same | (columns.expires < now)))
    bare = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    connection.execute(
        tables.pairings.insert().values(
            code_hash=_hash(roots, bare),
            service=pairing.service,
            office=pairing.office,
            place=place,
            pin=pairing.pin,
            expires=now + LIVES,
        )
    )
    return f"{bare[:4]}-{bare[4:]}"


def take(connection: Connection, roots: RootKeys, typed: str, now: datetime) -> Pairing | None:
    """What the typed code stands for, which is used up by this; None for any other text."""
    columns = tables.pairings.c
    # One statement takes it out: of two who type the same code at once, one finds it.
    row = connection.execute(
        delete(tables.pairings)
        .where(columns.code_hash == _hash(roots, bare(typed)))
        .returning(columns.service, columns.office, columns.place, columns.pin, columns.expires)
    ).first()
    if row is None or row.expires < now:
        return None
    return Pairing(row.service, row.office, row.place, row.pin)


def forget(connection: Connection, now: datetime) -> None:
    """Delete the codes that came too late."""
    connection.execute(delete(tables.pairings).where(tables.pairings.c.expires < now))


def bare(typed: str) -> str:
    """A code as it is hashed, whatever case, spaces and hyphens it was typed with."""
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())


def new_pin() -> str:
    """Six digits by chance."""
    return f"{secrets.randbelow(1_000_000):06}"


def hash_pin(pin: str) -> str:
    """The PIN as it is stored: `pbkdf2-sha256$<iterations>$<salt>$<hash>`, both in base64."""
    salt = secrets.token_bytes(_SALT)
    result = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, _ROUNDS)
    parts = (base64.b64encode(part).decode() for part in (salt, result))
    return "$".join(("pbkdf2-sha256", str(_ROUNDS), *parts))


def _hash(roots: RootKeys, code: str) -> bytes:
    return hmac.digest(roots.purpose_secret("pairing"), code.encode(), "sha256")

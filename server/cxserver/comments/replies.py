"""A reply to somebody we cannot know, read under a code that only that person has.

The code has 80 bits: nobody guesses one, however long they try. The database keeps its SHA-256
alone, and forgets it with the reply when its days are over.

The code of an answer is computed from its page's own random number, which lies in the page's
stamp and in no table and no log: the same page sent twice shows the same code, and neither the
link nor anything that is kept leads to it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select, update

from cxserver import tables
from cxserver.catalog import directory
from cxserver.errors import Conflict, NotFound, ReplyRefused
from cxserver.instrument import cleaning, masking
from cxserver.response_id import ResponseId

LIMIT = 2000
# Crockford's base 32: no I, L, O or U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16
_BYTES = 10
_READ_AS = str.maketrans("OIL", "011", "- \t\n\r\u00a0\u2010\u2011\u2012\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Posted:
    """What an office replied, on which day, and the last day it can be read. "" is nothing yet."""

    text: str
    replied: date | None
    until: date
    version: int


@dataclass(frozen=True, slots=True)
class Reply(Posted):
    """The same as the person reads it: from which office, in which language they wrote."""

    office: str
    language: str


def code_of(secret: bytes, sheet: bytes) -> str:
    """The code of an answer, from the random number of its page."""
    return spelled(hmac.digest(secret, sheet, "sha256")[:_BYTES])


def spelled(code: bytes) -> str:
    """80 bits as XXXX-XXXX-XXXX-XXXX."""
    number = int.from_bytes(code)
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(letters[at : at + 4] for at in range(0, _LENGTH, 4))


def canonical(typed: str) -> str | None:
    """A code as it is spelled here, however somebody typed it; None when it cannot be one."""
    bare = typed.upper().translate(_READ_AS)
    if len(bare) != _LENGTH or not set(bare) <= set(ALPHABET):
        return None
    return "-".join(bare[at : at + 4] for at in range(0, _LENGTH, 4))


def hash_of(code: str) -> bytes:
    """What the database keeps of a code."""
    return hashlib.sha256((canonical(code) or "").encode()).digest()


def stands(connection: Connection, code: str) -> bool:
    """Whether a response was stored under this code."""
    columns = tables.replies.c
    rows = connection.execute(select(columns.day).where(columns.code_hash == hash_of(code)))
    return rows.first() is not None


def of(connection: Connection, row: ResponseId, today: date) -> Posted | None:
    """What the office has replied to this response; None when nobody could read it."""
    columns = tables.replies.c
    stored = connection.execute(
        select(columns.text, columns.replied, columns.until, columns.version).where(
            *_live(row, today)
        )
    ).first()
    return Posted(*stored) if stored else None


def post(connection: Connection, row: ResponseId, text: str, today: date, seen: int) -> None:
    """Put a reply there, in place of the one that was `seen`. It is masked like a comment.

    Raises NotFound when nobody can read it (any more), ReplyRefused when it is empty or too long,
    Conflict when a colleague has replied since.
    """
    agency = directory.agency(connection)
    safe = masking.mask(_plain(text), agency.mask if agency else ())
    table = tables.replies
    done = connection.execute(
        update(table)
        .where(*_live(row, today), table.c.version == seen)
        .values(text=safe, replied=today, version=table.c.version + 1)
    )
    if done.rowcount:
        return
    if of(connection, row, today) is None:
        raise NotFound("Nobody can read a reply to this answer.")
    raise Conflict("A colleague has replied since you opened this comment.")


def read(connection: Connection, code: str, today: date) -> Reply | None:
    """What stands under a code; None when it is none, or over."""
    replies, responses = tables.replies.c, tables.responses.c
    row = connection.execute(
        select(
            *(replies.text, replies.replied, replies.until, replies.version),
            *(responses.office, responses.language),
        )
        .join_from(
            tables.replies,
            tables.responses,
            (responses.service == replies.service)
            & (responses.day == replies.day)
            & (responses.id == replies.response),
        )
        .where(replies.code_hash == hash_of(code), replies.until >= today)
    ).first()
    return Reply(*row) if row else None


def forget(connection: Connection, today: date) -> int:
    """Delete the codes and replies whose days are over; how many."""
    gone = connection.execute(delete(tables.replies).where(tables.replies.c.until < today))
    return gone.rowcount


def _plain(text: str) -> str:
    plain = cleaning.clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not plain:
        raise ReplyRefused("Write something first.")
    if len(plain) > LIMIT:
        raise ReplyRefused(f"{len(plain) - LIMIT:,} characters too many; {LIMIT:,} are allowed.")
    return plain


def _live(row: ResponseId, today: date) -> tuple[Any, ...]:
    service, day, response = row
    columns = tables.replies.c
    return (
        columns.response == response,
        columns.service == service,
        columns.day == day,
        columns.until >= today,
    )

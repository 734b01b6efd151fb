"""Words of a comment that the staff wrote down again: in notes, in "You said, we did", in a reply.

Taking words out of a comment takes them out of there as well. Of named stretches each word of 4
letters or more is looked for, for a note says "Quartzbottom" where the comment said the whole name;
of a comment that goes as a whole, its lines and sentences.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from cxserver import tables
from cxserver.comments import cases
from cxserver.comments.striking import Cut, struck
from cxserver.response_id import ResponseId

SHORTEST = 4
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?]+\s+|\n+")


@dataclass(frozen=True, slots=True)
class Copy:
    """A text of the staff's in which words stand: where it is, and what will be left of it."""

    where: str
    left: str
    characters: int


@dataclass(frozen=True, slots=True)
class _Place:
    table: Table
    key: Any
    column: str
    where: str
    text: str


def wanted(texts: Iterable[str], cut: Cut) -> Cut:
    """What to look for, where `cut` goes out of a comment made of `texts`."""
    if not cut.everything:
        stretches = [*cut.words, *(word for phrase in cut.words for word in _WORD.findall(phrase))]
    else:
        stretches = [part for text in texts for part in (text, *_SENTENCE.split(text))]
    plain = (" ".join(stretch.split()) for stretch in stretches)
    return Cut(tuple(dict.fromkeys(item for item in plain if len(item) >= SHORTEST)))


def find(connection: Connection, row: ResponseId, cut: Cut) -> list[Copy]:
    """The texts in which the words of a `wanted` cut stand."""
    return [
        Copy(place.where, left, gone)
        for place in _places(connection, row)
        for left, gone in [struck(place.text, cut)]
        if gone
    ]


def redact(connection: Connection, row: ResponseId, cut: Cut, now: datetime) -> int:
    """Take the words out there; of how many texts."""
    n = 0
    for place in _places(connection, row):
        left, gone = struck(place.text, cut)
        if not gone:
            continue
        n += 1
        connection.execute(update(place.table).where(place.key).values({place.column: left}))
        # Who has the words on the screen still must not save them again.
        if place.table is tables.cases:
            cases.touch(connection, row, now)
        if place.table is tables.replies:
            version = tables.replies.c.version
            connection.execute(update(place.table).where(place.key).values(version=version + 1))
    return n


def _places(connection: Connection, row: ResponseId) -> Iterator[_Place]:
    service, day, response = row
    for table, columns in (
        (tables.case_notes, {"text": "A note"}),
        (tables.cases, {"said": "You said", "did": "We did"}),
        (tables.replies, {"text": "The reply"}),
    ):
        fields = table.c
        same = (fields.service == service) & (fields.day == day) & (fields.response == response)
        for stored in connection.execute(select(table).where(same)).all():
            key = same & (fields.id == stored.id) if table is tables.case_notes else same
            who = f" by {stored.who}" if table is tables.case_notes else ""
            for column, where in columns.items():
                yield _Place(table, key, column, where + who, getattr(stored, column) or "")

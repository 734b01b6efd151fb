"""Take words out of what somebody wrote, for good: no copy is kept, and nobody can undo it.

Whoever takes words out names them, one stretch a line, as they stand in the comment. They go from
the comment and from answers in words to the agency's own questions. Counts do not change: nothing
that was typed is counted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.exc import DBAPIError

from cxserver import db, tables
from cxserver.casework.cases import Named
from cxserver.errors import NotFound
from cxserver.log import logger

MARK = "[redacted]"
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Cut:
    """What is to go: the stretches of words, or everything."""

    words: tuple[str, ...] = ()
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.words)


@dataclass(frozen=True, slots=True)
class Result:
    """The words as they will stand, how many characters go, and what was not found in them."""

    comment: str
    questions: Mapping[str, str]
    characters: int
    missing: tuple[str, ...]


def named(lines: str) -> tuple[str, ...]:
    """The stretches of words in what was typed, one a line."""
    return tuple(
        dict.fromkeys(" ".join(line.split()) for line in lines.splitlines() if line.split())
    )


def preview(connection: Connection, row: Named, free: Iterable[str], cut: Cut) -> Result:
    """What would become of it. `free` are the questions answered in words. Raises NotFound."""
    held = _held(connection, row)
    return _result(held.comment, held.questions, frozenset(free), cut)


def redact(connection: Connection, row: Named, free: Iterable[str], cut: Cut) -> int:
    """Take the words out; how many characters went. `forget` must follow the commit.

    Raises NotFound.
    """
    held = _held(connection, row, lock=True)
    result = _result(held.comment, held.questions, frozenset(free), cut)
    responses = tables.responses
    service, day, id = row
    connection.execute(
        update(responses)
        .where(responses.c.service == service, responses.c.day == day, responses.c.id == id)
        .values(comment=result.comment, questions=dict(result.questions))
    )
    return result.characters


def forget(engine: Engine) -> None:
    """Erase from the files what `redact` took out of the tables.

    SQLite overwrites what it deletes, once the write-ahead log is folded in. PostgreSQL keeps the
    row as it was until a VACUUM, which may not come by itself for one row among millions.
    """
    db.fold_journal(engine)
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (INDEX_CLEANUP ON) responses"))
    except DBAPIError as error:
        # The words are out of the table; the next VACUUM takes the row as it was.
        logger.warning("vacuum_refused", reason=type(error.orig).__name__)


def _held(connection: Connection, row: Named, *, lock: bool = False) -> Any:
    responses = tables.responses.c
    service, day, id = row
    query = select(responses.comment, responses.questions).where(
        responses.service == service, responses.day == day, responses.id == id
    )
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotFound("There is no such response.")
    return found


def _result(comment: str, questions: Mapping[str, str], free: frozenset[str], cut: Cut) -> Result:
    texts = {"": comment} | {code: one for code, one in questions.items() if code in free}
    done = {name: _without(one, cut) for name, one in texts.items()}
    missing = () if cut.everything else tuple(_missing(texts.values(), cut.words))
    return Result(
        comment=done[""][0],
        questions={code: done[code][0] if code in done else one for code, one in questions.items()},
        characters=sum(n for _, n in done.values()),
        missing=missing,
    )


def _without(told: str, cut: Cut) -> tuple[str, int]:
    """`told` without the words, and how many characters went."""
    if cut.everything:
        return (MARK, len(told)) if told.strip() and told != MARK else (told, 0)
    kept, past, gone = "", 0, 0
    for start, end in _stretches(told, cut.words):
        kept += told[past:start] + MARK
        past, gone = end, gone + end - start
    return kept + told[past:], gone


def _stretches(told: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """From where to where the words stand, joined where they lie over each other: "Ann Lee" and
    "Lee Smith" together take all of "Ann Lee Smith" out, and leave no "Smith" behind.
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(_places(told, words)):
        if joined and start < joined[-1][1]:
            first, last = joined.pop()
            start, end = first, max(last, end)
        joined.append((start, end))
    return joined


def _places(told: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for one in words:
        # Looked for from every letter on: the same words may lie over each other, too.
        for found in re.finditer(f"(?=({_pattern(one)}))", told, re.IGNORECASE):
            yield found.span(1)


def _missing(texts: Iterable[str], words: Iterable[str]) -> Iterable[str]:
    every = "\n".join(texts)
    return (one for one in words if not re.search(_pattern(one), every, re.IGNORECASE))


def _pattern(words: str) -> str:
    """The words, however they are spaced, and not within other words: "Ann" is not in "plan"."""
    found = r"\s+".join(re.escape(one) for one in words.split())
    before = r"(?<!\w)" if _LETTERS.match(words[0]) else ""
    after = r"(?!\w)" if _LETTERS.match(words[-1]) else ""
    return before + found + after

"""Take words out of what somebody wrote, for good: no copy is kept, and nobody can undo it.

Whoever takes words out names them, one stretch a line, as they stand in the comment. They go from
the comment, from answers in words to the agency's own questions, and from what the staff wrote
about it. Counts do not change: nothing that was typed is counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.comments import copies, striking
from cxserver.comments.copies import Copy
from cxserver.comments.striking import Cut
from cxserver.errors import NotFound
from cxserver.response_id import ResponseId

# Where the words are that `redact` takes out.
TABLES = ("responses", "cases", "case_notes", "replies")


@dataclass(frozen=True, slots=True)
class Result:
    """The words as they will stand, how many characters go, what was not found in them, and where
    else some of them go.
    """

    comment: str
    questions: Mapping[str, str]
    characters: int
    missing: tuple[str, ...]
    copies: tuple[Copy, ...] = ()


def typed(known: Directory, service: str) -> frozenset[str]:
    """The codes of a service's questions that were answered in words, in all of its versions."""
    result = known.services.get(service)
    every = [
        question
        for survey in (result.surveys.values() if result else ())
        for question in survey.wording[survey.languages[0]].questions
    ]
    chosen = {question.code for question in every if question.choices}
    return frozenset(question.code for question in every) - chosen


def comment(connection: Connection, row: ResponseId) -> str:
    """The comment as it stands. Raises NotFound."""
    return str(_held(connection, row).comment)


def preview(connection: Connection, row: ResponseId, free: Iterable[str], cut: Cut) -> Result:
    """What would become of it. `free` are the questions answered in words. Raises NotFound."""
    response, free = _held(connection, row), frozenset(free)
    result = copies.find(connection, row, copies.wanted(_texts(response, free).values(), cut))
    return replace(_result(response, free, cut), copies=tuple(result))


def redact(
    connection: Connection, row: ResponseId, free: Iterable[str], cut: Cut, now: datetime
) -> tuple[int, int]:
    """Take the words out: how many characters went, and from how many texts of the staff's own.

    `forget` must follow the commit. Raises NotFound.
    """
    response, free = _held(connection, row, lock=True), frozenset(free)
    result = _result(response, free, cut)
    others = copies.redact(
        connection, row, copies.wanted(_texts(response, free).values(), cut), now
    )
    responses = tables.responses
    service, day, id = row
    connection.execute(
        update(responses)
        .where(responses.c.service == service, responses.c.day == day, responses.c.id == id)
        .values(comment=result.comment, questions=dict(result.questions))
    )
    return result.characters, others


def _held(connection: Connection, row: ResponseId, *, lock: bool = False) -> Any:
    responses = tables.responses.c
    service, day, id = row
    query = select(responses.comment, responses.questions).where(
        responses.service == service, responses.day == day, responses.id == id
    )
    response = connection.execute(query.with_for_update() if lock else query).first()
    if response is None:
        raise NotFound("There is no such response.")
    return response


def _texts(response: Any, free: frozenset[str]) -> dict[str, str]:
    """All that was typed, the comment under ""."""
    return {"": response.comment} | {
        code: question for code, question in response.questions.items() if code in free
    }


def _result(response: Any, free: frozenset[str], cut: Cut) -> Result:
    texts = _texts(response, free)
    done = {name: striking.struck(text, cut) for name, text in texts.items()}
    missing = () if cut.everything else tuple(striking.missing(texts.values(), cut.words))
    return Result(
        comment=done[""][0],
        questions={
            code: done[code][0] if code in done else question
            for code, question in response.questions.items()
        },
        characters=sum(n for _, n in done.values()),
        missing=missing,
    )

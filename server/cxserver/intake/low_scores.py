"""A comment with a low score opens a case by itself, in the transaction that closes its batch.

It has no owner and nobody has read it yet. A case that is there already stays as it is, unless it
was only read: then it opens.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_

from cxserver import db, tables
from cxserver.catalog.directory import Service
from cxserver.instrument.scale import THUMBS
from cxserver.response_id import ResponseId

# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


def open_cases(
    connection: Connection, service: Service, at: int, answers: Iterable[Row[Any]], now: datetime
) -> list[ResponseId]:
    """Open a case for each of these answers that has words and a score up to `at`; 0 opens none.
    Which were opened: not those whose case is somebody's already.
    """
    rows = list(_cases(service, at, answers, now))
    return [
        row
        for first in range(0, len(rows), _AT_ONCE)
        for row in _open(connection, rows[first : first + _AT_ONCE], now)
    ]


def _open(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> list[ResponseId]:
    cases = tables.cases
    key = (cases.c.service, cases.c.day, cases.c.response)
    wish = db.upsert(connection, cases).values(rows)
    opened = {"state": "open", "opened_for": wish.excluded.opened_for, "changed": now}
    done = wish.on_conflict_do_update(
        index_elements=key,
        set_=opened | {"version": cases.c.version + 1},
        where=and_(cases.c.state == "read", cases.c.owner.is_(None)),
    )
    return [ResponseId(*row) for row in connection.execute(done.returning(*key))]


def _cases(
    service: Service, at: int, answers: Iterable[Row[Any]], now: datetime
) -> Iterator[dict[str, Any]]:
    for answer in answers:
        measure = _low(service, at, answer)
        if measure and answer.excluded is None and _has_words(service, answer):
            yield {
                "service": answer.service,
                "day": answer.day,
                "response": answer.id,
                "office": answer.office,
                "state": "open",
                "opened_for": measure,
                "changed": now,
                "said": "",
                "did": "",
                "version": 1,
            }


def _low(service: Service, at: int, answer: Row[Any]) -> str:
    """Which of its scores is low, "" where none is; a thumb down is, at any threshold."""
    if not at:
        return ""
    thumbs = service.surveys[answer.survey].trust_scale is THUMBS
    if answer.trust <= (0 if thumbs else at):
        return "trust"
    is_low = answer.satisfaction is not None and answer.satisfaction <= at
    return "satisfaction" if is_low else ""


def _has_words(service: Service, answer: Row[Any]) -> bool:
    survey = service.surveys[answer.survey]
    typed = {
        question.code
        for question in survey.wording[survey.languages[0]].questions
        if not question.choices
    }
    words = (text for code, text in answer.questions.items() if code in typed)
    return any(text.strip() for text in (answer.comment, *words))

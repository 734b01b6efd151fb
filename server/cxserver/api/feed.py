"""GET /api/v1/responses: what people answered, row by row, for keys that read rows.

What people wrote is read apart, by `words`, for keys that may.
"""

from typing import Any

from sqlalchemy import Row

from cxserver import periods
from cxserver.api import visitor, walk
from cxserver.api.items import Rejected
from cxserver.api.schemas import AnswerRow, AnswersPage, AnswersQuery
from cxserver.api.visitor import Visitor
from cxserver.export import hours, pages, responses
from cxserver.periods import Period

_NO_ROWS = "This key does not read rows: `cx api-key issue --rows` makes one that does."


def answer(who: Visitor, answers_query: AnswersQuery) -> dict[str, Any]:
    """The next page."""
    if not who.key.rows:
        raise Rejected(403, "not_yours", _NO_ROWS)
    wanted = walk.wanted(who, answers_query, "month")

    def read(service: str, month: Period, after: str, room: int) -> tuple[list[AnswerRow], str]:
        return _rows(who, service, month, wanted.offices, after, room)

    rows, place = walk.pages(who, wanted, read)
    page = AnswersPage(rows=rows, next=place.cursor if place else None)
    return page.model_dump(mode="json")


show = visitor.receives(AnswersQuery, answer, tuple(AnswerRow.model_fields))


def _rows(
    who: Visitor, service: str, month: Period, offices: frozenset[str], after: str, room: int
) -> tuple[list[AnswerRow], str]:
    """The next rows, and from where to go on."""
    connection = who.connection
    result = pages.answers(connection, service, month.span, offices, after, room)
    if not result:
        return [], ""
    days = [row.day for row in result]
    # The same hours as a file says: those that 5 people of an office share.
    shared = hours.crowded(connection, service, min(days), max(days), offices)
    rows = [_row(who, item, hour_is_shared=hours.of(item) in shared) for item in result]
    return rows, result[-1].id[: pages.HALF] if len(result) == room else ""


def _row(who: Visitor, response: Row[Any], *, hour_is_shared: bool) -> AnswerRow:
    survey = who.directory.services[response.service].surveys[response.survey]
    row = responses.row(response, survey.trust_scale, hour=hour_is_shared)
    questions = survey.wording[survey.languages[0]].questions
    offered = {item.code for item in questions if item.choices}
    del row["comment"]
    more = {
        "month": periods.of("month", response.day).name,
        "week": periods.of("week", response.day).name,
        # Nobody wrote what was chosen.
        "questions": {at: text for at, text in response.questions.items() if at in offered},
    }
    return AnswerRow.model_validate(row | more)

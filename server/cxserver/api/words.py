"""GET /api/v1/comments: what people wrote, for keys that read it, by the rule of the Comments page.

For keys that read no rows a comment comes with its office's batch, under the week it was given,
with its own points and drivers beside it.
"""

from typing import Any

from sqlalchemy import Row

from cxserver import periods
from cxserver.api import visitor, walk
from cxserver.api.items import Rejected
from cxserver.api.schemas import CommentRow, CommentsPage, CommentsQuery
from cxserver.api.visitor import Visitor
from cxserver.comments import batched
from cxserver.disclosure.audience import Audience
from cxserver.export import pages, responses
from cxserver.periods import Period

_SILENT = "This key does not read what people wrote: `cx api-key issue --comments` makes one."


def answer(who: Visitor, comments_query: CommentsQuery) -> dict[str, Any]:
    """The next page."""
    if not who.key.comments:
        raise Rejected(403, "not_yours", _SILENT)
    # A day would tell who came then: where batches alone are read, days are whole weeks.
    wanted = walk.wanted(who, comments_query, "week", whole=who.seen.audience is Audience.RELEASED)

    def read(service: str, week: Period, after: str, room: int) -> tuple[list[CommentRow], str]:
        return _rows(who, service, week, wanted.offices, after, room)

    rows, place = walk.pages(who, wanted, read)
    page = CommentsPage(rows=rows, next=place.cursor if place else None)
    return page.model_dump(mode="json")


show = visitor.receives(CommentsQuery, answer, tuple(CommentRow.model_fields))


def _rows(
    who: Visitor, service: str, week: Period, offices: frozenset[str], after: str, room: int
) -> tuple[list[CommentRow], str]:
    only = None
    if who.seen.audience is Audience.RELEASED:
        only = batched.released(who.directory, [service])
    result = pages.words(who.connection, service, week.span, offices, after, room, only)
    rows = [_row(who, item) for item in result]
    written = [row for row in rows if row.comment.strip() or row.questions]
    return written, result[-1].id[pages.HALF :] if result and len(result) == room else ""


def _row(who: Visitor, response: Row[Any]) -> CommentRow:
    survey = who.directory.services[response.service].surveys[response.survey]
    survey_questions = survey.wording[survey.languages[0]].questions
    typed = {item.code for item in survey_questions if not item.choices}
    questions = {
        at: text for at, text in response.questions.items() if at in typed and text.strip()
    }
    row = responses.row(response, survey.trust_scale, hour=False)
    more = {"week": periods.of("week", response.day).name, "questions": questions}
    return CommentRow.model_validate(
        {name: value for name, value in (row | more).items() if name in CommentRow.model_fields}
    )

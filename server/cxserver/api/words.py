"""GET /api/v1/comments: what people wrote, for keys that read it, by the rule of the Comments page.

A comment waits until the week of its office is over and has 5 answers. Beside it stands no more
than trust, where 5 of that service, office and week gave the same: of what they answered, together,
hardly two are alike, and the rows of `feed` would lead to the rest.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from cxserver.api import visitor, walk
from cxserver.api.items import Rejected
from cxserver.api.reading import CommentRow, CommentsPage, CommentsQuery
from cxserver.api.visitor import Visitor
from cxserver.insight import held
from cxserver.insight.held import Telling
from cxserver.insight.scopes import Scope
from cxserver.periods import Period
from cxserver.reporting import batches

_RULE = "`from` is a Monday and `to` a Sunday after it: parts of weeks would tell of single people."
_SILENT = "This key does not read what people wrote: `cx api-key issue --comments` makes one."


def answer(who: Visitor, asked: CommentsQuery) -> dict[str, Any]:
    """The next page."""
    if not who.key.comments:
        raise Rejected(403, "not_yours", _SILENT)
    over = held.over(who.directory, who.now)
    wanted = walk.wanted(who, asked, "week", over, _RULE)

    def read(service: str, week: Period, after: str, room: int) -> tuple[list[CommentRow], str]:
        return _rows(who, service, week, wanted.offices, after, room)

    rows, place = walk.pages(who, wanted, read)
    page = CommentsPage(rows=rows, next=place.cursor if place else None)
    return page.model_dump(mode="json")


show = visitor.receives(CommentsQuery, answer)


def _rows(
    who: Visitor, service: str, week: Period, wanted: frozenset[str], after: str, room: int
) -> tuple[list[CommentRow], str]:
    shown = held.shown(who.connection, who.seen, week.start)
    offices = {office for office in wanted & shown.few if office in shown}
    if not offices:
        return [], ""
    connection = who.connection
    found = batches.words(connection, service, week.span, offices, after, room)
    if not found:
        return [], ""
    told = _trust(who, service, week, {one.office for one in found})
    rows = [_row(who, one, week, told.get(one.office, frozenset())) for one in found]
    written = [one for one in rows if one.comment.strip() or one.questions]
    return written, found[-1].id[batches.HALF :] if len(found) == room else ""


def _trust(
    who: Visitor, service: str, week: Period, offices: set[str]
) -> Mapping[str, frozenset[str]]:
    """By office what of trust may be told: where the page tells it, and of this service alone."""
    wide = who.seen.narrowed(Scope(offices=frozenset(offices)))
    narrow = wide.narrowed(Scope(services=frozenset({service})))
    here = held.telling(who.connection, narrow, week.start)
    page = held.telling(who.connection, wide, week.start)
    return {office: one.trust & page.get(office, Telling()).trust for office, one in here.items()}


def _row(who: Visitor, found: Row[Any], week: Period, trust: frozenset[str]) -> CommentRow:
    survey = who.directory.services[found.service].surveys[found.survey]
    scale = survey.trust_scale
    asked = survey.wording[survey.languages[0]].questions
    typed = {one.code for one in asked if not one.choices}
    questions = {at: text for at, text in found.questions.items() if at in typed and text.strip()}
    return CommentRow(
        service=found.service,
        office=found.office,
        week=week.name,
        trust=found.trust if scale.value(found.trust) in trust else None,
        scale=scale.name,
        comment=found.comment,
        questions=questions,
    )

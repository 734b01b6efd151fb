"""GET /api/v1/responses: what people answered, row by row, for an agency's own programs.

Rows are given of those services and offices, in whole months, whose numbers `GET /api/v1/results`
tells by themselves: no row is in one that is not in the other, so nothing can be subtracted. What
fewer than 5 of them share (the week, the day, the hour, channel and language) is left out. What
people wrote is told apart, by `words`: beside somebody's words nobody's points may stand.
"""

from datetime import date
from typing import Any

from sqlalchemy import Row

from cxserver import periods
from cxserver.api import visitor, walk
from cxserver.api.reading import AnswerRow, AnswersPage, AnswersQuery
from cxserver.api.visitor import Visitor
from cxserver.insight import labels, slices
from cxserver.insight.labels import Label
from cxserver.insight.scopes import Scope
from cxserver.insight.told import Told
from cxserver.periods import Period
from cxserver.reporting import batches, export

_RULE = (
    "`from` is the first day of a month and `to` the last day of one, not before it: parts of "
    "months would tell of single people."
)


def answer(who: Visitor, asked: AnswersQuery) -> dict[str, Any]:
    """The next page."""
    over = periods.of("month", who.today).start
    wanted = walk.wanted(who, asked, "month", over, _RULE)
    told: dict[date, Told] = {}

    def read(service: str, month: Period, after: str, room: int) -> tuple[list[AnswerRow], str]:
        if month.start not in told:
            told[month.start] = Told(who.connection, who.directory, who.seen, month.span)
        here = _Month(who, service, month, told[month.start])
        return here.rows(here.offices & wanted.offices, after, room)

    rows, place = walk.pages(who, wanted, read)
    page = AnswersPage(rows=rows, next=place.cursor if place else None)
    return page.model_dump(mode="json")


show = visitor.receives(AnswersQuery, answer)


class _Month:
    """One service in one month, as far as its answers may be told."""

    def __init__(self, who: Visitor, service: str, month: Period, told: Told):
        self._who, self._service, self._month = who, service, month
        self.offices = {name for one, name in told.alone(month.name) if one == service}
        flagged = told.alone(month.name, apart=True)
        self._flagged = {name for one, name in flagged if one == service}

    def rows(self, offices: set[str], after: str, room: int) -> tuple[list[AnswerRow], str]:
        """The next rows, and from where to go on."""
        if not offices:
            return [], ""
        service, span = self._service, self._month.span
        connection = self._who.connection
        found = batches.answers(connection, service, span, offices, after, room)
        there = {one.office for one in found}
        crowds = batches.crowds(connection, service, span, there)
        if not found:
            return [], ""
        clean = self._clean()
        beside = {office: labels.of(crowds[office], ways=office in clean) for office in there}
        rows = [self._row(one, beside[one.office][_cell(one)]) for one in found]
        return rows, found[-1].id[: batches.HALF] if len(found) == room else ""

    def _clean(self) -> set[str]:
        here = Scope(services=frozenset({self._service}))
        scope = self._who.seen.narrowed(here).during(self._month.span)
        by = ("office", "channel", "language")
        counted = slices.read(self._who.connection, scope, by, {"response"})
        return labels.clean(
            {
                (one.group["office"], (one.group["channel"], one.group["language"])): one.n
                for one in counted
            }
        )

    def _row(self, found: Row[Any], label: Label) -> AnswerRow:
        survey = self._who.directory.services[found.service].surveys[found.survey]
        row = export.row(found, survey.trust_scale, hour=label.hour is not None)
        channel, language = label.way or (None, None)
        asked = survey.wording[survey.languages[0]].questions
        offered = {one.code for one in asked if one.choices}
        told = {
            "channel": channel,
            "language": language,
            "month": self._month.name,
            "week": label.week,
            "day": label.day,
            "flags": row["flags"] if found.office in self._flagged else None,
            # Nobody wrote what was chosen.
            "questions": {at: text for at, text in found.questions.items() if at in offered},
        }
        kept = {name: value for name, value in row.items() if name != "comment"}
        return AnswerRow.model_validate(kept | told)


def _cell(found: Row[Any]) -> batches.Cell:
    return found.channel, found.language, found.day, found.answered_hour

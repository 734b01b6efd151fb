"""GET /api/v1/findings: what to do first, in the words of the staff pages."""

from datetime import date, timedelta
from typing import Any

from cxserver.api import days, visitor
from cxserver.api.items import Rejected
from cxserver.api.schemas import FindingRow, Findings, FindingsQuery
from cxserver.api.visitor import Visitor
from cxserver.errors import NotFound, QuestionRefused
from cxserver.findings import do_first
from cxserver.findings.do_first import Item
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.web.problem_details import Fault

_ONE = "Name `office` or `under`, not both: findings of an office are of those below it, too."


def answer(who: Visitor, findings_query: FindingsQuery) -> dict[str, Any]:
    """The findings of some days, the most people first."""
    if findings_query.office and findings_query.under:
        raise Rejected(422, "invalid", _ONE, [Fault(field="under", code="twice")])
    reader = Reading(who.connection, who.directory, who.seen, who.now)
    filters = _filters(reader, who, findings_query)
    first = do_first.read(reader, filters)
    span = filters.window.span
    assert span.end is not None  # noqa: S101  # windows have both
    body = Findings.model_validate(
        {
            "from": span.start,
            "to": span.end - timedelta(days=1),
            "summary": first.summary,
            "rows": [_row(item) for item in first.items],
            "named_most": [item.sentence for item in first.common],
        }
    )
    return body.model_dump(mode="json", by_alias=True)


def _filters(reader: Reading, who: Visitor, findings_query: FindingsQuery) -> Filters:
    try:
        return Filters.read(_parameters(findings_query, who.today), reader)
    except (NotFound, QuestionRefused) as error:
        raise Rejected(422, "invalid", str(error), [Fault(field="from", code="days")]) from None


def _parameters(findings_query: FindingsQuery, today: date) -> dict[str, str]:
    """The question as the staff pages have it in their addresses."""
    start, end = days.given(findings_query, today)
    given = {
        "service": findings_query.service,
        "office": findings_query.office or findings_query.under,
        "from": start,
        "to": end,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def _row(item: Item) -> FindingRow:
    finding = item.finding
    return FindingRow(
        service=finding.service,
        office=finding.office,
        driver=finding.driver,
        title=item.text.title,
        text=item.text.paragraph,
        since=item.since,
        is_worked_on=bool(item.memory and item.memory.owner),
        named=finding.named,
        n=finding.n,
        named_elsewhere=finding.named_elsewhere,
        n_elsewhere=finding.n_elsewhere,
        chance=finding.rate,
    )


show = visitor.receives(FindingsQuery, answer)

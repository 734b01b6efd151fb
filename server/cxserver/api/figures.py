"""GET /api/v1/results: the counts of `cx results`, as far as small numbers let them be told."""

from calendar import monthrange
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from cxserver import periods
from cxserver.api import visitor
from cxserver.api.items import Rejected
from cxserver.api.models import Fault
from cxserver.api.reading import FigureRow, Figures, FiguresQuery, Score, Taps, Thumbs
from cxserver.api.visitor import Visitor
from cxserver.insight import measures, told
from cxserver.insight.slices import Driver, Slice
from cxserver.insight.told import Ask, NotTold, Told

MOST_MONTHS = 12
_RULE = (
    "`from` is the first day of a month and `to` the last day of one that is over, at most "
    f"{MOST_MONTHS} months; for `by=quarter`, of fiscal quarters. Days, or stretches that differ "
    "by some, would tell of single people."
)


def answer(who: Visitor, asked: FiguresQuery) -> dict[str, Any]:
    """A row for each group."""
    start, end = _months(asked, who.today)
    held = Told(who.connection, who.directory, who.seen, periods.days(start, end))
    ask = Ask(
        service=asked.service,
        office=asked.office,
        under=asked.under,
        channel=asked.channel,
        language=asked.language,
        flagged=asked.without_flagged == "false",
    )
    try:
        rows = [_row(asked.by, row) for row in held.rows(asked.by, ask)]
    except NotTold as error:
        raise Rejected(422, "invalid", str(error), [Fault(field="by", code="crossed")]) from None
    figures = Figures(by=asked.by, start=start, end=end, rows=rows)
    return figures.model_dump(mode="json", by_alias=True, exclude_unset=True)


show = visitor.receives(FiguresQuery, answer)


def _months(asked: FiguresQuery, today: date) -> tuple[date, date]:
    """The first and the last day. Raises Rejected."""
    kind: periods.Kind = "quarter" if asked.by == "quarter" else "month"
    last = periods.previous(periods.of(kind, today))
    if asked.start is None and asked.end is None:
        return last.start, last.end - timedelta(days=1)
    start, end = asked.start, asked.end
    if start is None or end is None or not _fits(kind, start, end, today):
        raise Rejected(422, "invalid", _RULE, [Fault(field="from", code="whole_months")])
    return start, end


def _fits(kind: periods.Kind, start: date, end: date, today: date) -> bool:
    months = 12 * (end.year - start.year) + end.month - start.month + 1
    return (
        date(2000, 1, 1) <= start <= end < today
        and months <= MOST_MONTHS
        and start == periods.of(kind, start).start
        and end.day == monthrange(end.year, end.month)[1]
        and (kind == "month" or months % 3 == 0)
    )


def _row(by: str, row: told.Row) -> FigureRow:
    one: Slice | None = row.counted
    return FigureRow.model_validate(
        {
            by: row.name,
            "hidden": one is None,
            "n": one.n if one else None,
            "trust": _score(one.trust) if one else None,
            "thumbs": _thumbs(one.thumbs) if one and one.thumbs.n else None,
            "satisfaction": _score(one.satisfaction) if one else None,
            "drivers": {code: _taps(it) for code, it in one.drivers.items()} if one else None,
        }
    )


def _score(score: measures.Score) -> Score:
    return Score(**(asdict(score) | {"counts": list(score.counts)}))


def _thumbs(score: measures.Score) -> Thumbs:
    down, up = score.counts
    return Thumbs(down=down, up=up, share=score.top2, low=score.low, high=score.high)


def _taps(driver: Driver) -> Taps:
    rated = {"counts": list(driver.counts)} if driver.counts else {}
    return Taps.model_validate({"positive": driver.positive, "negative": driver.negative, **rated})

"""GET /api/v1/results: the counts of `cx results`; of closed batches for keys that read no rows."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from cxserver import periods
from cxserver.api import days, visitor
from cxserver.api.items import Rejected
from cxserver.api.schemas import FigureRow, Figures, FiguresQuery, Score, Taps, Thumbs
from cxserver.api.visitor import Visitor
from cxserver.catalog import names
from cxserver.errors import NotFound
from cxserver.results import cuts, measures, scopes
from cxserver.results.cuts import Counted, NotCut
from cxserver.results.scopes import Scope
from cxserver.results.slices import Driver, Slice
from cxserver.web.problem_details import Fault

_LONGEST = timedelta(days=731)
_RULE = "`from` and `to` are days up to today, in order, at most two years."


def answer(who: Visitor, figures_query: FiguresQuery) -> dict[str, Any]:
    """A row for each group."""
    start, end = _days(figures_query, who.today)
    _check_language(who, figures_query.language)
    scope = who.seen.narrowed(_wanted(who, figures_query)).during(periods.days(start, end))
    try:
        counted = cuts.read(who.connection, scope, (figures_query.by,))
    except NotCut as error:
        raise Rejected(422, "invalid", str(error), [Fault(field="by", code="cut")]) from None
    figures = Figures(
        by=figures_query.by, start=start, end=end, rows=_rows(figures_query.by, counted)
    )
    return figures.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _check_language(who: Visitor, language: str | None) -> None:
    try:
        names.check_choice("language", language, who.directory.languages)
    except NotFound as error:
        raise Rejected(
            422, "invalid", str(error), [Fault(field="language", code="unknown")]
        ) from None


show = visitor.receives(FiguresQuery, answer)


def _days(figures_query: FiguresQuery, today: date) -> tuple[date, date]:
    """The first and the last day; last month where none is named. Raises Rejected."""
    last = periods.previous(periods.of("month", today))
    start, end = days.given(figures_query, today)
    if start is None and end is None:
        return last.start, last.end - timedelta(days=1)
    end = end or today
    if start is None or not (date(2000, 1, 1) <= start <= end <= today):
        raise Rejected(422, "invalid", _RULE, [Fault(field="from", code="days")])
    if end - start >= _LONGEST:
        raise Rejected(422, "invalid", _RULE, [Fault(field="to", code="too_long")])
    return start, end


def _wanted(who: Visitor, figures_query: FiguresQuery) -> Scope:
    wanted = Scope(
        services=scopes.only(figures_query.service),
        offices=scopes.only(figures_query.office),
        channels=scopes.only(figures_query.channel),
        languages=scopes.only(figures_query.language),
        flagged=scopes.WITHOUT_FLAGGED if figures_query.without_flagged == "true" else None,
    )
    if figures_query.under is None:
        return wanted
    return wanted.narrowed(Scope(offices=scopes.subtree(who.directory, figures_query.under)))


def _rows(by: str, counted: Counted) -> list[FigureRow]:
    """By name. A group of which some is hidden shows nothing: part of it would look like all."""
    result = {part.group[by]: part for part in counted.slices}
    hidden = {name for (name,) in counted.hidden}
    return [
        _row(by, name, None if name in hidden else result[name])
        for name in sorted(result.keys() | hidden)
    ]


def _row(by: str, name: str, figures: Slice | None) -> FigureRow:
    return FigureRow.model_validate(
        {
            by: name,
            "hidden": figures is None,
            "n": figures.n if figures else None,
            "trust": _score(figures.trust) if figures else None,
            "thumbs": _thumbs(figures.thumbs) if figures and figures.thumbs.n else None,
            "satisfaction": _score(figures.satisfaction) if figures else None,
            "drivers": {code: _taps(driver) for code, driver in figures.drivers.items()}
            if figures
            else None,
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

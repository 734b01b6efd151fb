"""The charts of the Scores page as pictures: the bar and the trend of each question."""

from functools import partial

from cxserver.periods import Span
from cxserver.results import charts
from cxserver.results.days import in_words
from cxserver.results.overview import Seen, Standing
from cxserver.results.question import Filters
from cxserver.staff.pictures import answer, bars, plots
from cxserver.staff.pictures.answer import Charts
from cxserver.staff.pictures.picture import Picture

TREND = "-trend"


def of(filters: Filters, seen: Seen) -> Charts:
    """Each chart by its name, as `trust` and `trust-trend`; None where the page has none."""
    pictures: dict[str, partial[Picture] | None] = {}
    for item in seen.standing:
        bar, trend = partial(_bar, filters, seen, item), partial(_trend, filters, seen, item)
        pictures[item.measure] = bar if item.change.after.n else None
        pictures[item.measure + TREND] = trend if seen.trend.blocks else None
    return pictures


def _bar(filters: Filters, seen: Seen, item: Standing) -> Picture:
    return Picture(
        f"{item.title}: how many gave each answer",
        item.sentence,
        answer.days(filters),
        bars.likert(charts.likert([item.change.after]), item.ends),
        _partly(seen),
    )


def _trend(filters: Filters, seen: Seen, item: Standing) -> Picture:
    """Its days are those of the series: it goes back further than the days of the page."""
    series = seen.trend
    blocks = series.blocks
    note = series.note(item.measure)
    return Picture(
        f"{item.title}, {series.steps}",
        f"The share who gave {item.best}. The band is where it most likely lies (95 of 100 times).",
        in_words(Span(blocks[0].span.start, blocks[-1].span.end)),
        plots.trend(series.chart(item.measure)),
        (
            *((f"Dashed line: {note}",) if note else ()),
            *(f"◆ {note.line(filters.directory)}" for note in series.notes),
            *_partly(seen),
        ),
    )


def _partly(seen: Seen) -> tuple[str, ...]:
    return (answer.PARTLY,) if seen.is_partial else ()

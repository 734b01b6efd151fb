"""The trend: no block that is hidden follows from the totals of other pages."""

from datetime import date, timedelta

from cxserver.insight import changes
from cxserver.insight.periods import Span
from cxserver.staff import series
from cxserver.staff.series import Block

END = date(2026, 11, 2)
SIDES = {"trust": changes.side([], "trust")}


def weeks(*counts):
    """Weeks up to `END`, the oldest first; of fewer than 5 answers nothing is shown."""
    starts = [END - timedelta(days=7 * back) for back in range(len(counts), 0, -1)]
    return [
        Block(Span(start, start + timedelta(days=7)), n, SIDES if n >= 5 else {})
        for start, n in zip(starts, counts, strict=True)
    ]


def shown(found):
    return [one.n for one in found if one.sides]


MONTH = Span(END - timedelta(days=28), END)
BEFORE = Span(END - timedelta(days=56), END - timedelta(days=28))


def test_beside_a_hidden_week_the_smallest_other_week_under_the_same_total_is_hidden():
    found = series.covered(weeks(3, 31, 40, 50, 60, 61, 62, 63), [MONTH, BEFORE])
    assert shown(found) == [40, 50, 60, 61, 62, 63]
    found = series.covered(weeks(60, 61, 62, 63, 40, 3, 31, 50), [MONTH, BEFORE])
    assert shown(found) == [60, 61, 62, 63, 40, 50]


def test_where_nothing_is_hidden_nothing_more_is():
    whole = weeks(60, 61, 62, 63, 40, 30, 0, 50)
    assert list(series.covered(whole, [MONTH, BEFORE])) == whole


def test_where_no_other_week_protects_it_none_is_shown():
    found = series.covered(weeks(3, 0, 0, 0, 60, 61, 62, 63), [MONTH, BEFORE])
    assert shown(found) == [60, 61, 62, 63]
    assert shown(series.covered(weeks(0, 3, 0, 5), [MONTH])) == []

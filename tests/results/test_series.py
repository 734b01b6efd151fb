"""The trend: weeks where each has enough, else 28 days; and nothing of days that no page shows."""

from datetime import date, timedelta

from cxserver.results import trend
from tests.support.optional import present
from tests.support.tally_factory import slice_of

END = date(2026, 11, 2)


def daily(*weeks):
    """Answers on the Wednesday of each week up to `END`, the oldest first."""
    count = len(weeks)
    return [(END - timedelta(days=7 * (count - at) - 2), n) for at, n in enumerate(weeks)]


def test_weeks_are_shown_where_each_has_enough_to_be_compared():
    assert trend.length(daily(4, 30, 31, 40, 50), END) == trend.WEEK
    assert trend.length(daily(40, 30, 29, 40, 50), END) == trend.MONTH
    assert trend.length([], END) == trend.MONTH


def test_a_block_without_answers_has_no_sides():
    counted = [
        slice_of(n, n, day=day.isoformat())
        for day, n in daily(4, 0, 0, 0, *[0] * 4, 60, 0, 0, 0)
        if n
    ]
    blocks = trend.blocks(counted, END, trend.MONTH)
    assert [(block.n, bool(block.sides)) for block in blocks] == [(4, True), (0, False), (60, True)]
    assert blocks[1].score("trust") is None and present(blocks[2].score("trust")).n == 60

"""The small line of a tile: one scale, broken where it must not be drawn through."""

from cxserver.results import measures, sparkline
from cxserver.results.sparkline import Scale
from tests.support.optional import present

SCALE = Scale(60, 100)


def weeks(*shares, n=100):
    """A week for each share of a hundred; None is a week without answers."""
    return [
        (f"w{at}", None if share is None else measures.score((n - share, 0, 0, 0, share)))
        for at, share in enumerate(shares)
    ]


def test_all_lines_share_a_scale_in_whole_tens():
    scale = sparkline.scale([weeks(80, 82), weeks(91, 93)])
    assert (scale.low, scale.high) == (70, 100)
    assert scale.top(0.70) == 100 and scale.top(1.0) == 0 and scale.top(0.85) == 50
    assert scale.words == "70 to 100%"
    # What they are held against lies inside of it, too.
    assert sparkline.scale([weeks(80, 82)], [0.55]).low == 50


def test_a_line_breaks_before_a_break_and_where_few_answered():
    line = present(sparkline.line(weeks(80, 82, 85, None, 84, 83), SCALE, frozenset({"w2"})))
    assert [len(run.dots) for run in line.runs] == [2, 1, 2]
    [at] = line.breaks
    assert line.runs[0].dots[-1].x < at < line.runs[1].dots[0].x
    few = [*weeks(80, 82), ("w2", measures.score((9, 0, 0, 0, 20)))]
    assert [len(run.dots) for run in present(sparkline.line(few, SCALE, frozenset())).runs] == [2]


def test_only_the_last_thirteen_weeks_are_drawn_and_the_notes_that_lie_in_them():
    line = present(sparkline.line(weeks(*[80] * 20), SCALE, frozenset(), notes=[3.5, 7.5, 19.5]))
    assert (line.first, line.last) == ("w7", "w19")
    assert [round(at) for at in line.notes] == [3, 97]


def test_one_week_is_no_line():
    assert sparkline.line(weeks(80), SCALE, frozenset()) is None
    assert sparkline.line([], SCALE, frozenset()) is None
    assert sparkline.bars([("w0", 5)]) is None


def test_bars_begin_at_zero():
    bars = present(sparkline.bars([("w0", 50), ("w1", 100)])).bars
    assert [round(height) for *_, height in bars] == [50, 100]

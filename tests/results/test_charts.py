"""Where the marks of charts stand: what they must show, and what they must not."""

import pytest

from cxserver.results import charts, funnel, measures
from cxserver.results.drivers import Taps


def test_bars_are_level_at_the_middle_of_neutral_and_fill_the_width():
    chart = charts.likert(
        [measures.score((5, 5, 20, 30, 40)), measures.score((30, 10, 20, 20, 20))]
    )
    for bar in chart.bars:
        neutral = bar[2]
        assert neutral.middle == pytest.approx(chart.centre)
        assert all(
            a.left + a.width == pytest.approx(b.left) for a, b in zip(bar, bar[1:], strict=False)
        )
    assert min(bar[0].left for bar in chart.bars) == pytest.approx(0)
    assert max(bar[4].left + bar[4].width for bar in chart.bars) == pytest.approx(100)


def test_no_bar_is_drawn_of_nobody():
    assert charts.likert([measures.score((0, 0, 0, 0, 0))]).bars == ()


def test_a_trend_stops_at_a_break_and_where_nobody_answered():
    good = measures.score((1, 1, 1, 20, 20))
    series = [
        ("a", good),
        ("b", good),
        ("c", None),
        ("d", good),
        ("e", None),
        ("f", good),
        ("g", good),
    ]
    chart = charts.trend(series, {"g"})
    assert [[dot.label for dot in run.dots] for run in chart.runs] == [
        ["a", "b"],
        ["d"],
        ["f"],
        ["g"],
    ]
    assert [stop.label for stop in chart.breaks] == ["g"]
    f, g = chart.runs[2].dots[0], chart.runs[3].dots[0]
    assert f.x < chart.breaks[0].at < g.x


def test_a_dot_lies_inside_its_band_and_the_band_inside_the_chart():
    series = [(str(n), measures.score((1, 1, 1, n, n))) for n in range(3, 40)]
    dots = [dot for run in charts.trend(series, ()).runs for dot in run.dots]
    assert [dot.label for dot in dots] == [name for name, _ in series]
    for dot in dots:
        assert 0 <= dot.high < dot.y < dot.low <= 100
        assert 0 < dot.x < 100


def test_higher_shares_stand_higher():
    series = [
        ("low", measures.score((20, 0, 0, 0, 20))),
        ("high", measures.score((4, 0, 0, 0, 36))),
    ]
    low, high = charts.trend(series, ()).runs[0].dots
    assert high.y < low.y


def test_a_funnel_has_no_spot_for_fewer_than_thirty_answers():
    offices = {f"o{n}": (20 + n, 30 + 3 * n) for n in range(12)} | {"tiny": (7, 9)}
    offices |= {"thirty": (20, 30), "twenty-nine": (20, 29)}
    figure = funnel.funnel(offices)
    assert figure is not None
    plot = charts.funnel(figure)
    assert {spot.name for spot in plot.spots} == offices.keys() - {"tiny", "twenty-nine"}
    assert all(0 <= spot.x <= 100 and 0 <= spot.y <= 100 for spot in plot.spots)


def test_a_spot_is_marked_outside_where_it_lies_outside_of_the_drawn_limits():
    offices = {f"o{n}": (80, 100) for n in range(12)} | {"bad": (40, 100)}
    figure = funnel.funnel(offices)
    assert figure is not None
    [bad] = [spot for spot in charts.funnel(figure).spots if spot.outside != "within"]
    assert (bad.name, bad.outside) == ("bad", "below")
    lowest = max(float(point.split(",")[1]) for point in charts.funnel(figure).outer.split()[-2:])
    assert bad.y > lowest


def test_driver_bars_begin_at_the_middle_and_end_within_their_interval():
    taps = [Taps("ease", measures.share(30, 100), measures.share(10, 100))]
    [pair] = charts.drivers(taps)
    assert pair.worse.left + pair.worse.width == pytest.approx(50) == pair.better.left
    assert pair.worse.low < pair.worse.left < pair.worse.high
    assert pair.better.low < pair.better.left + pair.better.width < pair.better.high <= 100
    assert pair.better.width == pytest.approx(3 * pair.worse.width)


def test_no_driver_bar_is_drawn_of_nobody():
    assert charts.drivers([Taps("ease", measures.share(0, 0), measures.share(0, 0))]) == ()


def test_hidden_counts_have_no_bar():
    assert charts.parts({"email": 40, "kiosk": None, "sms": 4}) == {"email": 100, "sms": 10}

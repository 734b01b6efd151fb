"""Offices side by side: what lies outside is outside, and chance is not called so."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from cxserver.results import funnel
from tests.support.optional import present


def offices(chance: random.Random, shares: list[float], sizes: list[int]) -> dict:
    return {
        f"o{at}": (sum(chance.random() < share for _ in range(n)), n)
        for at, (share, n) in enumerate(zip(shares, sizes, strict=True))
    }


@given(st.integers(1, 3000), st.floats(0.02, 0.98), st.sampled_from([0.95, 0.998]))
def test_the_limits_hold_the_exact_binomial_quantiles(n, overall, level):
    low, high = funnel.limits(overall, n, level=level)
    tail = (1 - level) / 2
    # The last whole number of people beyond each line is the last whose tail is too short.
    assert binom.cdf(int(low * n - 1e-6), n, overall) <= tail * 1.0001 or low * n < 1
    assert binom.cdf(int(low * n + 1e-6) + 1, n, overall) >= tail * 0.9999
    assert binom.sf(int(high * n - 1e-6) - 1, n, overall) >= tail * 0.9999
    assert 0 <= low <= overall <= high <= 1


def drawn(counts: Mapping[str, tuple[int, int]]) -> funnel.Funnel:
    return present(funnel.funnel(counts))


def test_at_200_offices_alike_chance_is_named_no_more_often_than_is_said():
    chance = random.Random(280)
    outside = apart = 0
    for _ in range(15):
        sizes = [chance.choice((12, 20, 40, 90, 300)) for _ in range(200)]
        chart = drawn(offices(chance, [0.87] * 200, sizes))
        outside += len(chart.outside)
        apart += sum(point.apart != "within" for point in chart.points)
    assert outside <= 15 * chart.expected  # 0.4 in 200: exact tails stay below
    assert chart.expected == pytest.approx(0.4)
    assert apart <= 0.05 * 15 * 200


def test_one_office_that_fell_by_15_points_lies_outside_of_offices_alike():
    chance = random.Random(5)
    shares = [0.85] * 23 + [0.70]
    chart = drawn(offices(chance, shares, [400] * 24))
    assert [(point.name, point.outside) for point in chart.outside] == [("o23", "below")]


def test_where_offices_differ_by_nature_the_limits_are_wider():
    chance = random.Random(6)
    shares = [chance.betavariate(17, 3) for _ in range(60)]
    chart = drawn(offices(chance, shares, [500] * 60))
    assert chart.spread == pytest.approx(1 / 21, rel=0.5)
    bare, wide = funnel.limits(chart.overall, 500), chart.limits(500)
    assert wide[0] < bare[0] and wide[1] > bare[1]
    assert len(chart.outside) <= 2


def test_estimates_are_nearer_to_the_truth_than_what_was_counted():
    chance = random.Random(8)
    shares = [chance.betavariate(17, 3) for _ in range(100)]
    chart = drawn(offices(chance, shares, [chance.choice((8, 15, 40)) for _ in shares]))
    truth = {f"o{at}": share for at, share in enumerate(shares)}
    counted = sum((point.share - truth[point.name]) ** 2 for point in chart.points)
    shrunken = sum((point.estimate - truth[point.name]) ** 2 for point in chart.points)
    assert shrunken < 0.7 * counted
    covered = sum(point.low <= truth[point.name] <= point.high for point in chart.points)
    # Nearly 95 %: that the spread of offices is itself an estimate is left out.
    assert covered >= 85


counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(counts, min_size=1, max_size=30))
def test_an_estimate_lies_between_the_office_and_everybody(several):
    chart = drawn({f"o{at}": counted for at, counted in enumerate(several)})
    for point in chart.points:
        ends = sorted((point.share, chart.overall))
        assert ends[0] - 1e-9 <= point.estimate <= ends[1] + 1e-9
        assert point.low - 1e-9 <= point.estimate <= point.high + 1e-9
        low, high = chart.limits(point.n)
        if point.outside == "below":
            assert point.share <= low + 1e-6
        if point.outside == "within":
            assert low - 1e-6 <= point.share <= high + 1e-6


def test_an_office_without_answers_is_no_point():
    assert funnel.funnel({"a": (0, 0)}) is None
    chart = drawn({"a": (0, 0), "b": (3, 3)})
    assert [point.name for point in chart.points] == ["b"] and chart.outside == ()


def test_one_answer_is_worth_one_however_offices_differ():
    """The design effect of a beta-binomial: n answers count as n / (1 + (n - 1) spread)."""
    for n, spread, worth in ((1, 0.5, 1), (11, 0.1, 5.5), (101, 0.01, 50.5), (40, 0.0, 40)):
        assert funnel.limits(0.8, n, spread) == pytest.approx(funnel.limits(0.8, worth))

"""Shares, intervals and means, against scipy as the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from cxserver.results import measures
from tests.support import examples
from tests.support.optional import present

counts = st.lists(st.integers(0, 5000), min_size=5, max_size=5)


@examples.times(3)
@given(n=st.integers(1, 3000), data=st.data())
def test_wilson_equals_scipy(n, data):
    hits = data.draw(st.integers(0, n))
    oracle = binomtest(hits, n).proportion_ci(method="wilson")
    assert measures.wilson(hits, n) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


@examples.times(3)
@given(counts)
def test_a_score_is_what_its_counts_say(counted):
    score = measures.score(counted)
    n = sum(counted)
    assert score.n == n
    if n == 0:
        assert (score.top2, score.low, score.high, score.mean) == (None,) * 4
        return
    points = [point for point, count in enumerate(counted, 1) for _ in range(count)]
    assert score.mean == pytest.approx(sum(points) / n)
    assert score.top2 == pytest.approx(sum(point >= 4 for point in points) / n)
    assert 0 <= present(score.low) <= present(score.top2) <= present(score.high) <= 1


def test_nobody_disagreeing_is_not_certainty():
    low, high = measures.wilson(5, 5)
    assert high == 1.0 and 0.5 < low < 0.6

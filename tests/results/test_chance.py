"""Tails, intervals and many looks at once, against scipy and statsmodels as oracles."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import beta, binom, false_discovery_control, fisher_exact, hypergeom, norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from cxserver.results import chance, measures
from tests.support import examples


@st.composite
def share_of(draw, most=3000):
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


@examples.times(3)
@given(share_of(), share_of())
def test_the_interval_of_a_difference_is_newcombes(here, there):
    low, high = measures.difference(here, there)
    oracle = confint_proportions_2indep(*here, *there, method="newcomb", compare="diff")
    assert (low, high) == pytest.approx(oracle, abs=1e-9)


def test_newcombes_own_example():
    # Newcombe 1998, table II, case (a): 56/70 - 48/80, method 10.
    assert measures.difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@examples.times(3)
@given(share_of(), st.sampled_from([0.9, 0.95, 0.998]))
def test_wilson_at_any_level_is_statsmodels(counted, level):
    oracle = proportion_confint(*counted, alpha=1 - level, method="wilson")
    hits, n = counted
    assert measures.wilson(hits, n, level) == pytest.approx(oracle, abs=1e-9)


@examples.times(3)
@given(
    st.floats(0.001, 0.999),
    st.floats(0.1, 5000),
    st.floats(0.1, 5000),
)
def test_the_incomplete_beta_is_scipys(x, a, b):
    assert chance.beta(x, a, b) == pytest.approx(beta.cdf(x, a, b), rel=1e-8, abs=1e-12)


@examples.times(3)
@given(share_of(), st.floats(0.01, 0.99))
def test_binomial_tails_are_scipys(counted, share):
    hits, n = counted
    assert chance.at_most(hits, n, share) == pytest.approx(binom.cdf(hits, n, share), abs=1e-9)
    assert chance.at_least(hits, n, share) == pytest.approx(binom.sf(hits - 1, n, share), abs=1e-9)


@examples.times(3)
@given(share_of(400), share_of(5000))
@example((0, 9), (0, 10))
@example((9, 9), (10, 10))
@example((0, 1), (5000, 5000))
@example((38, 120), (4000, 40000))
def test_fishers_test_is_scipys(here, there):
    (x, n), (y, m) = here, there
    ours = chance.more_here(x, n, y, m)
    oracle = hypergeom.sf(x - 1, n + m, x + y, n)
    assert ours == pytest.approx(oracle, rel=1e-6, abs=1e-10)
    assert ours == pytest.approx(
        fisher_exact([[x, n - x], [y, m - y]], alternative="greater").pvalue, rel=1e-6, abs=1e-10
    )


@examples.times(3)
@given(share_of(), share_of())
def test_a_difference_either_way_is_as_likely_from_both_sides(here, there):
    assert chance.differs(*here, *there) == pytest.approx(chance.differs(*there, *here), rel=1e-6)


@examples.times(3)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_many_looks_are_adjusted_as_scipy_does(chances):
    assert chance.adjusted(chances) == pytest.approx(list(false_discovery_control(chances)))


def test_z_is_the_normal_quantile():
    assert chance.z(0.95) == pytest.approx(norm.ppf(0.975))
    assert chance.z(0.998) == pytest.approx(norm.ppf(0.999))
    assert chance.adjusted([]) == []


@examples.times(3)
@given(share_of())
def test_shares_read_as_people(counted):
    hits, n = counted
    assert measures.share(hits, n).people == f"{hits:,} of {n:,}"


def test_choices_share_those_who_chose():
    shares = measures.choices({"first": 3, "appeal": 1})
    assert (shares["first"].share, shares["first"].n) == (0.75, 4)
    assert measures.share(0, 0).share is None

"""Weeks, months and fiscal quarters: no day twice, none forgotten."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver import periods
from cxserver.periods import KINDS, Span
from tests.support import examples

day_of_this_century = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026-11-04", date(2026, 11, 4), date(2026, 11, 5)),
        ("2026-W45", date(2026, 11, 2), date(2026, 11, 9)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),  # ISO: the week of the year's Thursday
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026Q1", date(2025, 10, 1), date(2026, 1, 1)),  # the fiscal year begins on 1 October
        ("2026Q4", date(2026, 7, 1), date(2026, 10, 1)),
        ("2027Q1", date(2026, 10, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_has_its_name_and_its_days(name, start, end):
    period = periods.named(name)
    assert (period.name, period.start, period.end) == (name, start, end)


@pytest.mark.parametrize("name", ["2026", "2026Q5", "2026-13", "2026-W54", "soon", "2026-W5"])
def test_what_is_no_period_is_refused(name):
    with pytest.raises(ValueError):
        periods.named(name)


@examples.times(3)
@given(day_of_this_century, st.sampled_from(KINDS))
def test_every_day_lies_in_just_one_period_of_a_kind(day, kind):
    period = periods.of(kind, day)
    assert day in period.span
    assert periods.named(period.name) == period
    assert periods.following(periods.previous(period)) == period
    assert periods.previous(period).end == period.start
    assert periods.previous(period).name < period.name


@examples.times(3)
@given(day_of_this_century, st.integers(0, 400), st.sampled_from(KINDS))
def test_the_periods_between_two_days_leave_no_gap(first, more, kind):
    last = first + timedelta(days=more)
    consecutive = periods.between(kind, first, last)
    assert first in consecutive[0].span and last in consecutive[-1].span
    for period, following in zip(consecutive, consecutive[1:], strict=False):
        assert period.end == following.start


@examples.times(3)
@given(st.lists(st.none() | day_of_this_century, min_size=4, max_size=4), day_of_this_century)
def test_a_span_within_another_holds_what_both_hold(ends, day):
    span, other = Span(*ends[:2]), Span(*ends[2:])
    assert (day in span.within(other)) == (day in span and day in other)

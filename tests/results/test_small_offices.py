"""Small offices: people, not percentages; quarters; only themselves to be compared with."""

from datetime import date

import pytest

from cxserver.results import small
from tests.support.optional import present
from tests.support.tally_factory import slice_of, surveys

SURVEYS = surveys()
TODAY = date(2026, 11, 4)
QUARTERS = small.recent(TODAY)


def test_the_page_shows_this_quarter_and_the_four_before():
    assert [quarter.name for quarter in QUARTERS] == [
        "2026Q1",
        "2026Q2",
        "2026Q3",
        "2026Q4",
        "2027Q1",
    ]
    assert TODAY in small.since(TODAY) and date(2025, 10, 1) in small.since(TODAY)


@pytest.mark.parametrize(("answers", "expected"), [(0, True), (89, True), (90, False)])
def test_an_office_is_small_by_its_last_three_whole_months(answers, expected):
    window = small.window(TODAY)
    assert (window.start, window.end) == (date(2026, 8, 1), date(2026, 11, 1))
    assert small.is_small(answers) == expected


def test_counts_are_people():
    read = [
        slice_of(7, 9, {"efficiency": (1, 2)}, quarter="2026Q3"),
        slice_of(20, 25, quarter="2027Q1"),
    ]
    quarters = {quarter.name: quarter for quarter in small.trend(read, SURVEYS, QUARTERS)}
    assert present(quarters["2026Q3"].trust).people == "7 of 9"
    time = next(driver for driver in quarters["2026Q3"].named if driver.code == "efficiency")
    assert time.could_be_better.people == "2 of 9"
    assert small.sentence(quarters["2026Q4"]) == "2026Q4: no answers."
    # A quarter without answers is skipped.
    assert present(quarters["2027Q1"].trend).before.people == "7 of 9"
    assert "20 of 25 people rated the service 4 or 5" in small.sentence(quarters["2027Q1"])


def test_a_small_office_is_compared_with_itself_and_carefully():
    alike = [slice_of(16, 20, quarter="2026Q4"), slice_of(14, 20, quarter="2027Q1")]
    fell = [slice_of(19, 20, quarter="2026Q4"), slice_of(5, 20, quarter="2027Q1")]
    for read, verdict, words in (
        (alike, "cannot tell", "too few"),
        (fell, "changed", "fewer than the 19 of 20 before"),
    ):
        last = small.trend(read, SURVEYS, QUARTERS)[-1]
        assert present(last.trend).verdict == verdict and words in small.sentence(last)

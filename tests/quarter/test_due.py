"""When OMB wants things: the rule, the dates it published, and the days to be reminded on."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cxserver import periods
from cxserver.errors import NotFound
from cxserver.quarter import due, fiscal
from tests.support.cx_process import cx


@pytest.mark.parametrize(
    ("quarter", "rule", "published"),
    [
        ("2022Q1", date(2022, 1, 31), date(2022, 1, 28)),
        ("2022Q2", date(2022, 4, 29), date(2022, 4, 29)),
        ("2022Q3", date(2022, 7, 29), date(2022, 7, 29)),
        ("2022Q4", date(2022, 10, 31), date(2022, 10, 28)),
        # The last business days before and after federal holidays of fiscal year 2027.
        ("2027Q1", date(2027, 1, 29), None),
        ("2027Q2", date(2027, 4, 30), None),
        ("2027Q3", date(2027, 7, 30), None),
        ("2027Q4", date(2027, 10, 29), None),
    ],
)
def test_a_quarter_is_due_on_the_last_business_day_of_the_month_after_it(quarter, rule, published):
    deadline = due.of_quarter(fiscal.named(quarter))
    assert (deadline.rule, deadline.published) == (rule, published)
    assert deadline.day == min(rule, published or rule)


# 5 U.S.C. 6103, as observed: from the Office of Personnel Management's lists for 2026 and 2027.
FEDERAL_2027 = {
    *(date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25)),
    *(date(2027, 1, 1), date(2027, 1, 18), date(2027, 2, 15), date(2027, 5, 31)),
    *(date(2027, 6, 18), date(2027, 7, 5), date(2027, 9, 6)),
}


@pytest.mark.parametrize(
    "name", [f"2026-{n}" for n in (10, 11, 12)] + [f"2027-0{n}" for n in range(1, 10)]
)
def test_in_fiscal_year_2027_no_business_day_is_passed_over_and_no_holiday_taken(name):
    last = due.last_business_day(periods.named(name))
    later = [day for day in range(last.day + 1, 32) if valid(last, day)]
    assert works(last) and not any(works(last.replace(day=day)) for day in later)


def valid(last, day):
    try:
        last.replace(day=day)
    except ValueError:
        return False
    return True


def works(day):
    return day.weekday() < 5 and day not in FEDERAL_2027


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("2027-05", date(2027, 5, 28)),  # Memorial Day is Monday the 31st
        ("2021-12", date(2021, 12, 30)),  # Friday the 31st was the New Year's Day of 2022
        ("2024-12", date(2024, 12, 31)),  # Christmas Eve was given that year, and moves nothing
        ("2025-01", date(2025, 1, 31)),  # a day of mourning on the 9th moves nothing
    ],
)
def test_a_month_that_ends_beside_a_holiday(month, day):
    assert due.last_business_day(periods.named(month)) == day


def test_a_day_off_that_was_given_once_moves_nothing():
    # 24 December 2024 and 26 December 2025 were given by executive order, after the lists.
    import holidays

    free = holidays.country_holidays("US", years=(2024, 2025), categories=("public",))
    once = (date(2024, 12, 24), date(2025, 1, 9), date(2025, 12, 24), date(2025, 12, 26))
    assert not any(day in free for day in once)


@pytest.mark.parametrize(
    ("published", "day"),
    [(None, 29), (date(2027, 1, 28), 28), (date(2027, 1, 29), 29), (date(2027, 1, 30), 29)],
)
def test_the_earlier_of_the_rule_and_the_published_date_is_the_day(published, day):
    deadline = due.Due("Feedback data of 2027Q1", "§280.16", date(2027, 1, 29), published)
    assert deadline.day == date(2027, 1, day)


def test_reminders_come_before_the_earlier_date():
    deadline = due.of_quarter(fiscal.named("2022Q1"))
    assert deadline.reminders == (date(2021, 12, 29), date(2022, 1, 21), date(2022, 1, 27))


def test_a_year_has_its_four_own_dates():
    every = {deadline.what: deadline.day for deadline in due.of_year(2027)}
    assert len(every) == 8
    assert [every[name] for name in every if "Feedback" not in name] == [
        date(2026, 12, 31),
        date(2027, 2, 24),
        date(2027, 3, 31),
        date(2027, 5, 31),
    ]


@pytest.mark.parametrize("name", ["2026", "2026Q5", "2026-11", "2026q1", "Q1", "1999Q1"])
def test_what_is_no_quarter_is_refused_with_an_example(name):
    with pytest.raises(NotFound, match="such as 2026Q1"):
        fiscal.named(name)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (datetime(2026, 1, 1, 5, 30, tzinfo=UTC), False),  # past midnight in New York alone
        (datetime(2026, 1, 1, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 1, 8, 0, tzinfo=UTC), True),
    ],
)
def test_a_quarter_is_over_when_it_is_over_at_every_office(now, over):
    zones = [ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")]
    assert fiscal.ended(fiscal.named("2026Q1"), now, zones) is over


def test_cx_due_tells_both_dates_and_the_reminders(sqlite_house):
    report = json.loads(cx(sqlite_house, "quarter", "due", "--fiscal-year", "2022", "--json"))
    [first] = [entry for entry in report["due"] if "2022Q1" in entry["what"]]
    assert (first["rule"], first["published"], first["day"]) == (
        "2022-01-31",
        "2022-01-28",
        "2022-01-28",
    )
    shown = cx(sqlite_house, "quarter", "due", "--fiscal-year", "2022")
    assert "Mon 31 Jan 2022" in shown and "Fri 28 Jan 2022" in shown and "earlier" in shown

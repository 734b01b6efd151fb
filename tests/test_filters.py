"""What a staff page is asked for: nothing foreign, nothing that differs from another by a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from cxserver import db
from cxserver.catalog import directory
from cxserver.insight.scopes import Scope
from cxserver.periods import Span
from cxserver.staff import filters, stretches
from cxserver.staff.filters import Filters


@dataclass(frozen=True)
class Somebody:
    """What the filters need of a visit."""

    directory: Any
    scope: Scope
    now: datetime = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)


@pytest.fixture
def known(sqlite_house):
    with db.read(sqlite_house.engine) as connection:
        return directory.load(connection)


def read(known, scope: Scope | None = None, **asked: str) -> Filters:
    given: Mapping[str, str] = {name.rstrip("_"): value for name, value in asked.items()}
    return Filters.read(given, Somebody(known, scope or Scope()))


def test_the_last_four_whole_weeks_are_held_against_the_28_before(known):
    window = read(known).window
    assert window.span == Span(date(2026, 10, 5), date(2026, 11, 2))
    assert window.before == Span(date(2026, 9, 7), date(2026, 10, 5))
    assert window.days == "Oct 5 – Nov 1, 2026"


@pytest.mark.parametrize("day", range(2, 9))
def test_the_last_days_end_with_last_sunday_all_week_long(day):
    ends = {one.span.end for one in filters.windows(date(2026, 11, day))[: len(filters.ROLLING)]}
    assert ends == {date(2026, 11, 2)}


def test_a_quarter_is_held_against_the_quarter_before(known):
    window = read(known, period="2026Q4").window
    assert window.span == Span(date(2026, 7, 1), date(2026, 10, 1))
    assert window.before == Span(date(2026, 4, 1), date(2026, 7, 1))


def test_whole_months_can_be_chosen_by_their_days(known):
    found = read(known, from_="2026-09-01", to="2026-10-31")
    assert found.window.span == Span(date(2026, 9, 1), date(2026, 11, 1))
    assert found.window.before == Span(date(2026, 7, 1), date(2026, 9, 1))
    assert found.query() == "?from=2026-09-01&to=2026-10-31"


@pytest.mark.parametrize(
    "asked",
    [
        {"service": "nowhere"},
        {"office": "nowhere"},
        {"office": "1' OR '1'='1"},
        {"office": "../riverside"},
    ],
    ids=str,
)
def test_what_is_not_there_is_not_found(known, asked):
    with pytest.raises(HTTPException) as refused:
        read(known, **asked)
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"channel": "pigeon"},
        {"language": "xx"},
        {"period": "yesterday"},
        {"period": "2026-W45"},
        {"period": "2026-11-03"},
        {"period": "2027Q1"},
        {"from_": "2026-10-31", "to": "2026-10-01"},
        {"from_": "2026-10-01", "to": "2026-10-30"},
        {"from_": "2026-10-01"},
        {"from_": "1026-10-01", "to": "2026-10-31"},
        {"from_": "2026-11-01", "to": "2026-11-30"},
        {"from_": "2026-10-01", "to": "9999-12-31"},
        {"from_": "' OR 1", "to": "2026-10-31"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(known, asked):
    with pytest.raises(HTTPException) as refused:
        read(known, **asked)
    assert refused.value.status_code == 422
    assert refused.value.detail.endswith(".")


def test_nobody_asks_for_more_than_they_may_see(known):
    manager = Scope(services=frozenset({"permits", "hearings"}), offices=frozenset({"riverside"}))
    assert read(known, manager).scope().offices == {"riverside"}
    assert read(known, manager, office="riverside").scope().offices == {"riverside"}
    for foreign in ({"office": "lakeside"}, {"service": "calls"}):
        with pytest.raises(HTTPException) as refused:
            read(known, manager, **foreign)
        assert refused.value.status_code == 404
    choices = read(known, manager).choices()
    assert [value for value, _ in choices["office"]] == ["riverside"]
    assert [value for value, _ in choices["service"]] == ["hearings", "permits"]


def test_a_query_keeps_what_was_chosen_and_takes_away_what_it_is_told(known):
    found = read(known, office="riverside", channel="kiosk", period="12-weeks")
    assert found.query() == "?office=riverside&channel=kiosk&period=12-weeks"
    assert found.query(channel=None) == "?office=riverside&period=12-weeks"
    assert read(known).query() == ""


def test_days_have_ends_that_other_days_have_too(known):
    today = date(2026, 11, 4)
    for name, level in (
        ("28-days", stretches.LAST),
        ("12-weeks", stretches.ROLLING),
        ("52-weeks", stretches.ROLLING),
        ("2026-10", stretches.RECENT),
        ("2026Q4", stretches.QUARTERS),
        ("2026-03", stretches.MONTHS),
        ("2021-03", None),
    ):
        assert stretches.level(read(known, period=name).window.span, today) == level
    for level in range(stretches.WEEKS):
        assert stretches.ends(level, today) <= stretches.ends(level + 1, today)


def test_every_choice_of_days_has_two_ends(known):
    for window in filters.windows(date(2026, 11, 4)):
        assert window.span.start and window.span.end and window.before.start and window.before.end
        assert window.before.end == window.span.start

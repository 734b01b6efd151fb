"""What a staff page is asked for: nothing foreign, and the days that it is about."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.errors import NotFound, QuestionRefused
from cxserver.periods import Span
from cxserver.results import days
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope

NOW = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)


@pytest.fixture
def known(sqlite_house):
    with db.read(sqlite_house.engine) as connection:
        return directory.load(connection), sqlite_house


def read(known, scope: Scope | None = None, **choices: str) -> Filters:
    query: Mapping[str, str] = {name.rstrip("_"): value for name, value in choices.items()}
    there, house = known
    with db.read(house.engine) as connection:
        return Filters.read(query, Reading(connection, there, scope or Scope(), NOW))


def close(house, through: date, office: str = "riverside", n: int = 50) -> None:
    """A batch, as if it had closed."""
    with db.write(house.engine) as connection:
        row = {"service": "permits", "office": office, "source": "live", "n": n}
        connection.execute(insert(tables.batches).values(**row, first=through, through=through))


def test_the_last_28_days_end_yesterday_and_are_held_against_the_28_before(known):
    window = read(known).window
    assert window.span == Span(date(2026, 10, 7), date(2026, 11, 4))
    assert window.before == Span(date(2026, 9, 9), date(2026, 10, 7))
    assert window.days == "Oct 7 – Nov 3, 2026"


def test_rolling_days_end_where_nearly_all_answers_are_in(sqlite_house, known):
    close(sqlite_house, date(2026, 11, 1), n=90)
    close(sqlite_house, date(2026, 10, 25), "lakeside", n=10)
    filters = read(known, Scope().released)
    assert filters.window.span.end == date(2026, 11, 2) and filters.is_settled
    assert filters.fresh.updated == date(2026, 11, 1)
    close(sqlite_house, date(2026, 10, 24), "lakeside", n=5)
    assert read(known, Scope().released).window.span.end == date(2026, 10, 26)


def test_days_that_are_still_coming_in_are_not_compared(sqlite_house, known):
    close(sqlite_house, date(2026, 11, 1))
    assert read(known, Scope().released, period="2026-10").is_settled
    assert not read(known, Scope().released, period="2026-11").is_settled


def test_an_office_that_closed_long_ago_does_not_pass_for_new(sqlite_house, known):
    close(sqlite_house, date(2026, 9, 1))
    assert read(known, Scope().released).window.span.end == date(2026, 11, 4)


def test_a_channel_is_counted_by_whole_months_for_those_without_rows(known):
    month = read(known, Scope().released, channel="kiosk")
    assert month.window.span == Span(date(2026, 10, 1), date(2026, 11, 1))
    assert month.window.title == "Last month" and not month.refusal
    quarter = read(known, Scope().released, channel="kiosk", period="12-weeks")
    assert quarter.window.span == Span(date(2026, 8, 1), date(2026, 11, 1))
    for period in ({"period": "2026-11"}, {"from_": "2026-10-02", "to": "2026-10-31"}):
        assert "whole months" in read(known, Scope().released, channel="kiosk", **period).refusal
    assert "or a language" in read(known, Scope().released, channel="kiosk", language="es").refusal


def test_whoever_holds_the_rows_cuts_as_they_like(known):
    filters = read(known, channel="kiosk", language="es")
    assert not filters.refusal and filters.window.is_rolling


def test_any_days_can_be_chosen(known):
    filters = read(known, from_="2026-10-05", to="2026-10-11")
    assert filters.window.span == Span(date(2026, 10, 5), date(2026, 10, 12))
    assert filters.window.before == Span(date(2026, 9, 28), date(2026, 10, 5))


def test_a_quarter_is_held_against_the_quarter_before(known):
    window = read(known, period="2026Q4").window
    assert window.span == Span(date(2026, 7, 1), date(2026, 10, 1))
    assert window.before == Span(date(2026, 4, 1), date(2026, 7, 1))


def test_whole_months_can_be_chosen_by_their_days(known):
    filters = read(known, from_="2026-09-01", to="2026-10-31")
    assert filters.window.span == Span(date(2026, 9, 1), date(2026, 11, 1))
    assert filters.window.before == Span(date(2026, 7, 1), date(2026, 9, 1))
    assert filters.query() == "?from=2026-09-01&to=2026-10-31"


@pytest.mark.parametrize(
    "choices",
    [
        {"service": "nowhere"},
        {"office": "nowhere"},
        {"office": "1' OR '1'='1"},
        {"office": "../riverside"},
    ],
    ids=str,
)
def test_what_is_not_there_is_not_found(known, choices):
    with pytest.raises(NotFound):
        read(known, **choices)


@pytest.mark.parametrize(
    "choices",
    [
        {"channel": "pigeon"},
        {"language": "xx"},
        {"period": "yesterday"},
        {"period": "2026-W45"},
        {"period": "2026-11-03"},
        {"period": "2027Q2"},
        {"from_": "2026-10-31", "to": "2026-10-01"},
        {"from_": "2026-10-01"},
        {"from_": "1026-10-01", "to": "2026-10-31"},
        {"from_": "2026-11-01", "to": "2026-11-30"},
        {"from_": "2026-10-01", "to": "9999-12-31"},
        {"from_": "' OR 1", "to": "2026-10-31"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(known, choices):
    with pytest.raises(QuestionRefused) as refusal:
        read(known, **choices)
    assert str(refusal.value).endswith(".")


def test_nobody_asks_for_more_than_they_may_see(known):
    manager = Scope(services=frozenset({"permits", "hearings"}), offices=frozenset({"riverside"}))
    assert read(known, manager).scope().offices == frozenset({"riverside"})
    assert read(known, manager, office="riverside").scope().offices == frozenset({"riverside"})
    for foreign in ({"office": "lakeside"}, {"service": "calls"}):
        with pytest.raises(NotFound):
            read(known, manager, **foreign)
    choices = read(known, manager).choices()
    assert [value for value, _ in choices["office"]] == ["riverside"]
    assert [value for value, _ in choices["service"]] == ["hearings", "permits"]


def test_a_query_keeps_what_was_chosen_and_takes_away_what_it_is_told(known):
    filters = read(known, office="riverside", channel="kiosk", period="12-weeks")
    assert filters.query() == "?office=riverside&channel=kiosk&period=12-weeks"
    assert filters.query(channel=None) == "?office=riverside&period=12-weeks"
    assert read(known).query() == ""


def test_every_choice_of_days_has_two_ends(known):
    for window in days.choices(date(2026, 11, 4), date(2026, 11, 2)):
        assert window.span.start and window.span.end and window.before.start and window.before.end
        assert window.before.end == window.span.start

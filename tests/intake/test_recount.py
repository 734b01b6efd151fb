"""What is counted again agrees where one month, one quarter and one year go over into the next."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from cxserver import db, tables
from cxserver.instrument.levels import Level
from cxserver.intake import recount
from tests.support.comment_factory import add_comments
from tests.support.house import House

ENDS = [date(2026, 9, 30), date(2026, 10, 31), date(2026, 12, 31), date(2028, 2, 29)]
BEGINNINGS = [date(2026, 10, 1), date(2026, 11, 1), date(2027, 1, 1), date(2028, 3, 1)]


@pytest.fixture
def turned(sqlite_house: House) -> House:
    """Answers on both sides of each end, in different numbers and with different ratings."""
    for at, (last, first) in enumerate(zip(ENDS, BEGINNINGS, strict=True)):
        add_comments(sqlite_house, *["before"] * (at + 1), day=last, trust=2)
        add_comments(sqlite_house, *["after"] * (at + 2), day=first, trust=5)
    return sqlite_house


def differences(house: House) -> list[tuple[Any, ...]]:
    """Which level and day disagree."""
    return [(count[0], count[2]) for count, _, _ in recount.differences(db.source(house.engine))]


def test_answers_on_both_sides_of_a_months_end_are_counted_in_their_own_month(turned: House):
    assert turned.count() == sum(range(1, 5)) + sum(range(2, 6))
    assert differences(turned) == []


@pytest.mark.parametrize("day", [*ENDS, *BEGINNINGS], ids=str)
def test_a_count_of_the_first_or_last_day_that_lies_disagrees_with_day_and_month(turned, day):
    columns = tables.tallies.c
    with db.write(turned.engine) as connection:
        changed = connection.execute(
            update(tables.tallies)
            .where(columns.level == Level.OFFICE_DAY, columns.day == day)
            .values(answers=columns.answers + 1)
        )
    assert changed.rowcount == 1
    places = set(differences(turned))
    assert (Level.OFFICE_DAY, day) in places
    assert (Level.OFFICE_MONTH, day.replace(day=1)) in places
    months = {at for level, at in places if level == Level.OFFICE_MONTH}
    assert months == {day.replace(day=1)}

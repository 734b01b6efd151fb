"""How long after the visit somebody answered: four classes, each with its last moment."""

from datetime import timedelta

import pytest

from tests.support.house import House, answer

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "delay"),
    [
        (timedelta(0), "1"),
        (HOUR, "1"),
        (HOUR + SECOND, "4"),
        (4 * HOUR, "4"),
        (4 * HOUR + SECOND, "24"),
        (24 * HOUR, "24"),
        (24 * HOUR + SECOND, "48"),
        (48 * HOUR, "48"),
    ],
)
def test_an_answer_is_put_among_those_that_came_as_soon(sqlite_house: House, after, delay):
    link = sqlite_house.mint()
    sqlite_house.clock.now += after
    with sqlite_house.client() as client:
        assert answer(client, link).status_code == 303
    assert [row["delay"] for row in sqlite_house.responses()] == [delay]

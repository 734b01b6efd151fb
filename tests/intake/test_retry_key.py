"""What is sent again after midnight, or in the next month, meets its own use-once key."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.house import answer, stamp_of

LATE = datetime(2026, 12, 1, 4, 58, tzinfo=UTC)  # two minutes to midnight, at the office
MONTHS_END = datetime(2026, 11, 30, 23, 58, tzinfo=UTC)
FIELDS = {"trust": "4", "satisfaction": "5"}


@pytest.mark.parametrize("late", [LATE, MONTHS_END])
@pytest.mark.parametrize("channel", ["email", "poster"])
def test_a_form_sent_again_after_midnight_is_the_same_answer(house, late, channel):
    house.clock.now = late
    link = house.mint(channel=channel)
    with house.client() as client:
        form = FIELDS | {"stamp": stamp_of(client.get(link).text)}
        sent = [client.post(link, data=form).status_code]
        house.clock.forward(minutes=4)
        sent.append(client.post(link, data=form).status_code)
    assert sent == [303, 303] and house.count() == 1


@pytest.mark.parametrize("late", [LATE, MONTHS_END])
def test_a_kiosks_answer_sent_again_next_month_with_another_moment_is_the_same(house, late):
    house.clock.now = late
    item = {"link": house.mint(channel="kiosk"), "trust": 4, "satisfaction": 5}
    item |= {"key": str(uuid4()), "answered_at": (late - timedelta(minutes=1)).isoformat()}
    with house.client() as client:
        assert client.post("/api/v1/responses", json=item).status_code == 201
        house.clock.forward(minutes=4)
        item["answered_at"] = house.clock.now.isoformat()
        assert client.post("/api/v1/responses", json=item).status_code == 200
    assert house.count() == 1


def test_a_link_opened_again_next_month_takes_no_second_answer(house):
    house.clock.now = MONTHS_END
    link = house.mint()
    with house.client() as client:
        answer(client, link)
        house.clock.forward(minutes=4)
        client.get(link)
    assert house.count() == 1

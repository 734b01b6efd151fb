"""A kiosk through what happens to kiosks: no network, no power, a wrong clock, a withdrawn link.

Real Chromium, a real server, real sockets. Whatever happens, every answer that got a "Thank you"
is stored once, under the hour at which it was given.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.cli_runner import invoke
from tests.support.kiosk_tablet import (
    NewerRelease,
    give_answer,
    knows_its_pin,
    open_staff_corner,
    paired,
    queue_status,
    ready_without_network,
)

# An hour and a half before the fiscal quarter ends, at the office in New York.
# Answers come every five minutes. Nobody answers within two of a full hour, for the device's clock
# goes on while a busy machine works.
EVENING = datetime(2026, 12, 31, 22, 33, tzinfo=UTC) + timedelta(hours=5)
SLOW = timedelta(days=3)


def quarter(day: date) -> str:
    """The federal fiscal quarter: the year begins in October."""
    start = day.replace(day=1)
    return f"{start.year + (start.month > 9)}Q{(start.month - 10) % 12 // 3 + 1}"


def test_thirty_answers_survive_everything_and_none_is_there_twice(tablet, standing):
    house = tablet.house
    house.clock.now = EVENING
    tablet.slow = SLOW
    link = house.mint(channel="kiosk", place="East door")
    page = tablet.open(link)
    ready_without_network(page)
    times: dict[str, datetime] = {}

    def answers(*numbers: int) -> None:
        for number in numbers:
            tablet.wait(minutes=5)
            give_answer(tablet.page, 1 + number % 5, 1 + number // 2 % 5, f"answer {number:02}")
            times[f"answer {number:02}"] = house.clock.now

    def all_sent(number: int) -> bool:
        return house.count() == number and not queue_status(tablet.page)["waiting"]

    answers(*range(5))
    tablet.until(lambda: all_sent(5))

    tablet.context.set_offline(True)
    answers(*range(5, 15))
    assert (queue_status(page)["waiting"], house.count()) == (10, 5)
    tablet.kill()
    page = tablet.open(link, offline=True)
    expect(page.locator("h1")).to_have_text("Permit renewal")
    assert queue_status(page)["waiting"] == 10
    answers(*range(15, 25))
    tablet.context.set_offline(False)
    tablet.until(lambda: all_sent(25))

    standing.stop()
    answers(25)
    assert queue_status(page)["waiting"] == 1
    standing.start()
    answers(*range(26, 30))
    tablet.until(lambda: all_sent(30))

    rows = {row["comment"]: row for row in house.responses()}
    assert sorted(rows) == sorted(times)
    for words, row in rows.items():
        assert row["answered_hour"] == times[words].replace(minute=0, second=0, microsecond=0)
        assert row["flags"] == "clock"
        local = (times[words] - timedelta(hours=5)).date()
        assert (row["day"], quarter(row["day"])) == (local, quarter(local))
    assert {quarter(row["day"]) for row in rows.values()} == {"2027Q1", "2027Q2"}
    first_sent = list(dict.fromkeys(item["comment"] for item in tablet.sent))
    assert first_sent == sorted(times)
    assert queue_status(page)["offset"] == pytest.approx(SLOW.total_seconds(), abs=30)
    assert queue_status(page)["aside"] == []


# ---- the link ends, or is withdrawn, while answers wait


def test_a_link_withdrawn_under_waiting_answers_loses_none_and_pairing_sends_them(tablet, standing):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(house, page)
    ready_without_network(page)
    knows_its_pin(page)
    tablet.context.set_offline(True)
    for number in range(3):
        tablet.wait(minutes=2)
        give_answer(page, 4, 4, f"kept {number}")
    invoke(house, "kiosk", "revoke", "permits", "riverside", "--place", "East door")
    standing.stop()
    standing.start()
    tablet.context.set_offline(False)
    tablet.until(lambda: len(queue_status(page)["aside"]) == 3)
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    assert house.count() == 0

    open_staff_corner(page, pin)
    expect(page.locator("[data-show=aside]")).to_have_text("3")
    expect(page.locator("[data-show=reasons]")).to_have_text("3 × the link was revoked (riverside)")
    expect(page.locator("[data-show=state]")).to_contain_text("Pair it again")
    listed = json.loads(invoke(house, "kiosk", "list", "--json")[0])
    assert [kiosk["aside"] for kiosk in listed] == [3]

    paired(house, page)
    page.clock.fast_forward("02:00")
    tablet.until(lambda: house.count() == 3)
    assert {row["comment"] for row in house.responses()} == {"kept 0", "kept 1", "kept 2"}
    tablet.until(lambda: queue_status(page)["waiting"] + len(queue_status(page)["aside"]) == 0)


def test_a_link_that_ended_still_sends_what_was_given_before_and_asks_nobody_after(tablet):
    house = tablet.house
    link = house.mint(channel="kiosk", expires_at=house.clock.now + timedelta(hours=1))
    page = tablet.open(link)
    ready_without_network(page)
    tablet.until(lambda: queue_status(page).get("offset") is not None)
    tablet.context.set_offline(True)
    tablet.wait(minutes=50)
    give_answer(page, 5, 5, "in time")
    tablet.wait(minutes=20)
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    tablet.wait(days=10)
    page.reload()
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    assert queue_status(page)["waiting"] == 1
    tablet.context.set_offline(False)
    tablet.until(lambda: house.count() == 1)
    assert house.responses()[0]["comment"] == "in time"
    assert queue_status(page)["state"] == "ended"
    paired(house, page)
    give_answer(page, 4, 4, "after pairing")
    tablet.until(lambda: house.count() == 2)


def test_a_device_moves_to_its_renewed_link_and_lives_on_beyond_the_first(tablet):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    paired(house, page)
    knows_its_pin(page)
    first = queue_status(page)["link"]
    tablet.wait(days=61)
    tablet.until(lambda: queue_status(page)["link"] != first)
    renewed = queue_status(page)["link"]
    expect(page).to_have_url(renewed)
    tablet.wait(days=40)
    page.goto(first)  # an old bookmark: the device knows better
    expect(page.locator("#stage h1")).to_have_text("Permit renewal")
    expect(page).to_have_url(renewed)
    give_answer(page, 5, 4, "on day 101")
    tablet.until(lambda: house.count() == 1)


def test_a_clock_set_right_before_the_network_is_back_moves_no_answer(tablet):
    house = tablet.house
    tablet.slow = SLOW
    page = tablet.open(house.mint(channel="kiosk"))
    tablet.until(lambda: queue_status(page).get("offset") is not None)
    tablet.context.set_offline(True)
    tablet.wait(hours=2)
    answered_at = house.clock.now
    give_answer(page, 4, 4, "by the wrong clock")
    tablet.wait(hours=3)
    # The system sets its clock: three days on, while the page lives.
    page.evaluate("days => { const now = Date.now; Date.now = () => now() + days * 864e5; }", 3)
    page.clock.fast_forward("00:05")
    tablet.context.set_offline(False)
    tablet.until(lambda: house.count() == 1)
    [row] = house.responses()
    assert row["answered_hour"] == answered_at.replace(minute=0, second=0, microsecond=0)
    assert row["flags"] == "clock"


# ---- a new release


def test_a_new_release_of_the_page_finds_the_queue_as_it_was(today, tablet, standing, tmp_path):
    house = tablet.house
    link = house.mint(channel="kiosk")
    page = tablet.open(link)
    ready_without_network(page)
    before = queue_status(page)["release"]
    tablet.context.set_offline(True)
    give_answer(page, 2, 2, "before the release")
    standing.stop()
    with NewerRelease(house, standing.port, tmp_path / "newer"):
        tablet.context.set_offline(False)
        tablet.until(lambda: house.count() == 1)
        # Nobody is at the screen: it takes the new page by itself.
        page.clock.fast_forward("00:40")
        tablet.until(lambda: page.evaluate("window.newer === true"))
        assert queue_status(page)["release"] != before
        give_answer(page, 3, 3, "after the release")
        tablet.until(lambda: house.count() == 2)
    tablet.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("Permit renewal")
    assert page.evaluate("window.newer") is True

"""The response rate on the first page: of a quarter and a service, where somebody entered it."""

import re
from html import unescape

import pytest

from cxserver import db, periods
from cxserver.accounts.roles import Role
from cxserver.quarter import volumes
from cxserver.quarter.volumes import Volume
from tests.support.answer_factory import add_answers
from tests.support.staff_accounts import sign_in

# October to December 2026; the answers are of October.
QUARTER = periods.named("2027Q1")


def enter(house, offered, channel="email"):
    """Somebody says how many were offered the survey."""
    volume = Volume(9_000, offered, "Mail log", "ann@example.gov", house.clock.now)
    with db.write(house.engine) as connection:
        volumes.put(connection, QUARTER, "permits", channel, volume)


def tile(house, role, query="?service=permits", **unit):
    """The words of the tile."""
    with house.client() as client:
        sign_in(house, client, role, **unit)
        page = client.get(f"/staff/{query}").text
    [shown] = re.findall(r'aria-labelledby="tile-response-rate">(.*?)</article>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


@pytest.fixture
def answered(sqlite_house):
    add_answers(sqlite_house, "riverside", 90, 30)
    return sqlite_house


def test_without_volumes_it_says_who_has_to_enter_what(answered):
    shown = tile(answered, Role.ANALYST)
    assert "Not known" in shown and "Nobody has entered how many people were offered" in shown


def test_it_is_the_answers_of_the_quarter_by_those_who_were_offered_the_survey(answered):
    enter(answered, 480)
    shown = tile(answered, Role.ANALYST)
    [n] = re.findall(r"([\d,]+) of 480 people", shown)
    # October alone: the answers of the days before it are of the quarter before.
    assert 100 < int(n) <= 120
    assert f"{100 * int(n) / 480:.0f} %" in shown
    assert "Fiscal year 2027, quarter 1" in shown and "Mail log (email)" in shown


def test_more_answers_than_people_is_a_mistake_in_the_volumes(answered):
    enter(answered, 10)
    shown = tile(answered, Role.ANALYST)
    assert "only 10 people offered: check the volumes entered" in shown


def test_answers_by_another_channel_are_no_part_of_it(answered):
    enter(answered, 480, channel="sms")
    assert "0 of 480 people" in tile(answered, Role.ANALYST)


def test_one_office_has_no_rate_and_says_why(answered):
    enter(answered, 480)
    for role, query in ((Role.ANALYST, "?office=riverside"), (Role.OFFICE_MANAGER, "")):
        shown = tile(answered, role, query)
        assert "so one office has no rate" in shown and "%" not in shown


def test_a_running_quarter_is_not_cut_by_channel_for_those_without_the_rows(answered):
    enter(answered, 480)
    assert "cannot be counted by channel yet" in tile(answered, Role.ADMINISTRATOR)

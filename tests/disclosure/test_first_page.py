"""What the first page says of few people to somebody who does not hold the rows: nothing."""

from datetime import date, timedelta
from typing import Any

import pytest

from cxsdk.token import Kind
from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.comments import recent
from cxserver.findings.memory import Key
from cxserver.periods import Span
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
from tests.support.answer_factory import add_answers
from tests.support.closed_batches import release
from tests.support.comment_factory import MONDAY, THURSDAY, add_alerts, add_comments, directory_of
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import sign_in

DAY = timedelta(days=1)
MANAGER = Scope(offices=frozenset({"riverside"})).released
PLACE = Key("permits", "riverside", "efficiency")
SLOW: dict[str, Any] = {"trust": 1, "drivers": ("efficiency",)}


def said(house, span, scope=MANAGER):
    """The comments of the first page, and those that show a finding."""
    with db.read(house.engine) as connection:
        reader = Reading(connection, directory_of(house), scope, house.clock.now)
        low = recent.low_first(reader, Scope(), span, 9, many=False)
        [quotes] = recent.showing(reader, [PLACE], span, 9)
    return [sorted(item.comment.text for item in items) for items in (low, quotes)]


def of_day(day: date) -> Span:
    return Span(day, day + DAY)


def test_who_asks_for_one_day_sees_comments_of_its_whole_week(house):
    """Else the days of an address would tell the day of a comment."""
    for n, words in ((-1, "before"), (0, "monday"), (3, "thursday"), (6, "sunday"), (7, "after")):
        add_comments(house, words, *[""] * 4, day=MONDAY + n * DAY, **SLOW)
    release(house)
    for day in (MONDAY, THURSDAY, MONDAY + 6 * DAY):
        assert said(house, of_day(day)) == [["monday", "sunday", "thursday"]] * 2


def test_no_comment_is_shown_before_its_batch_closes_not_even_an_alert(house):
    add_comments(house, "slow", "slow too", "rude", **SLOW)
    add_alerts(house, add_comments(house, "help", **SLOW))
    release(house)
    assert said(house, of_day(THURSDAY)) == [[], []]
    add_comments(house, "fifth", **SLOW)
    release(house)
    assert said(house, of_day(THURSDAY)) == [["fifth", "rude", "slow", "slow too"]] * 2


@pytest.fixture
def slow(sqlite_house):
    """Offices that are all alike, and one where the time it took is named far more often."""
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    add_comments(house, "Queues without end", **SLOW)
    for office in OFFICES[:4]:
        add_answers(house, office, 280, 20)
    add_answers(house, "riverside", 100, 200)
    return house


@pytest.mark.parametrize(
    ("role", "reads"),
    [
        (Role.ADMINISTRATOR, 0),
        (Role.SECURITY_OFFICER, 0),
        # Among the newest, and beside what stands out.
        (Role.OFFICE_MANAGER, 2),
        (Role.ANALYST, 2),
    ],
)
def test_whoever_reads_no_comments_finds_none_on_the_first_page(slow, role, reads):
    with slow.client() as client:
        sign_in(slow, client, role)
        page = client.get("/staff/?from=2026-10-05&to=2026-11-01").text
    assert "It takes too long at Riverside Office" in page
    assert page.count("Queues without end") == reads


@pytest.mark.parametrize("others", [(100, 300), (100, 100, 300)])
def test_an_office_is_not_held_against_one_similar_office(sqlite_house, others):
    """A manager sees the others in sums: of one office that would be its figures."""
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    add_answers(house, "riverside", 90, 10)
    for office, n in zip(OFFICES, others, strict=False):
        add_answers(house, office, n - 20, 20)
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/").text
    assert "<dt>All offices" in page
    assert ("similar offices" in page) is (len(others) == 3)


def test_with_a_channel_an_office_is_held_against_shown_cells_alone(sqlite_house):
    """Three people at another office are hidden in their table, and not in the sum of all."""
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    october = range(4, 32)
    for office in ("riverside", *OFFICES[:4]):
        add_answers(house, office, 140, 0, days=october)
        if office not in ("office-0", "office-1"):
            add_answers(house, office, 90, 0, days=october, kind=Kind.SMS)
    # The fewest there are: they are hidden beside the three.
    add_answers(house, "office-0", 0, 30, days=october, kind=Kind.SMS)
    add_answers(house, "office-1", 0, 3, days=(20, 21, 22), kind=Kind.SMS)
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/?channel=sms&period=2026-10").text
        shown = [line.partition("</dd>")[0] for line in page.split("<dt>All offices")[1:]]
        assert len(shown) == 2 and all(line.endswith(">100%") for line in shown), shown

"""What should I fix on Monday: sentences that do not contradict their numbers, and a next step."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from cxserver.accounts.roles import Role
from cxserver.catalog.directory import Office
from cxserver.results import changes, funnel, overview, sentences, small_office, trend
from cxserver.staff.results import offices
from tests.support.answer_factory import add_answers
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import sign_in
from tests.support.tally_factory import slice_of, surveys

SURVEYS = surveys()
BEFORE = "the 28 days before"
END = date(2026, 11, 2)


def change(before, after):
    then, now = (changes.side([slice_of(*counted)]) for counted in (before, after))
    return changes.compare(then, now, SURVEYS)


# ---- sentences


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        # Whole percents would say 99 and 90 beside "8 points".
        ((986, 1000), (904, 1000), "down 8 points (between 6 and 10), from 98.6% to 90.4%."),
        ((900, 1000), (820, 1000), "down 8 points (between 5 and 11), from 90% to 82%."),
        ((820, 1000), (900, 1000), "up 8 points (between 5 and 11), from 82% to 90%."),
    ],
)
def test_shares_do_not_contradict_the_points_between_them(before, after, sentence):
    assert sentences.by(change(before, after)) == sentence


@pytest.mark.parametrize(
    ("after", "bold", "rest"),
    [
        ((820, 1000), "Down 8 points", "(between 5 and 11) since the 28 days before, from"),
        ((900, 1000), "Not changed", "since the 28 days before. If it moved, then by less"),
        ((90, 100), "Cannot tell.", "It may have moved by anything from −8 to +5 points."),
    ],
)
def test_what_stands_in_bold_is_not_said_again(after, bold, rest):
    parts = sentences.became(change((900, 1000), after), BEFORE)
    assert parts[0] == bold and parts[1].startswith(rest)


def test_one_channel_is_not_told_of_as_none_of_many():
    assert overview.Moved((), 1, "channel").still(BEFORE) == (
        "One channel has enough answers to be compared with the 28 days before. "
        "It did not change by more than chance does."
    )
    assert "5 offices were compared" in overview.Moved((), 5, "office").still(BEFORE)


def test_a_trend_is_called_by_the_weeks_it_has():
    def title(days, *ago):
        counted = [slice_of(40, 50, day=(END - timedelta(days=age)).isoformat()) for age in ago]
        return trend.Series(trend.blocks(counted, END, days), days, {})

    assert title(trend.WEEK, 3, 10, 100).title == "The last 15 weeks"
    assert title(trend.WEEK, 3).title == "Last week"
    months = title(trend.MONTH, 3, 100)
    assert months.title == "The last 16 weeks"
    assert months.table("trust").title == "Trust, four weeks at a time"


def test_the_funnel_names_who_stands_out():
    known = [Office(f"o{at}", f"Office {at}", "UTC", None, True, False) for at in range(24)]

    def summary(**shares):
        every = {office.slug: (int(400 * shares.get(office.slug, 0.8)), 400) for office in known}
        return offices.summary(funnel.funnel(every), known)

    assert summary(o3=0.6) == (
        "Office 3 is lower than other offices, more than chance alone would explain. "
        "The other 23 offices differ by no more than is usual."
    )
    assert summary().startswith("No office differs")
    both = summary(o3=0.55, o4=0.55, o5=1.0)
    assert "Office 3 and Office 4 are lower" in both and "Office 5 is higher" in both


# ---- next steps


@pytest.fixture
def seen(sqlite_house):
    """One office where more are unhappy, and one that fell."""
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    for office in OFFICES[:4]:
        add_answers(house, office, 450, 50, days=range(29, 57))
        add_answers(house, office, *((410, 90) if office == "office-0" else (450, 50)))
    add_answers(house, "riverside", 100, 200)
    return house


def box(client):
    """The first page's block "Do first"."""
    page = client.get("/staff/").text
    return page[page.index('id="first"') :].partition("</section>")[0]


def test_each_thing_to_fix_leads_to_its_place_its_drivers_and_its_words(seen):
    with seen.client() as client:
        sign_in(seen, client, Role.ANALYST)
        first = box(client)
        links = dict(
            (label, unescape(href))
            for href, label in re.findall(r'<a href="([^"]+)">([^<]+)<', first)
        )
        assert "at Riverside Office" in first
        assert "office=riverside" in links["All that people name there"]
        assert "driver=efficiency-negative" in links["What they wrote"]
        for href in links.values():
            assert client.get(href).status_code == 200
            assert "No numbers in these days" not in client.get(href).text


def test_who_may_not_read_comments_is_not_sent_to_them(seen):
    with seen.client() as client:
        sign_in(seen, client, Role.ADMINISTRATOR)
        first = box(client)
    assert "at Riverside Office" in first and "/comments" not in first


def test_a_manager_reads_first_that_the_office_fell(seen):
    with seen.client() as client:
        sign_in(seen, client, Role.OFFICE_MANAGER, office="office-0")
        first = client.get("/staff/").text
    fell, named = first.index("Down 8 points"), first.index("is named most")
    assert fell < named
    assert first.count("Down 8 points") == 2 and "More than chance would do" in first


def test_who_just_began_reads_what_to_do_next(sqlite_house):
    sqlite_house.apply(CATALOGUE)
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        for page in ("", "offices", "drivers", "response"):
            fresh = client.get(f"/staff/{page}").text
            assert "Just started?" in fresh and "Clear filters" not in fresh
            assert "Clear filters" in client.get(f"/staff/{page}?service=permits").text


def test_a_small_office_is_not_told_of_quarters_before_its_first(sqlite_house):
    house = sqlite_house
    house.apply(CATALOGUE)
    add_answers(house, "riverside", 7, 2)
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/scores").text
    assert "people rated the service" in page and "no answers" not in page
    assert small_office.in_sentences([]) == []

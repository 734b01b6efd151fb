"""What a dated note says of few people to somebody who does not hold the rows: nothing.

Whoever writes a note chooses its day and its place, and so what is counted before and after.
"""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Draft, Writer
from tests.support.answer_factory import TODAY, add_answers
from tests.support.comment_factory import add_comments
from tests.support.staff_accounts import sign_in

DAY = TODAY - timedelta(days=21)


@pytest.fixture
def agency(house):
    """An office that rose, one that did not, and three answers that wait; a note on all of it."""
    for office, before, after in (("riverside", 140, 170), ("lakeside", 700, 700)):
        add_answers(house, office, before, 140, days=range(22, 50))
        add_answers(house, office, after, 40, days=range(1, 22))
    add_comments(house, "", "", "", day=TODAY - timedelta(days=5), trust=1)
    note(house, DAY, None, None)
    return house


def note(house, day: date, service, office):
    with db.write(house.engine) as connection:
        draft = Draft(day, "New form live", service, office)
        return chart_notes.add(connection, draft, Writer("", "x@example.gov"), house.clock())


def effects(client, query=""):
    page = client.get(f"/staff/notes{query}").text
    lines = re.findall(r"<p>((?:<strong>)?Trust.*?)</p>", page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in lines]


def test_a_note_on_everything_says_of_it_what_its_reader_may_see(agency):
    """One office's manager hears of that office alone, and of closed batches."""
    with agency.client() as client:
        sign_in(agency, client, Role.OFFICE_MANAGER)
        [trust] = effects(client)
        assert "50% of 280 people before, 81% of 210 people after" in trust
        sign_in(agency, client, Role.ANALYST)
        [trust] = effects(client)
        # Who holds the rows sees the three that wait.
        assert "of 1,120 people before" in trust and "of 953 people after" in trust


def test_a_note_of_last_week_waits_for_the_days_that_are_not_all_in(agency):
    """A week has gone by since, and two of its days are not settled."""
    note(agency, TODAY - timedelta(days=6), None, "riverside")
    with agency.client() as client:
        sign_in(agency, client, Role.OFFICE_MANAGER)
        page = " ".join(client.get("/staff/notes").text.split())
    assert "the answers of the first week since then are still coming in" in page


def test_a_note_on_another_office_is_nowhere_not_even_by_its_id(agency):
    other = note(agency, DAY, None, "lakeside")
    with agency.client() as client:
        sign_in(agency, client, Role.OFFICE_MANAGER)
        assert other not in client.get("/staff/notes").text
        for query in (f"?note={other}", "?office=lakeside", f"?note={other}&office=riverside"):
            assert client.get(f"/staff/notes{query}").status_code == 404
        for page in ("/staff/", "/staff/scores"):
            assert client.get(page).text.count("Lakeside") == 0

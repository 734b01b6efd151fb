"""The Comments page: what it tells and saves, whom it offers what, and how it looks."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.comments import shelf as shelf_
from cxserver.comments.shelf import Search
from cxserver.results.scopes import Scope
from cxserver.staff.comments import comments
from tests.support import browser_layout, page_elements
from tests.support.closed_batches import release
from tests.support.comment_factory import MONDAY, THURSDAY, add_alerts, add_comments, directory_of
from tests.support.readings import CommentReader
from tests.support.staff_accounts import invite, post, sign_in

WEEK = timedelta(days=7)
# What an analyst sees of the office, and what its manager sees.
ROWS = Scope(offices=frozenset({"riverside"}))
MANAGER = ROWS.released
TWO = Scope(offices=frozenset({"riverside", "lakeside"}))
WORSE = "Could be better: Ease"


def shelf(house, scope=MANAGER):
    return CommentReader(house.engine, directory_of(house), scope, house.clock.now)


def texts(house, scope=MANAGER, **search):
    return sorted(
        entry.comment.text for entry in shelf(house, scope).find(Search(**search)).comments
    )


def page_text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def manager(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.OFFICE_MANAGER)
        yield client


def test_the_page_tells_the_week_and_never_a_day_or_an_hour(sqlite_house, manager):
    add_comments(sqlite_house, "<b>slow</b>", *["fine"] * 5)
    release(sqlite_house)
    page = manager.get("/staff/comments")
    assert "Week of October 26, 2026" in page.text and "&lt;b&gt;slow" in page.text
    assert "2026-10-29" not in page.text and "October 29" not in page.text
    assert "16:00" not in page.text
    addresses = re.findall(r'href="(/staff/comments/[^"]+)"', page.text)
    assert addresses and all("/2026-10-26/" in address for address in addresses)


def test_the_filters_in_the_address_are_checked(manager):
    for query in ("driver=x", "score=6", "state=gone", "owner=you", "alerted=1", "after=x"):
        assert manager.get(f"/staff/comments?{query}").status_code == 422, query
    assert manager.get("/staff/comments?office=lakeside").status_code == 404
    both = "driver=ease-negative&score=2&language=en"
    for query in (both, "driver=ease-positive", "state=unread", "owner=me", "alerted=yes"):
        assert manager.get(f"/staff/comments?{query}").status_code == 200, query


def test_only_who_holds_the_rows_is_offered_the_channels(sqlite_house, manager):
    add_comments(sqlite_house, "by mail")
    add_comments(sqlite_house, "by text message", kind=Kind.SMS)
    refused = manager.get("/staff/comments?channel=sms")
    assert refused.status_code == 422 and "not chosen by channel here" in refused.text
    assert 'name="channel"' not in manager.get("/staff/comments").text
    sign_in(sqlite_house, manager, Role.ANALYST)
    page = manager.get("/staff/comments?channel=sms").text
    assert 'name="channel"' in page
    assert "by text message" in page and "by mail" not in page


def test_an_empty_list_says_when_comments_come(sqlite_house, manager):
    when = "the morning after at least 5 new answers have come in"
    text = page_text(manager.get("/staff/comments"))
    assert f"No comments yet Comments show up {when} at an office." in text
    assert "Clear filters" in manager.get("/staff/comments?q=slow").text
    sign_in(sqlite_house, manager, Role.ANALYST)
    assert when not in page_text(manager.get("/staff/comments"))


def test_the_page_of_a_comment_that_waits_is_404_and_opens_with_its_batch(sqlite_house, manager):
    house = sqlite_house
    rows = add_comments(house, *["slow"] * 4, day=house.clock.now.date(), trust=1)
    [first, *_] = rows
    at = f"/staff/comments/{first[0]}/{first[1]}/{first[2]}"
    assert manager.get(at).status_code == 404
    assert "slow" not in manager.get("/staff/comments").text
    add_alerts(house, [first])
    for page in (at, "/staff/comments"):
        opened = manager.get(page).text
        assert opened.count(">slow<") == 1 and "Trust 1 of 5." not in opened
    assert "slow" not in manager.get("/staff/comments?score=1").text
    add_comments(house, "", day=house.clock.now.date())
    release(house)
    assert "Trust 1 of 5. Satisfaction 4 of 5." in manager.get(at).text
    assert manager.get("/staff/comments?score=1").text.count(">slow<") == 4


def test_the_page_saves_what_it_shows_and_the_log_says_so(sqlite_house, manager):
    add_comments(sqlite_house, "=1+1", *["fine"] * 5)
    release(sqlite_house)
    saved = manager.get("/staff/comments?q=1%2B1&format=csv")
    [row] = csv.DictReader(StringIO(saved.text))
    assert row["Comment"] == "'=1+1" and row["Week"] == "2026-10-26"
    with db.read(sqlite_house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert ("read comments", "/staff/comments") in [tuple(line) for line in lines]
    assert "1+1" not in str(lines)


def test_the_file_holds_the_whole_list_and_its_days_are_weeks(sqlite_house, manager, monkeypatch):
    house = sqlite_house
    for weeks in range(3):
        add_comments(house, *["slow"] * 20, "fine", day=THURSDAY - weeks * WEEK)
    release(house)
    monkeypatch.setattr(comments, "_OF_A_FILE", 7)
    page = manager.get("/staff/comments?q=SLOW").text
    assert ">60 comments</h2>" in page and "Save the whole list (CSV)" in page
    saved = manager.get("/staff/comments?q=SLOW&format=csv")
    rows = list(csv.DictReader(StringIO(saved.text)))
    assert [row["Comment"] for row in rows] == ["slow"] * 60
    assert sorted({row["Week"] for row in rows}) == ["2026-10-12", "2026-10-19", "2026-10-26"]
    assert saved.headers["content-disposition"] == 'attachment; filename="comments.csv"'
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what)).scalars().all()
    assert lines.count("read comments") == 2
    days = "from=2026-10-21&to=2026-10-21"
    assert ">21 comments</h2>" in manager.get(f"/staff/comments?{days}").text
    assert "from=2026-10-21" in manager.get(f"/staff/comments?{days}").text


def test_an_empty_search_says_where_it_looked(sqlite_house, manager, monkeypatch):
    add_comments(sqlite_house, *["slow"] * 5, day=THURSDAY - 9 * WEEK)
    add_comments(sqlite_house, "fine", *["slow"] * 7)
    release(sqlite_house)
    text = page_text(manager.get('/staff/comments?q="parking+lot"'))
    assert "No comments match &#34;parking lot&#34;" in text
    assert "We looked in all 13 comments you can read, back to Aug 2026." in text
    text = page_text(manager.get("/staff/comments?q=parking&score=4&from=2026-10-01"))
    assert "No comments match “parking”" in text
    assert "We looked in all 8 comments with your other filters, back to Oct 2026." in text
    monkeypatch.setattr(shelf_, "_LOOKED", 8)
    page = manager.get("/staff/comments?q=parking")
    assert "Nothing found so far We looked in 8 comments, back to Oct 2026." in page_text(page)
    [further] = re.findall(r'class="go" href="([^"]+)">Look further back', page.text)
    text = page_text(manager.get(further.replace("&amp;", "&")))
    assert "We looked in 5 comments, back to Aug 2026." in text


def test_a_row_shows_what_became_of_a_comment_and_is_one_link(sqlite_house, manager):
    house = sqlite_house
    [row, *_] = add_comments(house, "slow", *["fine"] * 5, trust=1, drivers=("ease",))
    release(house)
    at = f"/staff/comments/{row.service}/{MONDAY}/{row.id}"
    seen = page_elements.read(manager.get(at).text).find("input", name="seen")[0]["value"]
    assert post(manager, f"{at}/act", act="take", seen=seen).status_code == 303
    page = page_elements.read(manager.get("/staff/comments").text)
    rows = page.find("li", **{"class": "row"}) + page.find("li", **{"class": "row row-unread"})
    assert len(rows) == 6 and all(len(item.find("a")) == 1 for item in rows)
    [mine] = [item for item in rows if "slow" in item.text]
    for words in ("Trust 1 of 5", "Week of October 26, 2026", "Permit renewal, Riverside Office"):
        assert words in mine.text
    assert WORSE in mine.text and "Open" in mine.text and "Owner: " in mine.text
    assert "Unread" not in mine.text
    assert sum("Unread" in item.text for item in rows) == 5


def test_a_row_of_an_alert_that_waits_has_no_rating(sqlite_house, manager):
    rows = add_comments(sqlite_house, "I will end it", trust=1, drivers=("ease",))
    add_alerts(sqlite_house, rows)
    text = page_text(manager.get("/staff/comments"))
    assert "The rating follows with its batch" in text and "Alert Week of October 26" in text
    assert "1 of 5" not in text.replace("trust 1 of 5", "").replace("Trust 1 of 5", "", 1)
    assert WORSE not in text


def test_a_wrong_day_is_named_with_its_fix(manager):
    for days in ("from=x", "to=2026-02-30", "from=2030-01-01", "from=2026-10-02&to=2026-10-01"):
        refused = manager.get(f"/staff/comments?{days}")
        assert refused.status_code == 422 and "From" in refused.text and "To" in refused.text


def test_a_small_office_shows_what_people_wrote_first(sqlite_house, manager):
    add_comments(sqlite_house, "the newest", *["x"] * 6)
    add_comments(sqlite_house, *["older"] * 6, day=THURSDAY - WEEK)
    release(sqlite_house)
    page = manager.get("/staff/").text
    assert "Fewer than 30 people" in page
    assert page.index("What they wrote") < page.index("By quarter")
    assert page.count("<blockquote") == 5
    sign_in(sqlite_house, manager, Role.ADMINISTRATOR)
    assert "What they wrote" not in manager.get("/staff/?office=riverside").text


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit_a_telephone(sqlite_house, serve, open_page, width):
    house = sqlite_house
    rows = add_comments(house, "Waited two hours. " + "W" * 300, *["Fine, thanks."] * 30)
    add_alerts(house, rows[:1])
    release(house)
    address = serve.reserve()
    house.move(address)
    serve(house.app(demo=True), at=address)
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + invite(house, Role.OFFICE_MANAGER))
    page.click("main button")
    case = f"/staff/comments/permits/{MONDAY}/{rows[0][2]}"
    for path in ("/staff/comments", "/staff/comments?q=nowhere", case, "/staff/said-and-did"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert browser_layout.unlabelled(page) == []
        violations = Axe().run(page).response["violations"]
        assert [
            (violation["id"], violation["nodes"][0]["html"][:120]) for violation in violations
        ] == []

"""The first page says what needs a person, and one press says "I have this"; in Chromium too."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.attention import promise
from cxserver.catalog import kiosks, placements
from cxserver.catalog.pairings import Pairing
from tests.comments.test_alerts import SAID, rows, say, send
from tests.comments.test_escalation import ESCALATING, escalating, letters
from tests.support import browser_layout, page_elements, page_layout
from tests.support.answer_factory import add_answers
from tests.support.closed_batches import release
from tests.support.comment_factory import THURSDAY, add_comments
from tests.support.matches import first_match
from tests.support.staff_accounts import invite, post, sign_in

__all__ = ["escalating"]  # a fixture
ZOOMED, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PROMISED = 'timezone = "America/New_York"\nreads_within_days = 2\ncontact_url'
BUSY = ESCALATING.replace('timezone = "America/New_York"\ncontact_url', PROMISED, 1)
QUIET = "Nothing urgent."
WORDS = "Some days I want to die."


def audit_of(house):
    with db.read(house.engine) as connection:
        line = tables.audit.c
        lines = connection.execute(select(line.what, line.about, line.who).order_by(line.n))
        return [row for row in lines if row.what == "acknowledge an alert"]


def fields_of(page, back=""):
    inputs = page_elements.read(page.text).find("input", name="comment")
    return {"comment": inputs[0]["value"], "list": "crisis", "back": back}


def press(client, page, **more):
    return post(client, "/staff/alerts/acknowledge", **fields_of(page) | more)


# ---- the first page


def test_without_anything_urgent_there_is_one_quiet_line(escalating):
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/").text
    assert QUIET in page and "Someone may be in danger" not in page and "rail-counts" not in page


def test_an_alert_is_on_the_managers_first_page_with_next_steps_and_who_was_told(escalating):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        # Before any mail has gone.
        page = client.get("/staff/").text
        assert WORDS in page and "goes out within a minute" in page
        send(escalating)
        escalating.clock.forward(minutes=5)
        page = client.get("/staff/").text
    assert "Someone may be in danger" in page and WORDS in page and QUIET not in page
    assert "Call the duty officer now." in page
    assert "Crisis team: Mail at 10:20 a.m. EST" in page
    assert "Regional safety team: <strong>10:40 a.m. EST</strong> if nobody acknowledges" in page
    # Text alone: what else was answered waits for its batch.
    assert "Trust" not in page[page.index("now-block") : page.index("</section>")]


@pytest.mark.parametrize("query", ["?channel=sms&language=es", "?channel=phone", "?period=2026Q1"])
def test_no_filter_takes_the_alert_away(escalating, query):
    add_answers(escalating, "riverside", 120, 30, days=range(3, 40))
    release(escalating)
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        assert WORDS in client.get(f"/staff/{query}").text


def test_every_page_counts_the_alert_beside_comments(escalating):
    say(escalating, SAID, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        pages = ("", "offices", "drivers", "comments", "places", "digest", "catalog")
        for path in (*pages, "audit", "?office=lakeside", "?period=never"):
            assert ">2 alerts</span>" in client.get(f"/staff/{path}").text, path


def test_one_press_acknowledges_and_nobody_further_is_told(escalating, box):
    say(escalating, SAID)
    send(escalating)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        pressed = press(client, client.get("/staff/"))
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/staff/")
        page = client.get("/staff/").text
        assert "You acknowledged it: 10:20 a.m. EST. Its case is not closed." in page
        assert "Someone may be in danger" not in page and "1 alert" not in page
    escalating.clock.forward(hours=3)
    assert send(escalating) == 0 and len(box.letters) == 1
    [line] = audit_of(escalating)
    assert line.who == "office-manager@example.gov"
    assert line.about.startswith("permits/2026-11-02/") and line.about.endswith(" crisis")


def test_pressing_twice_or_after_a_colleague_says_who_did_it_and_when(escalating):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/")
        assert press(client, page).status_code == 303
        again = press(client, page)
        assert again.status_code == 409
        assert "You acknowledged it: 10:20 a.m. EST. Once is enough" in again.text
        sign_in(escalating, client, Role.ANALYST)
        escalating.clock.forward(minutes=4)
        late = press(client, page)
    assert late.status_code == 409
    assert "office-manager@example.gov acknowledged it: 10:20 a.m. EST." in late.text
    assert len(audit_of(escalating)) == 1


def test_only_our_own_pages_acknowledge(escalating):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        fields = fields_of(client.get("/staff/"))
        for where in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            sent = post(client, "/staff/alerts/acknowledge", where, **fields)
            assert sent.status_code == 403
    assert rows(escalating)[0].acknowledged is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("comment", ""),
        ("comment", "permits/2026-11-02"),
        ("comment", "permits/9999-99-99/" + "0" * 32),
        ("comment", "permits/0001-01-01/" + "0" * 32),
        ("comment", "permits/9999-12-31/" + "0" * 32),
        ("list", "threats"),
        ("list", "\x00"),
    ],
)
def test_an_alert_that_does_not_exist_is_404(escalating, name, value):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/")
        assert press(client, page, **{name: value}).status_code == 404
    assert rows(escalating)[0].acknowledged is None


def test_anothers_alert_can_neither_be_seen_nor_acknowledged(escalating):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.ANALYST)
        page = client.get("/staff/")
        for who in (
            {"role": Role.OFFICE_MANAGER, "office": "lakeside"},
            {"role": Role.SERVICE_LEAD, "service": "calls"},
            {"role": Role.ADMINISTRATOR},
            {"role": Role.SECURITY_OFFICER},
        ):
            sign_in(escalating, client, **who)
            first = client.get("/staff/").text
            assert WORDS not in first and QUIET in first and "1 alert" not in first
            assert press(client, page).status_code == 404
    assert rows(escalating)[0].acknowledged is None


def test_without_a_mail_server_the_page_says_so_and_acknowledging_works(escalating):
    escalating.settings = escalating.settings.model_copy(update={"mail_from": ""})
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/")
        assert "Nobody was mailed: no mail server is set up." in page.text
        assert "if nobody acknowledges" not in page.text
        assert press(client, page).status_code == 303
    assert rows(escalating)[0].acknowledged_by == "office-manager@example.gov"


def test_a_mail_that_no_server_took_is_told_as_such(escalating, box):
    say(escalating, SAID)
    box.close()
    send(escalating)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/").text
    assert "Crisis team: Not mailed: the mail server has not taken it. Tried at 10:20" in page
    box.open()


def test_a_flood_shows_three_and_counts_the_rest(escalating):
    say(escalating, *[f"suicide {n}" for n in range(8)])
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/").text
    assert page.count("Someone may be in danger") == 3 and "5 more alerts wait." in page
    assert ">8 alerts</span>" in page


def test_looking_at_an_alert_is_in_the_log(escalating):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        client.get("/staff/")
    with db.read(escalating.engine) as connection:
        said = list(connection.execute(select(tables.audit.c.about)).scalars())
    assert "1 with an alert, on the first page" in said


# ---- the case


def test_the_case_says_why_what_to_do_and_who_was_told_when(escalating):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)
    send(escalating)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        first = client.get("/staff/")
        address = first_match(r'href="(/staff/comments/permits/[^"]+)"', first.text)[1]
        page = client.get(address)
        assert "list of alert phrases “Crisis”" in page.text
        assert "Call the duty officer now." in page.text
        for words in ("Mail at 10:20 a.m. EST", "Mail at 10:40 a.m. EST", "Next, 11:00 a.m. EST"):
            assert words in page.text, words
        pressed = press(client, page, back="case")
        assert pressed.headers["location"] == address
        page = client.get(address).text
    assert "You acknowledged it: 10:40 a.m. EST." in page and "Next," not in page
    # Of the letters the hour is left.
    assert page.count("in the hour after 10:00 a.m. EST") == 2
    assert {row.at.minute for row in letters(escalating)} == {0}


@pytest.mark.parametrize("act", ["take", "close"])
def test_who_takes_or_closes_the_case_has_acknowledged(escalating, act):
    say(escalating, SAID)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        first = client.get("/staff/").text
        address = first_match(r'href="(/staff/comments/permits/[^"]+)"', first)[1]
        seen = page_elements.read(client.get(address).text).find("input", name="seen")[0]["value"]
        assert post(client, f"{address}/act", act=act, seen=seen).status_code == 303
        page = client.get("/staff/").text
    assert rows(escalating)[0].acknowledged_by == "office-manager@example.gov"
    # A closed case needs nobody.
    assert (QUIET in page) == (act == "close")


# ---- what else needs somebody


def trouble(house):
    """Late comments, a silent kiosk, links that end, an approval that ends."""
    house.approved_until = "2026-11-20"
    house.apply(BUSY)
    add_answers(house, "riverside", 120, 30, days=range(3, 40))
    add_comments(house, *["slow"] * 6, day=THURSDAY)
    release(house)
    today = house.clock.now.date()
    with db.write(house.engine) as connection:
        place, ends = "Notice board beside the entrance", today + timedelta(days=9)
        placements.note(connection, "permits", "riverside", "poster", place, ends, today)
        door = Pairing("permits", "riverside", "Lobby 2", "")
        base = house.settings.base_url
        kiosks.pair(connection, house.roots, base, door, house.clock.now)
        heard = house.clock.now - timedelta(days=3)
        connection.execute(tables.kiosks.update().values(seen=heard, waiting=12))


def test_what_else_needs_somebody_has_a_line_each(escalating):
    trouble(escalating)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/").text
    for words in (
        "6 comments are past your 2-day promise.",
        "The oldest is from the week of October 26.",
        "The kiosk “Lobby 2” is silent.",
        "Last contact November 1, 10:20 a.m. EST, with 12 answers on it.",
        "The link “Notice board beside the entrance” ends on November 13, 2026.",
        "The approval with OMB number 1234-5678 ends on November 20, 2026.",
        '>6</span><span class="unseen">6 past the promise</span>',
    ):
        assert words in page, words
    assert "Link key" not in page


@pytest.mark.parametrize("size", [ZOOMED, DESK], ids=["320", "1280"])
def test_the_first_page_and_the_case_are_accessible_at_any_width(
    escalating, serve, open_page, page_faults, size
):
    trouble(escalating)
    escalating.move(serve.reserve())
    say(escalating, "Ayúdenme, quiero morirme.\nNo puedo más.", language="es")
    send(escalating)
    say(escalating, SAID)
    acknowledge_first(escalating)
    serve(escalating.app(), at=escalating.settings.base_url)
    page = open_page(viewport=size, java_script_enabled=True)
    page.goto(escalating.settings.base_url + invite(escalating, Role.OFFICE_MANAGER))
    with page.expect_navigation():
        page.click("main button")
    look(page, "/staff/")
    with page.expect_navigation():
        page.click("text=Open the case >> nth=0")
    look(page, "case")
    with page.expect_navigation():
        page.click("button:has-text('Acknowledge') >> nth=0")
    look(page, "case, acknowledged")
    assert page_faults == []


def acknowledge_first(house):
    """One of the two is in hand already."""
    with db.read(house.engine) as connection:
        table = tables.alerts
        mailed = connection.execute(select(table.c.response).where(table.c.sent.is_not(None)))
        [response] = mailed.scalars()
    with db.write(house.engine) as connection:
        mine = tables.alerts.c.response == response
        values = {"acknowledged": house.clock(), "acknowledged_by": "night@example.gov"}
        connection.execute(tables.alerts.update().where(mine).values(**values))


def look(page, name):
    assert browser_layout.axe(page) == [], name
    assert page_layout.cut_off(page) == [], name
    assert page_layout.small_targets(page) == [], name
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, name


def test_the_badge_says_where_there_are_more_than_it_counts(escalating, monkeypatch):
    trouble(escalating)
    monkeypatch.setattr(promise, "MOST", 5)
    with escalating.client() as client:
        sign_in(escalating, client, Role.OFFICE_MANAGER)
        page = client.get("/staff/session").text
    assert '<span aria-hidden="true">5+</span>' in page
    assert '<span class="unseen">more than 5 past the promise</span>' in page

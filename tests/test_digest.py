"""The digest: what the pages say, to those who should have it, each once, and no more than that."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

import postbox
import sight
from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.insight import measures
from cxserver.jobs import due
from cxserver.staff import digest, members
from cxserver.staff.access import Role
from desks import invite, post, sign_in
from handed import hand_in
from house import CATALOGUE, MORE, OFFICES
from wrote import alert, wrote

# Six in the morning in New York, on the Monday after Sunday, 1 November.
DUE = datetime(2026, 11, 2, 11, tzinfo=UTC)
LONG_BEFORE = DUE - timedelta(days=60)
MANAGER = "office-manager@example.gov"
LEAD = "service-lead@example.gov"
ANALYST = "analyst@example.gov"


@pytest.fixture
def mailed(mailed):
    """A house with a mail server on Monday morning; its staff came long before."""
    mailed.clock.now = LONG_BEFORE
    return mailed


@pytest.fixture
def quiet(quiet):
    """As `mailed`, on SQLite alone."""
    quiet.clock.now = LONG_BEFORE
    return quiet


DIGESTS = [job for job in due.JOBS if job.name == "digests"]


def run(house, at=DUE, **later):
    """Do what is due at a moment; what became of the digests."""
    house.clock.now = at + timedelta(**later)
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    done = due.run_due(house.engine, house.settings, known, house.clock.now, jobs=DIGESTS)
    return {one.name: one.result for one in done}.get("digests", "")


def text_of(page):
    """What a page or a letter says, without its marks and the breaks of its lines."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&nbsp;", " ").split())


def plain(letter):
    return text_of(letter.get_body(("plain",)).get_content())


def html(letter):
    return letter.get_body(("html",)).get_content()


def both(letter):
    return plain(letter), text_of(html(letter))


# ---- what it says


def test_a_planted_drop_is_in_the_next_digest_with_its_interval_as_on_the_overview(mailed, box):
    house = mailed
    invite(house, Role.OFFICE_MANAGER)
    hand_in(house, "riverside", 450, 50, days=range(29, 57))
    hand_in(house, "riverside", 410, 90, days=range(1, 29))
    run(house)
    low, high = measures.difference((410, 500), (450, 500))
    drop = (
        f"Down 8 points (between {-100 * high:.0f} and {-100 * low:.0f}) since the 28 days before, "
        "from 90% to 82%. More than chance would do."
    )
    [letter] = box.letters
    for said in both(letter):
        assert said.count(drop) == 2  # trust and satisfaction
        assert "82% gave a 4 or 5 (most likely between 78% and 85%). 500 people answered." in said
        assert "In the 28 days before it was 500." in said
    assert letter["To"] == MANAGER
    assert letter["Subject"] == "Riverside Office: what people said, Oct 5 – Nov 1, 2026"
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        assert text_of(client.get("/staff/").text).count(drop) == 2


def test_a_drop_at_one_of_several_offices_is_named_to_who_sees_them_all(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    invite(house, Role.SERVICE_LEAD)
    for office in OFFICES[:4]:
        hand_in(house, office, 450, 50, days=range(29, 57))
        hand_in(house, office, 450, 50, days=range(1, 29))
    hand_in(house, "riverside", 450, 50, days=range(29, 57))
    hand_in(house, "riverside", 410, 90, days=range(1, 29))
    run(house)
    [letter] = box.letters
    for said in both(letter):
        assert re.search(r"Riverside Office: trust down 8 points \(between \d+ and \d+\)", said)
        assert "Office 1: trust" not in said
        fix = re.split("one thing to fix", said, flags=re.IGNORECASE)[1]
        assert fix.lstrip().startswith("“Time it took” is named most as what could be better")
    with house.client() as client:
        sign_in(house, client, Role.SERVICE_LEAD)
        first = re.split('id="moved"', client.get("/staff/").text)[0]
        # Nothing to fix stands out by its driver: the box must not hide that trust fell.
        assert "Riverside Office</a>: trust down 8 points" in first


def test_the_same_drop_among_twelve_is_not_called_a_change(mailed, box):
    house = mailed
    invite(house, Role.OFFICE_MANAGER)
    hand_in(house, "riverside", 11, 1, days=range(60, 85))
    hand_in(house, "riverside", 10, 2, days=range(1, 13))
    run(house)
    [letter] = box.letters
    for said in both(letter):
        assert "10 of 12" in said and "too few to call it a change" in said
        assert "Down" not in said and "down" not in said and "%" not in said


def test_every_sentence_with_a_number_stands_on_the_page_too(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    for office, good, bad in zip(OFFICES, (240, 80, 70, 5, 2), (60, 40, 30, 2, 1), strict=False):
        hand_in(house, office, good, bad)
        hand_in(house, office, good, bad, days=range(29, 57))
    who = {Role.SERVICE_LEAD: {}, Role.OFFICE_MANAGER: {"office": "office-3"}}
    for role, unit in who.items():
        invite(house, role, **unit)
    run(house)
    assert len(box.letters) == 2
    for letter in box.letters:
        role = Role(str(letter["To"]).partition("@")[0])
        with house.client() as client:
            sign_in(house, client, role, **who[role])
            page = text_of(client.get("/staff/").text)
        numbers = numbers_in(re.sub(r"http\S+", "", plain(letter)))
        assert len(numbers) > 5 and numbers <= numbers_in(page)


def numbers_in(text):
    return {one.rstrip(".,") for one in re.findall(r"\d[\d,.]*%?", text)}


def test_what_few_answers_forbid_is_in_no_digest(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    hand_in(house, "office-4", 2, 1)
    hand_in(house, "office-3", 100, 20)
    invite(house, Role.OFFICE_MANAGER, email="four@example.gov", office="office-4")
    invite(house, Role.OFFICE_MANAGER, email="five@example.gov", office="office-5")
    invite(house, Role.SERVICE_LEAD)
    run(house)
    four, five, lead = (letters(box)[to] for to in ("four@example.gov", "five@example.gov", LEAD))
    for said in both(four):
        assert "Too few people answered" in said
        assert not re.search(r"\b[123] (of|people)|%|4 or 5", said)
    for said in both(five):
        assert "Nobody answered in these days" in said and "4 or 5" not in said
    for said in both(lead):
        # 123 of both; of the one with 3 nothing, not even by what is left.
        assert "123 people answered" in said
        assert not re.search(r"\b120 people answered", said) and "Office 4" not in said


def test_last_weeks_answers_are_told_only_where_each_week_is_shown(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    invite(house, Role.OFFICE_MANAGER, email="many@example.gov", office="office-0")
    invite(house, Role.OFFICE_MANAGER, email="some@example.gov", office="office-1")
    # 42 a week; and 30 a week but for the last, which had 6.
    hand_in(house, "office-0", 294, 0, days=range(1, 50))
    hand_in(house, "office-1", 180, 0, days=range(8, 50))
    hand_in(house, "office-1", 6, 0, days=range(1, 8))
    run(house)
    for said in both(letters(box)["many@example.gov"]):
        assert re.search(r"168 people answered in these days\. 42 of them last week\.", said)
    for said in both(letters(box)["some@example.gov"]):
        assert "people answered in these days." in said and "last week" not in said


def test_no_digest_holds_what_belongs_to_others(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    for office in (*OFFICES, "riverside", "lakeside"):
        hand_in(house, office, 200, 50)
    invite(house, Role.OFFICE_MANAGER, office="lakeside")
    invite(house, Role.SERVICE_LEAD, service="calls")
    run(house)
    told = letters(box)
    others = r"Riverside|Office \d|riverside|office-\d|Call Center|Telephone help|Hearing"
    assert not re.search(others, told[MANAGER].as_string())
    assert not re.search(r"Riverside|Lakeside|Office \d|Permit|Hearing", told[LEAD].as_string())
    # A name is words, whatever it looks like.
    assert "Lakeside &lt;b&gt;&amp; Sons&lt;/b&gt;" in html(told[MANAGER])
    assert "Lakeside <b>& Sons</b>" in told[MANAGER].get_body(("plain",)).get_content()


def letters(box):
    """The letters by whom they were for; nobody has two."""
    assert not [to for to, n in Counter(box.to).items() if n > 1]
    return {str(letter["To"]): letter for letter in box.letters}


# ---- in their words


def in_their_words(letter):
    said = plain(letter).partition("IN THEIR WORDS")[2].partition(" MORE ")[0]
    return re.findall("“([^”]*)”", said)


def test_three_comments_of_weeks_that_are_over_stand_in_it(mailed, box):
    house = mailed
    invite(house, Role.OFFICE_MANAGER)
    hand_in(house, "riverside", 200, 20)
    wrote(house, *(f"It took {n} weeks" for n in range(6)))
    wrote(house, *(f"Long ago {n}" for n in range(6)), day=DUE.date() - timedelta(days=40))
    wrote(house, *(f"By the lake {n}" for n in range(6)), office="lakeside")
    run(house)
    [letter] = box.letters
    words = in_their_words(letter)
    assert len(set(words)) == 3 and all(one.startswith("It took") for one in words)
    for said in both(letter):
        assert said.count("Riverside Office, week of October 26, 2026") == 3
        assert "By the lake" not in said and "Long ago" not in said
    assert "/staff/comments" in html(letter)
    with db.read(house.engine) as connection:
        query = select(tables.audit).where(tables.audit.c.what == "mail comments")
        lines = [(row.who, row.about) for row in connection.execute(query)]
    assert lines == [(MANAGER, "digest of 2026-W44")]


def test_comments_that_are_held_or_have_an_alert_stand_in_none(quiet, box):
    house = quiet
    for office in ("riverside", "lakeside"):
        invite(house, Role.OFFICE_MANAGER, email=f"{office}@example.gov", office=office)
    # Of a week with four answers; of this week; and one that somebody was called about.
    wrote(house, *(f"Too few {n}" for n in range(4)), office="lakeside")
    wrote(house, *(f"This week {n}" for n in range(6)), day=DUE.date())
    rows = wrote(house, "crisis", *(f"Fine {n}" for n in range(5)))
    alert(house, rows[:1])
    now = wrote(house, "crisis now", day=DUE.date())
    alert(house, now)
    run(house, days=3)
    told = letters(box)
    assert not in_their_words(told["lakeside@example.gov"])
    for letter in box.letters:
        assert not re.search("Too few [0-9]|This week [0-9]|crisis", letter.as_string())
    assert len(in_their_words(told["riverside@example.gov"])) == 3


def test_who_may_not_read_comments_gets_none(quiet, box):
    house = quiet
    wrote(house, *(f"It took {n} weeks" for n in range(6)))
    for role in (Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.RECORDS_OFFICER):
        invite(house, role)
        choose(house, role, "week")
    run(house)
    words = {to: len(in_their_words(letter)) for to, letter in letters(box).items()}
    assert words == {
        "administrator@example.gov": 0,
        "security-officer@example.gov": 0,
        "records-officer@example.gov": 3,
    }
    with house.client() as client:
        for role in (Role.ADMINISTRATOR, Role.RECORDS_OFFICER):
            sign_in(house, client, role)
            page = client.get("/staff/digest").text
            assert ("It took" in page) == (role is Role.RECORDS_OFFICER)


def test_a_comment_can_put_no_link_and_no_mark_into_a_mail(quiet, box):
    house = quiet
    invite(house, Role.OFFICE_MANAGER)
    evil = "See https://evil.example/a?b and www.evil.example, evil.example/login <b>now</b>\n\n.\n"
    wrote(house, *([evil] * 5), "A very long story. " * 80)
    run(house)
    [letter] = box.letters
    quotes = in_their_words(letter)
    assert any(one.startswith("See [address] and [address] [address] now") for one in quotes)
    for part in ("plain", "html"):
        assert "evil" not in letter.get_body((part,)).get_content()
    assert "&lt;b&gt;now&lt;/b&gt;" in html(letter) and "<b>" not in html(letter)
    assert all(len(one) <= 301 for one in quotes)


# ---- who gets it, and when


def test_managers_get_it_each_week_and_others_only_when_they_ask(mailed, box):
    house = mailed
    for role in Role:
        invite(house, role)
    assert run(house) == "2 sent"
    assert sorted(box.to) == [MANAGER, LEAD]
    choose(house, Role.ANALYST, "week")
    choose(house, Role.SERVICE_LEAD, "never")
    choose(house, Role.OFFICE_MANAGER, "month")
    assert run(house, days=1) == "nothing to send"
    box.letters.clear()
    assert run(house, days=7) == "1 sent"
    assert box.to == [ANALYST]
    # Six in the morning on the first of December.
    first = datetime(2026, 12, 1, 11, tzinfo=UTC)
    run(house, first - timedelta(days=1))
    box.letters.clear()
    assert run(house, first - timedelta(minutes=6)) == "nothing to send"
    assert run(house, first) == "1 sent"
    [letter] = box.letters
    assert letter["To"] == MANAGER


def choose(house, role, every):
    with db.write(house.engine) as connection:
        [entry] = [
            one for one in members.everyone(connection) if one.member.email == f"{role}@example.gov"
        ]
        digest.subscriptions.choose(
            connection, entry.member, digest.subscriptions.Every(every), house.clock.now, ZONE
        )


ZONE = digest.ZoneInfo("America/New_York")


def test_it_goes_out_at_six_in_the_morning_of_the_agency(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    run(quiet, days=-7)
    box.letters.clear()
    assert run(quiet, minutes=-6) == "nothing to send" and not box.letters
    assert run(quiet) == "1 sent"


def test_after_a_pause_of_weeks_only_the_newest_is_sent(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    assert run(quiet, weeks=3, days=2) == "1 sent"
    [letter] = box.letters
    assert letter["Subject"] == "Riverside Office: what people said, until Nov 22, 2026"


def test_it_tells_of_its_own_week_however_late_it_goes_out(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    # Monday again, at five: that week's is not due yet, and the one before never went out.
    assert run(quiet, days=7, hours=-1) == "1 sent"
    assert run(quiet, days=7) == "1 sent"
    untils = [str(letter["Subject"]).partition("until ")[2] for letter in box.letters]
    assert untils == ["Nov 1, 2026", "Nov 8, 2026"]


def test_a_months_digest_tells_of_that_month_alone_and_leads_to_it(quiet, box):
    house = quiet
    invite(house, Role.OFFICE_MANAGER)
    house.clock.now = DUE - timedelta(days=18)
    choose(house, Role.OFFICE_MANAGER, "month")
    hand_in(house, "riverside", 300, 10, days=range(2, 33))  # October
    hand_in(house, "riverside", 200, 100, days=range(33, 63))  # September
    hand_in(house, "riverside", 50, 0, days=range(1, 2))  # the first of November
    assert run(house, days=-1, minutes=-6) == "nothing to send"
    assert run(house, days=-1) == "1 sent"
    [letter] = box.letters
    assert letter["Subject"] == "Riverside Office: what people said, Oct 1 – Oct 31, 2026"
    for said in both(letter):
        assert "310 people answered in these days. In Sep 1 – Sep 30, 2026 it was 300." in said
        assert "last week" not in said and "on the first of each month" in said
    for address in ("", "drivers"):
        assert f'/staff/{address}?period=2026-10"' in html(letter)


def test_nobody_is_told_of_a_week_that_was_over_before_they_came(quiet, box):
    quiet.clock.now = DUE + timedelta(hours=1)
    invite(quiet, Role.OFFICE_MANAGER)
    assert run(quiet, hours=2) == "nothing to send"
    assert run(quiet, days=7) == "1 sent"


def test_who_is_shut_out_gets_none(mailed, box):
    invite(mailed, Role.OFFICE_MANAGER)
    with db.write(mailed.engine) as connection:
        members.revoke(connection, MANAGER, LONG_BEFORE)
    assert run(mailed) == "nothing to send"
    assert run(mailed, days=7) == "nothing to send" and not box.letters


def test_who_gets_another_role_or_none_while_the_mails_go_out_is_asked_again(quiet, box):
    house = quiet
    for n in range(3):
        invite(house, Role.OFFICE_MANAGER, email=f"m{n}@example.gov")
    hand_in(house, "riverside", 450, 50, days=range(1, 29))
    hand_in(house, "lakeside", 45, 5, days=range(1, 29))
    box.stalls = True
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, house)
        while not box.begun and not done.done():
            time.sleep(0.01)
        with db.write(house.engine) as connection:
            members.revoke(connection, "m1@example.gov", LONG_BEFORE)
        house.clock.now = LONG_BEFORE
        invite(house, Role.OFFICE_MANAGER, email="m2@example.gov", office="lakeside")
        box.stalls = False
        assert done.result() == "1 sent, 2 left for later"
    assert box.to == ["m0@example.gov"]
    run(house, hours=1)
    assert box.to == ["m0@example.gov", "m2@example.gov"]
    assert "Lakeside" in box.letters[-1]["Subject"]


def test_who_has_nothing_to_see_gets_none(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER, office="gone")
    assert run(quiet) == "1 without anything to tell" and not box.letters


# ---- once


def test_twice_in_a_row_sends_nothing_twice(mailed, box):
    invite(mailed, Role.OFFICE_MANAGER)
    assert run(mailed) == "1 sent"
    for minutes in (0, 1, 6, 60, 600):
        assert run(mailed, minutes=minutes) in ("", "nothing to send")
    assert box.to == [MANAGER]


def test_of_many_who_come_at_once_one_sends(mailed, box):
    house = mailed
    for n in range(5):
        invite(house, Role.OFFICE_MANAGER, email=f"m{n}@example.gov")
    with db.read(house.engine) as connection:
        known = directory.load(connection)

    def at_once(_):
        return due.run_due(house.engine, house.settings, known, DUE, jobs=DIGESTS)

    with ThreadPoolExecutor(6) as pool:
        done = [one for found in pool.map(at_once, range(6)) for one in found]
    # Who comes when the first is done finds nothing left.
    assert {one.result for one in done} <= {"5 sent", "nothing to send"}
    assert sorted(box.to) == [f"m{n}@example.gov" for n in range(5)]


def test_one_refused_address_does_not_keep_it_from_the_others(mailed, box):
    house = mailed
    for name in ("a", "b", "c"):
        invite(house, Role.OFFICE_MANAGER, email=f"{name}@example.gov")
    box.refuses["a@example.gov"] = "550 no such user"
    assert run(house) == "1 refused, 2 sent"
    assert box.to == ["b@example.gov", "c@example.gov"]
    # It is not asked again all day; the next day it is, and then all is well.
    assert run(house, minutes=10) == "nothing to send"
    assert run(house, days=1) == "1 refused"
    box.refuses.clear()
    assert run(house, days=2) == "1 sent"
    assert box.to[2:] == ["a@example.gov"]
    assert all(row.refused is None and row.through for row in kept(house))


def test_not_now_is_tried_again_within_minutes(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    box.refuses[MANAGER] = "451 try later"
    assert run(quiet) == "1 left for later" and not kept(quiet)
    box.refuses.clear()
    assert run(quiet, minutes=6) == "1 sent"


def test_a_mail_server_that_is_down_loses_nothing(mailed, box):
    house, up = mailed, mailed.settings
    invite(house, Role.OFFICE_MANAGER)
    house.settings = postbox.Postbox(postbox.serving.free_port()).settings(up)
    assert run(house).startswith("failed: The mail server failed: ConnectionRefusedError")
    assert not kept(house)
    house.settings = up
    assert run(house, seconds=30) == "1 sent"


def kept(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.digests)).all()


# ---- the room


def test_one_chooses_how_often_and_the_log_says_so(mailed):
    house = mailed
    house.clock.now = DUE
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        assert 'value="never" checked' in client.get("/staff/digest").text
        for every in ("week", "month", "never", "month"):
            sent = post(client, "/staff/digest", every=every)
            assert (sent.status_code, sent.headers["location"]) == (303, "/staff/digest")
            assert f'value="{every}" checked' in client.get("/staff/digest").text
        foreign = {"sec-fetch-site": "cross-site"}
        assert post(client, "/staff/digest", foreign, every="never").status_code == 403
        for wrong in ({"every": "hour"}, {"every": ""}, {}):
            assert post(client, "/staff/digest", **wrong).status_code == 422
        assert 'value="month" checked' in client.get("/staff/digest").text
    with db.read(house.engine) as connection:
        query = select(tables.audit).where(tables.audit.c.what == "choose digest")
        lines = [(row.who, row.about) for row in connection.execute(query)]
    assert lines == [(ANALYST, every) for every in ("week", "month", "never", "month")]


def test_the_room_shows_the_mail_as_it_goes_out(quiet, box):
    house = quiet
    hand_in(house, "riverside", 100, 20)
    invite(house, Role.OFFICE_MANAGER)
    run(house)
    [letter] = box.letters
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = text_of(client.get("/staff/digest").text)
    assert letter["Subject"] in page
    sentences = re.split(r"(?<=[.:]) ", text_of(html(letter).partition("<body")[2]))
    mine = [one for one in sentences if "Choose how often" not in one and "· " not in one]
    assert len(mine) > 5
    for sentence in mine[1:]:
        assert sentence.strip(" .") in page, sentence
    assert "The next one: Monday, November 9, 2026, at 6:00." in page


def test_without_a_mail_server_the_room_says_so(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.SECURITY_OFFICER)
        assert "No mail server is set up" in client.get("/staff/digest").text


# ---- the letter itself


@pytest.fixture
def letter(quiet, box):
    house = quiet
    house.settings = house.settings.model_copy(update={"base_url": "https://cx.example.gov/cx"})
    house.apply(CATALOGUE + MORE)
    for office in OFFICES[:3]:
        hand_in(house, office, 150, 40)
        hand_in(house, office, 170, 20, days=range(29, 57))
    invite(house, Role.SERVICE_LEAD)
    run(house)
    [letter] = box.letters
    return letter


def test_it_fetches_nothing_and_its_links_are_pages_that_ask_who_one_is(letter):
    page, text = html(letter), letter.get_body(("plain",)).get_content()
    assert not re.search(r"<(img|script|link|table|iframe|form|object|video|style)", page)
    assert not re.search(r"url\(|src=|@import|color:|background", page)
    links = re.findall(r'href="([^"]+)"', page)
    assert links == [
        f"https://cx.example.gov/cx/staff/{page}"
        for page in ("", "offices", "drivers", "comments", "digest")
    ]
    assert sorted(re.findall(r"https?://\S+", text)) == sorted(links)
    assert re.findall(r"https?://[^\s\"<]+", page) == links


def test_its_text_can_be_read_without_any_marks(letter):
    text = letter.get_body(("plain",)).get_content()
    lines = text.splitlines()
    assert lines[0] == "Permit renewal" and lines[1] == "Oct 5 – Nov 1, 2026"
    assert all(len(line) <= 72 or "://" in line for line in lines)
    assert "<" not in text and "&amp;" not in text


INK = "getComputedStyle(document.querySelector('h1')).color.match(/\\d+/g).map(Number)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 700])
def test_it_reads_on_a_telephone_by_day_and_by_night(letter, open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_content(html(letter))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert sight.unlabelled(page) == []
    # A mail has no landmarks. Its colours are the reader's own, and axe takes the night for white.
    leave_out = ["region", "landmark-one-main"] + ["color-contrast"] * (scheme == "dark")
    rules = {name: {"enabled": False} for name in leave_out}
    found = Axe().run(page, options={"rules": rules}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    ink = page.evaluate(INK)
    assert max(ink) < 60 if scheme == "light" else min(ink) > 200


@pytest.mark.parametrize("width", [1280, 360])
def test_the_room_is_accessible_and_fits_a_telephone(quiet, serve, open_page, width):
    address = serve.reserve()
    quiet.move(address)
    hand_in(quiet, "riverside", 100, 20)
    quiet.clock.now = DUE
    serve(quiet.app(demo=True), at=address)
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + invite(quiet, Role.OFFICE_MANAGER))
    with page.expect_navigation():
        page.click("main button")
    page.goto(address + "/staff/digest")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert sight.unlabelled(page) == []
    assert Axe().run(page).response["violations"] == []
    page.check("input[value=month]")
    with page.expect_navigation():
        page.click("main button")
    assert page.locator("input[value=month]").is_checked()

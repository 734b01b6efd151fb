"""The digest: what the pages say, to those who should have it, each once, and no more than that."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.digests import subscriptions
from cxserver.jobs import due
from tests.support.answer_factory import add_answers
from tests.support.closed_batches import release_anew
from tests.support.comment_factory import add_alerts, add_comments
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import invite, sign_in

# Six in the morning in New York, on the Monday after Sunday, 1 November.
DUE = datetime(2026, 11, 2, 11, tzinfo=UTC)
LONG_BEFORE = DUE - timedelta(days=60)
MANAGER = "office-manager@example.gov"
LEAD = "service-lead@example.gov"
ANALYST = "analyst@example.gov"
ZONE = ZoneInfo("America/New_York")


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


def choose(house, role, every):
    with db.write(house.engine) as connection:
        [entry] = [
            entry
            for entry in members.everyone(connection)
            if entry.member.email == f"{role}@example.gov"
        ]
        subscriptions.choose(
            connection, entry.member, subscriptions.Every(every), house.clock.now, ZONE
        )


def run(house, at=DUE, **later):
    """Do what is due at a moment; what became of the digests."""
    house.clock.now = at + timedelta(**later)
    release_anew(house)
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    done = due.run_due(house.engine, house.settings, known, house.clock.now, jobs=DIGESTS)
    return {job.name: job.result for job in done}.get("digests", "")


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
    add_answers(house, "riverside", 450, 50, days=range(29, 57))
    add_answers(house, "riverside", 410, 90, days=range(1, 29))
    run(house)
    # 450 and 410 of 500: Newcombe's interval as statsmodels has it ends at 3.7 and 12.3 points.
    drop = (
        "Down 8 points (between 4 and 12) since the 28 days before, from 90% to 82%. "
        "More than chance would do."
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
        assert text_of(client.get("/staff/scores").text).count(drop) == 2


def test_a_drop_at_one_of_several_offices_is_named_to_who_sees_them_all(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    invite(house, Role.SERVICE_LEAD)
    for office in OFFICES[:4]:
        add_answers(house, office, 450, 50, days=range(29, 57))
        add_answers(house, office, 450, 50, days=range(1, 29))
    add_answers(house, "riverside", 450, 50, days=range(29, 57))
    add_answers(house, "riverside", 410, 90, days=range(1, 29))
    run(house)
    [letter] = box.letters
    for said in both(letter):
        assert re.search(r"Riverside Office: trust down 8 points \(between \d+ and \d+\)", said)
        assert "Office 1: trust" not in said
        first = re.split("do first", said, flags=re.IGNORECASE)[1]
        assert "No finding is sure" in first
        assert "“Time it took” is named most as what could be better" in first
    with house.client() as client:
        sign_in(house, client, Role.SERVICE_LEAD)
        first = re.split('id="moved"', client.get("/staff/scores").text)[0]
        # Nothing to fix stands out by its driver: the box must not hide that trust fell.
        assert "Riverside Office</a>: trust down 8 points" in first


def test_the_same_drop_among_twelve_is_not_called_a_change(mailed, box):
    house = mailed
    invite(house, Role.OFFICE_MANAGER)
    # Six a day: each day is a batch, and nobody waits.
    add_answers(house, "riverside", 11, 1, days=(60, 61))
    add_answers(house, "riverside", 10, 2, days=(1, 2))
    run(house)
    [letter] = box.letters
    for said in both(letter):
        assert "10 of 12" in said and "too few to call it a change" in said
        assert "Down" not in said and "down" not in said and "%" not in said


def test_every_number_in_it_stands_on_the_page_or_in_its_file(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    for office, good, bad in zip(OFFICES, (240, 80, 70, 5, 2), (60, 40, 30, 2, 1), strict=False):
        add_answers(house, office, good, bad, days=range(29, 57))
        add_answers(house, office, good, bad)
    who = {Role.SERVICE_LEAD: {}, Role.OFFICE_MANAGER: {"office": "office-3"}}
    for role, unit in who.items():
        invite(house, role, **unit)
    run(house)
    assert len(box.letters) == 2
    for letter in box.letters:
        role = Role(str(letter["To"]).partition("@")[0])
        with house.client() as client:
            sign_in(house, client, role, **who[role])
            # How many answered in the days before stands in the page's file.
            file = client.get("/staff/scores?format=csv").text
            pages = client.get("/staff/scores").text + client.get("/staff/").text
            page = text_of(pages) + file.replace(",", " ")
        # How many days a week has is no number of people.
        said = plain(letter).replace("in the last 7 days", "")
        numbers = numbers_in(re.sub(r"http\S+", "", said))
        assert len(numbers) > 5 and numbers <= numbers_in(page)


def numbers_in(text):
    return {number.rstrip(".,") for number in re.findall(r"\d[\d,.]*%?", text)}


def test_answers_that_wait_for_others_are_in_no_digest(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    add_answers(house, "office-4", 3, 1)
    add_answers(house, "office-3", 100, 20, days=range(1, 25))
    invite(house, Role.OFFICE_MANAGER, email="four@example.gov", office="office-4")
    invite(house, Role.OFFICE_MANAGER, email="five@example.gov", office="office-5")
    invite(house, Role.SERVICE_LEAD)
    run(house)
    four, five, lead = (letters(box)[to] for to in ("four@example.gov", "five@example.gov", LEAD))
    for said in both(four):
        assert "There are no new answers to show" in said
        assert not re.search(r"\b[1234] (of|people)|%|4 or 5", said)
    # Where four wait and where nobody answered, the same is said.
    nobody = [said.replace("Office 5", "Office 4") for said in both(five)]
    assert list(both(four)) == nobody
    for said in both(lead):
        # Of the one where four wait nothing, not even in the sum.
        assert "120 people answered" in said
        assert not re.search(r"\b12[1-4]\b", said) and "Office 4" not in said


def test_a_fifth_answer_puts_all_five_into_the_digest(quiet, box):
    house = quiet
    invite(house, Role.OFFICE_MANAGER)
    add_answers(house, "riverside", 3, 1, days=(12, 11, 10, 9))
    add_answers(house, "riverside", 1, 0, days=(8,))
    # These four wait.
    add_answers(house, "riverside", 0, 4, days=(1, 2, 3, 4))
    run(house)
    [letter] = box.letters
    for said in both(letter):
        assert "4 of 5 people gave a 4 or 5 in 2027Q1." in said
        assert "5 people answered in 2027Q1." in said and not re.search(r"\b[6789] people", said)


def test_the_last_seven_days_are_told_only_where_each_week_is_shown(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    invite(house, Role.OFFICE_MANAGER, email="many@example.gov", office="office-0")
    invite(house, Role.OFFICE_MANAGER, email="some@example.gov", office="office-1")
    # 42 a week; and 30 a week but for the last, which had 6.
    add_answers(house, "office-0", 294, 0, days=range(1, 50))
    add_answers(house, "office-1", 180, 0, days=range(8, 50))
    add_answers(house, "office-1", 6, 0, days=range(1, 8))
    run(house)
    for said in both(letters(box)["many@example.gov"]):
        assert "168 people answered in these days. 42 of them in the last 7 days." in said
    for said in both(letters(box)["some@example.gov"]):
        assert "people answered in these days." in said and "of them" not in said


def test_no_digest_holds_what_belongs_to_others(quiet, box):
    house = quiet
    house.apply(CATALOGUE + MORE)
    for office in (*OFFICES, "riverside", "lakeside"):
        add_answers(house, office, 200, 50)
    invite(house, Role.OFFICE_MANAGER, office="lakeside")
    invite(house, Role.SERVICE_LEAD, service="calls")
    run(house)
    mails = letters(box)
    others = r"Riverside|Office \d|riverside|office-\d|Call Center|Telephone help|Hearing"
    assert not re.search(others, mails[MANAGER].as_string())
    assert not re.search(r"Riverside|Lakeside|Office \d|Permit|Hearing", mails[LEAD].as_string())
    # A name is words, whatever it looks like.
    assert "Lakeside &lt;b&gt;&amp; Sons&lt;/b&gt;" in html(mails[MANAGER])
    assert "Lakeside <b>& Sons</b>" in mails[MANAGER].get_body(("plain",)).get_content()


def letters(box):
    """The letters by whom they were for; nobody has two."""
    assert not [to for to, n in Counter(box.to).items() if n > 1]
    return {str(letter["To"]): letter for letter in box.letters}


# ---- in their words


def in_their_words(letter):
    said = plain(letter).partition("IN THEIR WORDS")[2].partition(" MORE ")[0]
    return re.findall("“([^”]*)”", said)


def test_three_comments_of_closed_batches_stand_in_it(mailed, box):
    house = mailed
    invite(house, Role.OFFICE_MANAGER)
    add_comments(house, *(f"Long ago {n}" for n in range(6)), day=DUE.date() - timedelta(days=40))
    add_comments(house, *(f"It took {n} weeks" for n in range(6)))
    add_comments(house, *(f"By the lake {n}" for n in range(6)), office="lakeside")
    add_answers(house, "riverside", 200, 20, days=range(2, 29))
    # Of yesterday, and they wait.
    add_comments(house, *(f"Too few {n}" for n in range(4)), day=DUE.date() - timedelta(days=1))
    run(house)
    [letter] = box.letters
    words = in_their_words(letter)
    assert len(set(words)) == 3 and all(quote.startswith("It took") for quote in words)
    for said in both(letter):
        assert said.count("Riverside Office, week of October 26, 2026") == 3
        assert "By the lake" not in said and "Long ago" not in said and "Too few" not in said
    assert "/staff/comments" in html(letter)
    with db.read(house.engine) as connection:
        query = select(tables.audit).where(tables.audit.c.what == "mail comments")
        lines = [(row.who, row.about) for row in connection.execute(query)]
    assert lines == [(MANAGER, "digest of 2026-W44")]


def test_comments_that_wait_or_came_later_or_have_an_alert_stand_in_none(quiet, box):
    house = quiet
    for office in ("riverside", "lakeside"):
        invite(house, Role.OFFICE_MANAGER, email=f"{office}@example.gov", office=office)
    # Four that wait; some of the day it was due; and one that somebody was called about.
    add_comments(house, *(f"Too few {n}" for n in range(4)), office="lakeside")
    rows = add_comments(house, "crisis", *(f"Fine {n}" for n in range(5)))
    add_alerts(house, rows[:1])
    add_comments(house, *(f"This week {n}" for n in range(6)), day=DUE.date())
    now = add_comments(house, "crisis now", day=DUE.date())
    add_alerts(house, now)
    run(house, days=3)
    mails = letters(box)
    assert not in_their_words(mails["lakeside@example.gov"])
    for letter in box.letters:
        assert not re.search("Too few [0-9]|This week [0-9]|crisis", letter.as_string())
    assert len(in_their_words(mails["riverside@example.gov"])) == 3


def test_who_may_not_read_comments_gets_none(quiet, box):
    house = quiet
    add_comments(house, *(f"It took {n} weeks" for n in range(6)))
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
    add_comments(house, *([evil] * 5), "A very long story. " * 80)
    run(house)
    [letter] = box.letters
    quotes = in_their_words(letter)
    assert any(quote.startswith("See [address] and [address] [address] now") for quote in quotes)
    for part in ("plain", "html"):
        assert "evil" not in letter.get_body((part,)).get_content()
    assert "&lt;b&gt;now&lt;/b&gt;" in html(letter) and "<b>" not in html(letter)
    assert all(len(quote) <= 301 for quote in quotes)

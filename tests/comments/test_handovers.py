"""A colleague who is handed a case gets a letter: a link, and no word of the comment."""

import time

import httpx2
import pytest

from cxserver.accounts.roles import Role
from tests.comments.test_cases import address, case_of, heirs, know, press
from tests.support import mail_server
from tests.support.closed_batches import release
from tests.support.comment_factory import add_comments
from tests.support.mail_server import plain
from tests.support.staff_accounts import sign_in

SAID = "slow and rude"


@pytest.fixture
def box():
    with mail_server.running() as box:
        yield box


@pytest.fixture
def mailing(house, box):
    house.settings = box.settings(house.settings, scheduler=False)
    return house


@pytest.fixture
def row(house):
    first, *_ = add_comments(house, SAID, *["fine"] * 5, trust=1)
    release(house)
    return first


@pytest.fixture
def manager(mailing):
    with mailing.client() as client:
        sign_in(mailing, client, Role.OFFICE_MANAGER, email="ann@example.gov")
        yield client


def hand(house, client, row, to):
    client.get(address(row))
    return press(house, client, row, "hand", member=to)


def test_a_colleague_gets_the_address_once_and_no_word_of_the_comment(mailing, manager, row, box):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    assert "We email your colleague a link" in manager.get(address(row)).text
    assert hand(mailing, manager, row, ben).status_code == 303
    [letter] = box.letters
    assert letter["To"] == "ben@example.gov"
    assert letter["Subject"] == "A comment is assigned to you: Riverside Office"
    text = plain(letter)
    assert f"{mailing.settings.base_url}{address(row)}\r\n" in text and "ann@example.gov" in text
    assert not any(word in letter.as_string() for word in ("slow", "rude", "1 of 5", "10-29"))
    # Nobody has a letter for what was refused, nor for what they took themselves.
    assert press(mailing, manager, row, "hand", member="0" * 32).status_code == 422
    assert press(mailing, manager, row, "hand", member=ben, seen="1").status_code == 409
    assert press(mailing, manager, row, "take").status_code == 303
    assert len(box.letters) == 1


def test_a_mail_server_that_refuses_or_is_down_takes_nothing_back(mailing, manager, row, box):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    cat = know(mailing, "cat@example.gov", Role.ANALYST)
    box.refuses["ben@example.gov"] = "550 No such person"
    assert hand(mailing, manager, row, ben).status_code == 303
    assert case_of(mailing, row).owner == ben
    box.close()
    assert hand(mailing, manager, row, cat).status_code == 303
    assert case_of(mailing, row).owner == cat and box.letters == []


def test_without_a_mail_server_the_page_says_so(house, row):
    ben = know(house, "ben@example.gov", Role.ANALYST)
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = client.get(address(row)).text
        assert list(heirs(page)) == [ben] and "This server has no mail server set up" in page
        assert hand(house, client, row, ben).status_code == 303
    assert case_of(house, row).owner == ben


def test_a_mail_server_that_hangs_keeps_no_page_waiting(mailing, row, box, serve):
    house = mailing
    ben = know(house, "ben@example.gov", Role.ANALYST)
    at = serve.reserve()
    house.move(at)
    serve(house.app(), at=at)
    box.stalls = True
    with httpx2.Client(base_url=at, headers={"origin": at}, timeout=5) as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        assert hand(house, client, row, ben).status_code == 303
        begun = time.monotonic()
        assert client.get(address(row)).status_code == 200
        assert time.monotonic() - begun < 4
        assert box.letters == []
        box.stalls = False
        until = time.monotonic() + 10
        while not box.letters and time.monotonic() < until:
            time.sleep(0.05)
    assert [str(letter["To"]) for letter in box.letters] == ["ben@example.gov"]

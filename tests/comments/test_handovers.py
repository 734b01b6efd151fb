"""A colleague who is handed a case gets a letter: a link, and no word of the comment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, update

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.comments import handovers
from cxserver.doctor import work
from cxserver.jobs import due
from cxserver.staff.comments import case
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


# ---- letters that could not leave at once

MINUTE = timedelta(minutes=1)
JOB = [job for job in due.JOBS if job.name == "handovers"]


def waiting(house):
    with db.read(house.engine) as connection:
        columns = tables.handovers.c
        return connection.execute(select(columns.member, columns.tries)).all()


def run(house, after=MINUTE):
    """What the job says that it did."""
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    done = due.run_due(house.engine, house.settings, known, house.clock() + after, jobs=JOB)
    return [item.result for item in done]


def mail_due(house, engine, after=MINUTE):
    with db.read(engine) as connection:
        known = directory.load(connection)
    return handovers.send_due(engine, house.settings, known, house.clock() + after)


@pytest.fixture
def dies(monkeypatch):
    """The process ends when the answer is out, before it has mailed."""

    async def nothing(*_):
        pass

    monkeypatch.setattr(case, "_mail", nothing)


def test_a_process_that_dies_before_it_has_mailed_leaves_the_letter_to_the_next(
    mailing, manager, row, box, dies
):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    assert hand(mailing, manager, row, ben).status_code == 303
    assert box.letters == [] and waiting(mailing) == [(ben, 0)]
    assert run(mailing) == ["1 sent"]
    assert box.to == ["ben@example.gov"] and address(row) in plain(box.letters[0])
    assert waiting(mailing) == [] and run(mailing, 2 * MINUTE) == ["nothing to send"]


def test_what_leaves_at_once_leaves_nothing_behind(mailing, manager, row, box):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    assert hand(mailing, manager, row, ben).status_code == 303
    assert box.to == ["ben@example.gov"] and waiting(mailing) == []
    assert run(mailing) == ["nothing to send"] and len(box.letters) == 1


def test_no_letter_waits_for_an_assignment_that_was_refused(mailing, manager, row, dies):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    manager.get(address(row))
    assert press(mailing, manager, row, "hand", member=ben, seen="7").status_code == 409
    assert waiting(mailing) == []


def test_of_two_servers_that_look_at_once_one_mails(mailing, manager, row, box, dies):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    hand(mailing, manager, row, ben)
    other = db.open_engine(mailing.settings)
    start = threading.Barrier(2)

    def look(engine):
        start.wait()
        return mail_due(mailing, engine)

    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(look, (mailing.engine, other)))
    other.dispose()
    assert sorted(sent) == [0, 1] and box.to == ["ben@example.gov"] and waiting(mailing) == []


def test_while_one_server_waits_for_the_mail_server_another_does_not_mail_too(
    mailing, manager, row, box, dies
):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    hand(mailing, manager, row, ben)
    box.stalls = True
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(mail_due, mailing, mailing.engine)
        while not box.begun:
            time.sleep(0.02)
        other = db.open_engine(mailing.settings)
        assert mail_due(mailing, other, 2 * MINUTE) == 0
        other.dispose()
        box.stalls = False
        assert first.result() == 1
    assert len(box.letters) == 1 and waiting(mailing) == []


def test_who_looked_before_another_took_a_letter_does_not_mail_it_too(
    mailing, manager, row, box, dies
):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    hand(mailing, manager, row, ben)
    with db.read(mailing.engine) as connection:
        known = directory.load(connection)
    other, now = db.open_engine(mailing.settings), mailing.clock() + MINUTE
    box.stalls = True
    with ThreadPoolExecutor(1) as pool:

        def another_goes_first():
            pool.submit(mail_due, mailing, other)
            while not box.begun:
                time.sleep(0.02)
            return True

        how = (mailing.engine, mailing.settings, known, now, another_goes_first)
        assert handovers.send_due(*how) == 0
        box.stalls = False
    other.dispose()
    assert box.begun == 1 and len(box.letters) == 1 and waiting(mailing) == []


def test_a_refused_letter_is_tried_again_and_then_the_administrator_hears_of_it(
    mailing, manager, row, box
):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    box.refuses["ben@example.gov"] = "550 No such person"
    hand(mailing, manager, row, ben)
    assert waiting(mailing) == [(ben, 1)] and doctor(mailing) == []
    run(mailing, 4 * MINUTE)
    assert waiting(mailing) == [(ben, 1)]
    run(mailing, 5 * MINUTE)
    run(mailing, 14 * MINUTE)
    assert waiting(mailing) == [(ben, 2)] and doctor(mailing) == []
    run(mailing, 15 * MINUTE)
    assert waiting(mailing) == [(ben, 3)]
    assert doctor(mailing) == ["1 letter about an assigned case not mailed after 3 tries or more"]
    del box.refuses["ben@example.gov"]
    assert run(mailing, 35 * MINUTE) == ["1 sent"]
    assert box.to == ["ben@example.gov"] and doctor(mailing) == []


def doctor(house):
    with db.read(house.engine) as connection:
        found = work.jobs(connection, house.settings, house.clock())
    return [item.text for item in found if "assigned" in item.text]


def test_a_letter_is_tried_nine_times_and_forgotten_after_a_month(mailing, manager, row, box):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    box.refuses["ben@example.gov"] = "550 No such person"
    hand(mailing, manager, row, ben)
    for hours in range(1, 60):
        mail_due(mailing, mailing.engine, timedelta(hours=hours))
    assert waiting(mailing) == [(ben, 9)]
    run(mailing, timedelta(days=30))
    assert waiting(mailing) == [(ben, 9)]
    run(mailing, timedelta(days=30, minutes=2))
    assert waiting(mailing) == []


@pytest.mark.parametrize("act", ["take", "leave", "close", "shut out"])
def test_nobody_hears_of_a_case_that_is_not_theirs_anymore(mailing, manager, row, box, dies, act):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    hand(mailing, manager, row, ben)
    if act == "shut out":
        with db.write(mailing.engine) as connection:
            staff = tables.staff_members
            gone = update(staff).where(staff.c.id == ben).values(revoked=mailing.clock())
            connection.execute(gone)
    else:
        assert press(mailing, manager, row, act, said="", did="").status_code == 303
    assert run(mailing) == ["nothing to send"]
    assert box.letters == [] and waiting(mailing) == []


def test_who_is_handed_a_case_again_hears_of_it_once_from_the_last_who_did(
    mailing, manager, row, box, dies
):
    ben = know(mailing, "ben@example.gov", Role.ANALYST)
    hand(mailing, manager, row, ben)
    with db.write(mailing.engine) as connection:
        connection.execute(update(tables.handovers).values(tries=2, who="Somebody else"))
    assert press(mailing, manager, row, "hand", member=ben).status_code == 303
    assert waiting(mailing) == [(ben, 0)]
    assert run(mailing) == ["1 sent"]
    assert "ann@example.gov assigned" in plain(box.letters[0]) and waiting(mailing) == []

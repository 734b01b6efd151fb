"""The page where answers are taken out of every count, and put back."""

from datetime import timedelta

import httpx2
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from tests.support.house import House, answer
from tests.support.staff_accounts import post, sign_in

CHOICE = {"service": "permits", "channel": "poster", "why": "A bot"}


def fill(house: House, client: httpx2.Client, n: int = 3) -> None:
    link = house.mint(channel="poster", expires_at=house.clock.now + timedelta(days=9))
    for _ in range(n):
        answer(client, link)
    answer(client, house.mint())


def counted(house: House) -> int:
    with db.read(house.engine) as connection:
        rows = connection.execute(select(tables.responses.c.excluded)).scalars()
        return sum(excluded is None for excluded in rows)


def test_it_counts_first_and_changes_nothing_before_you_say_so(house: House) -> None:
    with house.client() as client:
        fill(house, client)
        sign_in(house, client, Role.ANALYST)
        page = client.get("/staff/quarantine").text
        assert "No answers are taken out." in page
        preview = post(client, "/staff/quarantine", **CHOICE)
        assert "3 answers match" in preview.text and "Take them out" in preview.text
        assert counted(house) == 4
        done = post(client, "/staff/quarantine", **CHOICE, confirm="yes")
        assert (done.status_code, done.headers["location"]) == (303, "/staff/quarantine")
        assert counted(house) == 1
        page = client.get("/staff/quarantine").text
        assert "A bot" in page and "analyst@example.gov" in page


def test_putting_back_undoes_the_action_and_is_written_down(house: House) -> None:
    with house.client() as client:
        fill(house, client)
        sign_in(house, client, Role.RECORDS_OFFICER)
        post(client, "/staff/quarantine", **CHOICE, confirm="yes")
        with db.read(house.engine) as connection:
            [id] = connection.execute(select(tables.exclusions.c.id)).scalars()
        back = post(client, "/staff/quarantine", service="permits", id=id)
        assert back.status_code == 303 and counted(house) == 4
        again = post(client, "/staff/quarantine", service="permits", id=id)
        assert again.status_code == 409 and "undone already" in again.text
        assert post(client, "/staff/quarantine", service="permits", id="no").status_code == 409
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert [what for what, _ in lines if "answers" in what] == [
        "quarantine answers",
        "restore answers",
    ]


def test_what_was_typed_wrongly_is_shown_back_with_the_reason(sqlite_house: House) -> None:
    cases = [
        ({"service": ""}, "Choose a service."),
        ({"why": " "}, "Say why."),
        ({"from": "tomorrow"}, "Enter days as 2026-11-04."),
        ({"from": "2026-11-05", "to": "2026-11-04"}, "The first day is after the last."),
    ]
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        for wrong, sentence in cases:
            page = post(client, "/staff/quarantine", **CHOICE | {"why": "Kept words"} | wrong)
            assert page.status_code == 422 and sentence in page.text
            assert "why" in wrong or "Kept words" in page.text


def test_nothing_that_matches_is_said_so(sqlite_house: House) -> None:
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        page = post(client, "/staff/quarantine", **CHOICE)
        assert "0 answers match" in page.text and "Take them out" not in page.text
        done = post(client, "/staff/quarantine", **CHOICE, confirm="yes")
        assert done.status_code == 409 and "No counted answers match" in done.text

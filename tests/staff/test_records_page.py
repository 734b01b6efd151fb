"""The page of the records officer: rules, what is due, legal holds, what was deleted."""

import httpx2
import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.audit.journal import Journal
from cxserver.backups import erasures
from cxserver.backups.erasures import Kind
from cxserver.records import holds
from cxserver.records.holds import Hold
from tests.support import page_elements
from tests.support.comment_factory import add_comments
from tests.support.house import NOW, House
from tests.support.record_rules import ANSWERS, LAST_DUE, dispose, set_rules
from tests.support.staff_accounts import post, sign_in

PAGE = "/staff/records"
WANTED = {"service": "permits", "office": "riverside", "why": "Smith v. X"}


def old_answers(house: House, n: int = 3) -> None:
    # The nightly job would be quicker than the page.
    house.settings = house.settings.model_copy(update={"scheduler": False})
    set_rules(house, ANSWERS)
    add_comments(house, *["Old"] * n, day=LAST_DUE)


def standing(house: House) -> list[Hold]:
    with db.read(house.engine) as connection:
        return [hold for hold in holds.read(connection) if not hold.lifted_at]


def audited(house: House, what: str) -> list[tuple[str, str, str]]:
    line = tables.audit.c
    with db.read(house.engine) as connection:
        query = select(line.who, line.about, line.result).where(line.what == what)
        return [(who, about, result) for who, about, result in connection.execute(query)]


def text_of(client: httpx2.Client) -> str:
    page = client.get(PAGE)
    assert page.status_code == 200
    return page.text


def test_it_says_what_is_kept_how_long_and_what_goes_tonight(house: House) -> None:
    old_answers(house)
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        page = page_elements.read(text_of(client))
    [due, rules] = [[cell.text for cell in table.find("td")] for table in page.find("table")]
    assert due == ["Answers", "2023-11-04", "3", "To be deleted tonight"]
    assert rules[:3] == ["Answers", "3 years", "GRS 6.5 010"]


def test_an_empty_page_says_what_to_do_next(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        text = text_of(client)
    for sentence in (
        "no rule says how long to keep anything",
        "place one before they are due",
        "cx catalog apply FILE",
        "The first deletion appears",
    ):
        assert sentence in text


def test_a_hold_is_placed_and_stops_the_deletion(house: House) -> None:
    old_answers(house)
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        done = post(client, f"{PAGE}/hold", **WANTED)
        assert (done.status_code, done.headers["location"]) == (303, PAGE)
        text = text_of(client)
    assert (
        "Smith v. X" in text and ">a legal hold</a>" in text and "To be deleted tonight" not in text
    )
    [hold] = standing(house)
    assert hold.who == "records-officer@example.gov"
    assert dispose(house) == []
    about = f"legal hold {hold.id} (permits at riverside) for records-officer@example.gov"
    assert audited(house, holds.PLACE) == [("records-officer@example.gov", about, "done")]
    [entry] = erasures.read(house.settings.backups / erasures.NAME)
    assert (entry.kind, entry.id) == (Kind.HOLD, hold.id)


def test_a_hold_is_lifted_with_a_reason_and_once(house: House) -> None:
    old_answers(house)
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        post(client, f"{PAGE}/hold", **WANTED | {"service": "all", "office": ""})
        [hold] = standing(house)
        refused = post(client, f"{PAGE}/lift", id=hold.id, why="  ")
        assert refused.status_code == 422 and "Say why the hold is lifted" in refused.text
        assert standing(house) == [hold]
        assert post(client, f"{PAGE}/lift", id=hold.id, why="Settled").status_code == 303
        again = post(client, f"{PAGE}/lift", id=hold.id, why="Settled")
        assert again.status_code == 409 and "lifted already" in again.text
        assert "1 hold was lifted" in text_of(client)
    assert len(audited(house, holds.LIFT)) == 1
    assert [item.n for item in dispose(house)] == [3]
    with db.read(house.engine) as connection:
        assert [item.lifted_reason for item in holds.read(connection)] == ["Settled"]
        assert Journal(house.roots).verify(connection).is_whole


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"service": ""}, "Service: choose one"),
        ({"service": "nowhere"}, "Service: choose one"),
        ({"office": "nowhere"}, "no office &#39;nowhere&#39;"),
        ({"from": "yesterday"}, "Days: enter them as"),
        ({"from": "2026-11-04", "to": "2026-11-03"}, "the first day is after the last"),
        ({"why": ""}, "Reason: write it down"),
    ],
    ids=str,
)
def test_what_is_missing_is_named_and_nothing_typed_is_lost(
    sqlite_house: House, wrong: dict[str, str], sentence: str
) -> None:
    typed = WANTED | {"from": "2026-01-01", "to": "2026-02-01"} | wrong
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.RECORDS_OFFICER)
        refused = post(client, f"{PAGE}/hold", **typed)
        assert refused.status_code == 422 and sentence in refused.text
        page = page_elements.read(refused.text)
        for name in {"from", "to", "why"} - wrong.keys():
            assert page.find("input", id=name)[0]["value"] == typed[name]
    assert standing(sqlite_house) == []


def test_the_last_deletions_stand_with_who_and_when(house: House) -> None:
    old_answers(house)
    dispose(house)
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        page = page_elements.read(text_of(client))
    cells = [cell.text for cell in page.find("table")[-1].find("td")]
    assert cells[0] == "Command line"
    assert cells[2:] == ["Answers", "2023-11-04", "3 deleted", "3 years, GRS 6.5 010"]
    assert [row.text for row in page.find("table")[-1].find("th", scope="row")] == [
        f"{NOW:%Y-%m-%d %H:%M}"
    ]


def test_an_administrator_looks_and_learns_no_number_and_acts_on_nothing(house: House) -> None:
    old_answers(house, 4)
    add_comments(house, "Old", day=LAST_DUE, office="lakeside")
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        post(client, f"{PAGE}/hold", **WANTED | {"office": "lakeside"})
        dispose(house)
        [hold] = standing(house)
        sign_in(house, client, Role.ADMINISTRATOR)
        text = text_of(client)
        assert ">a legal hold</a>" in text and "Smith v. X" in text
        page = page_elements.read(text)
        assert not page.find("form", action=f"{PAGE}/lift")
        assert not page.find("form", action=f"{PAGE}/hold")
        assert not [cell for cell in page.find("td") if cell.text in ("1", "4", "4 deleted")]
        assert post(client, f"{PAGE}/lift", id=hold.id, why="Settled").status_code == 404
        assert post(client, f"{PAGE}/hold", **WANTED).status_code == 404
    assert standing(house) == [hold]

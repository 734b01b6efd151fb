"""The burden ledger: not one answer more than OMB approved, and none lost below."""

import json
import re
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.doctor import checkup
from cxserver.errors import ClearanceSpent
from cxserver.intake import meter, recount, store
from cxserver.intake.store import Outcome, Result
from tests.intake.test_store import make
from tests.support.answer_service import notice_changes
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, House, answer, stamp_of
from tests.support.staff_accounts import sign_in


def approve(house: House, number: int) -> None:
    """OMB approves so many answers."""
    house.apply(CATALOGUE.replace("approved_responses = 500000", f"approved_responses = {number}"))


def used(house: House) -> int:
    with db.read(house.engine) as connection:
        return int(connection.execute(select(tables.burden.c.used)).scalar_one())


def kinds(results: list[Result]) -> Counter[str]:
    return Counter(
        result.kind if isinstance(result, Outcome) else type(result).__name__ for result in results
    )


def test_every_answer_is_counted_once_under_its_clearance(house):
    link = house.mint()
    store.write(house.engine, [make(house, link), make(house), make(house, house.mint("hearings"))])
    store.write(house.engine, [make(house, link)])
    assert used(house) == 3


def test_a_batch_that_crosses_the_limit_is_taken_up_to_it(house):
    approve(house, 7)
    results = store.write(house.engine, [make(house) for _ in range(10)])
    assert [isinstance(result, ClearanceSpent) for result in results] == [False] * 7 + [True] * 3
    assert (house.count(), used(house)) == (7, 7)
    assert recount.differences(db.source(house.engine)) == []


def test_what_was_refused_is_taken_when_more_is_approved(house):
    approve(house, 1)
    link = house.mint()
    first = store.write(house.engine, [make(house), make(house, link)])
    assert kinds(first) == {"stored": 1, "ClearanceSpent": 1}
    approve(house, 5)
    assert kinds(store.write(house.engine, [make(house, link)])) == {"stored": 1}
    assert (house.count(), used(house)) == (2, 2)


def test_the_limit_holds_when_many_write_at_once(house):
    """Three servers' worth of threads: exactly the approved number is stored, on both engines."""
    approve(house, 60)
    batches = [[make(house) for _ in range(6)] for _ in range(16)]
    results: list[Result] = []
    start = threading.Barrier(len(batches))

    def post(batch):
        start.wait()
        for entry in batch:
            outcomes = store.write(house.engine, [entry])
            while kinds(outcomes)["StoreUnavailable"]:  # as clients do
                outcomes = store.write(house.engine, [entry])
            results.extend(outcomes)

    threads = [threading.Thread(target=post, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = kinds(results)
    assert counts["stored"] + counts["same"] == 60 and counts["ClearanceSpent"] == 36
    assert (house.count(), used(house)) == (60, 60)
    assert recount.differences(db.source(house.engine)) == []


def test_the_last_answer_closes_the_survey_for_everybody(house):
    approve(house, 1)
    with house.client() as client:
        waiting = house.mint()
        stamp = stamp_of(client.get(waiting).text)
        assert answer(client, house.mint()).status_code == 303
        late = client.post(
            waiting, data={"stamp": stamp, "trust": "2", "satisfaction": "3", "comment": "My words"}
        )
        assert late.status_code == 410
        assert "all the answers we were approved to collect" in late.text
        assert "My words" in late.text
        client.portal.call(_refreshed, client.app, house)
        opened = client.get(house.mint())
        assert opened.status_code == 410
        assert "all the answers we were approved to collect" in opened.text
        spanish = client.get(house.mint() + "?lang=es")
        assert "todas las respuestas" in spanish.text
        sent = {"link": house.mint(), "trust": 4, "satisfaction": 4}
        item = client.post("/api/v1/responses", json=sent)
        assert (item.status_code, item.json()["code"]) == (410, "survey_closed")
    assert house.count() == 1


async def _refreshed(app, house):
    notice_changes(app)


def test_an_expired_approval_is_told_as_such(house):
    with house.client() as client:
        house.clock.forward(days=700)
        page = client.get(house.mint())
    assert page.status_code == 410
    assert "our approval to ask has ended" in page.text


@pytest.mark.parametrize(
    ("approved", "state", "phrase"),
    [(10, "ok", "ends on"), (5, "warning", "4 of 5"), (4, "problem", "4 of 4")],
)
def test_the_doctor_warns_from_eighty_percent_on(house, approved, state, phrase):
    approve(house, approved)
    store.write(house.engine, [make(house) for _ in range(4)])
    findings = [
        finding
        for finding in checkup.examine(house.settings, house.clock.now)
        if finding.check == "clearances"
    ]
    assert [(finding.state, phrase in finding.text) for finding in findings] == [(state, True)]


def test_burden_tells_what_was_used_and_how_long_people_took(house):
    house.approved_until = "2099-12-31"  # the command goes by the real clock
    approve(house, 500_000)
    with house.client() as client:
        for took in (20, 30, 40, 200):
            link = house.mint()
            stamp = stamp_of(client.get(link).text)
            house.clock.forward(seconds=took)
            client.post(link, data={"stamp": stamp, "trust": "4", "satisfaction": "4"})
    burden = json.loads(cx(house, "pra", "burden", "--json"))
    [clearance] = burden["clearances"]
    assert (clearance["used"], clearance["approved"], clearance["state"]) == (4, 500000, "in force")
    assert (clearance["hours_used"], clearance["hours_approved"]) == (0.2, 25000.0)
    [service] = burden["services"]
    assert (service["service"], service["n"], service["approved_seconds"]) == ("permits", 4, 180)
    assert service["p50_seconds"] == pytest.approx(30, rel=0.05)
    assert service["p90_seconds"] == pytest.approx(200, rel=0.05)
    assert "umbrella" in cx(house, "pra", "burden")


def test_a_page_left_open_over_lunch_is_not_timed(house):
    with house.client() as client:
        link = house.mint()
        stamp = stamp_of(client.get(link).text)
        house.clock.forward(hours=2)
        assert (
            client.post(link, data={"stamp": stamp, "trust": "4", "satisfaction": "4"}).status_code
            == 303
        )
    assert json.loads(cx(house, "pra", "burden", "--json"))["services"] == []


def on_the_catalogue_page(house: House) -> str:
    """What the staff's page says of each service's time."""
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        return client.get("/staff/catalog?service=permits").text


def time(house: House, seconds: list[float], service: str = "permits") -> None:
    """So many people took so long, this month."""
    counted = meter.Meter()
    for duration in seconds:
        counted.count(service, house.clock.now.date(), timedelta(seconds=duration))
    counted.flush(house.engine)


def test_the_staff_see_how_long_people_take_beside_what_was_approved(house):
    time(house, [40.0] * 29)
    assert "Not measured yet" in on_the_catalogue_page(house)
    time(house, [100.0] * 11)
    page = on_the_catalogue_page(house)
    [(half, most, approved)] = re.findall(r"at most (\d+) seconds.*at most (\d+)\..* (\d+)\.", page)
    assert (int(half), int(most), approved) == (41, 99, "180")
    assert "Needs you" not in page and "40 " not in page[page.index("Time it takes") :][:200]


def test_a_survey_that_takes_half_of_the_people_too_long_needs_somebody(sqlite_house):
    time(sqlite_house, [170.0] * 20 + [400.0] * 25)
    assert "Ask less, or ask OMB for more minutes" in on_the_catalogue_page(sqlite_house)


def test_times_of_years_ago_are_not_those_of_today(sqlite_house):
    time(sqlite_house, [40.0] * 50)
    sqlite_house.clock.forward(days=500)
    assert "Not measured yet" in on_the_catalogue_page(sqlite_house)

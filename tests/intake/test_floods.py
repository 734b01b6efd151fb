"""A flood through one place: stored, counted nowhere, charged to nobody, until somebody looked."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from cxsdk import Link
from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.errors import Conflict, ExclusionRefused, NotFound
from cxserver.intake import closing, ledger, quarantine, recount
from cxserver.intake.answer_service import FLOOD_LANE
from cxserver.intake.quarantine import Selection
from cxserver.limits import Ceiling
from tests.support.answer_service import services_of
from tests.support.cli_runner import invoke
from tests.support.house import House, answer, stamp_of

FEW = {"flood_network": Ceiling(1, 3), "scheduler": False}
ALL = Selection("permits")


@pytest.fixture
def narrow(house: House) -> Iterator[House]:
    """A house that takes three answers from one network through one link."""
    house.settings = house.settings.model_copy(update=FEW)
    yield house


def poster(house: House, office: str = "riverside") -> Link:
    return house.mint(
        office=office, channel="poster", expires_at=house.clock.now + timedelta(days=30)
    )


class Row(NamedTuple):
    flags_given: str
    excluded: str | None
    counted_day: date | None

    @property
    def flags(self) -> str:
        return ";".join(flag for flag in self.flags_given.split(";") if flag != "fast")


def rows(house: House) -> list[Row]:
    """Flags, exclusion and day of each. That a test answers fast is left out."""
    columns = tables.responses.c
    with db.read(house.engine) as connection:
        query = select(columns.flags, columns.excluded, columns.counted_day)
        read = [Row(*row) for row in connection.execute(query)]
    return sorted(read, key=lambda row: row.flags)


def used(house: House) -> int:
    with db.read(house.engine) as connection:
        return ledger.used(connection).get("umbrella", 0)


def state(house: House) -> dict[str, object]:
    """Everything that an answer adds to: counts, what is released, batches, the approval."""
    with db.read(house.engine) as connection:
        read: dict[str, object] = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in (
                *(tables.tallies, tables.choices, tables.batches),
                *(tables.released, tables.released_choices, tables.burden),
            )
        }
    export = sorted(invoke(house, "export")[0].splitlines())
    return {**read, "export": export}


def flood(client: TestClient, link: str, n: int) -> list[int]:
    return [answer(client, link, comment=f"word {i}").status_code for i in range(n)]


def test_what_is_too_much_is_taken_and_counts_nowhere(narrow: House) -> None:
    with narrow.client() as client:
        assert flood(client, poster(narrow), 8) == [303] * 8
    marked = [row for row in rows(narrow) if row.flags == "flood"]
    assert len(marked) == 5 and narrow.count() == 8
    assert {row.excluded for row in marked} == {"flood-20261104"}
    assert all(row.counted_day is None for row in marked)
    assert used(narrow) == 3
    assert len(invoke(narrow, "export")[0].splitlines()) == 1 + 3
    results = json.loads(invoke(narrow, "results", "--service", "permits", "--json")[0])
    assert results["rows"][0]["n"] == 3
    assert recount.differences(db.source(narrow.engine)) == []


def test_far_too_much_is_refused_with_every_word_kept(narrow: House) -> None:
    link = poster(narrow)
    with narrow.client() as client:
        flood(client, link, 30)
        page = client.get(link)
        fields = {"stamp": stamp_of(page.text), "trust": "4", "satisfaction": "2"}
        refused = client.post(link, data=fields | {"comment": "My words stay"})
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
        assert "My words stay" in refused.text and "yours was not saved" in refused.text
        # The stamp is the same: sent again later it is the same answer.
        assert stamp_of(refused.text) == fields["stamp"]
        narrow.clock.forward(seconds=int(refused.headers["retry-after"]))
        assert client.post(link, data=fields).status_code == 303
    assert narrow.count() == 31


def test_a_flood_never_stands_in_the_way_of_people(narrow: House) -> None:
    """Few of its answers wait for the database at once, however many come."""
    narrow.settings = narrow.settings.model_copy(update={"queue_size": FLOOD_LANE + 2})
    link, busy, free = poster(narrow), threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        free.wait()

    with narrow.client() as client, ThreadPoolExecutor(10) as people:
        flood(client, link, 3)
        services_of(client.app).intake.writer.between(hold)
        assert busy.wait(10)
        sent = [people.submit(flood, client, link, 1) for _ in range(8)]
        time.sleep(0.3)
        invited = people.submit(answer, client, narrow.mint())
        time.sleep(0.3)
        free.set()
        assert invited.result().status_code == 303
        assert [future.result() for future in sent] == [[303]] * 8
    assert narrow.count() == 12


def test_in_spanish_too(narrow: House) -> None:
    link = poster(narrow)
    with narrow.client() as client:
        flood(client, link, 30)
        fields = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "2"}
        assert "la suya no se guardó" in client.post(f"{link}?lang=es", data=fields).text


def test_a_program_is_refused_in_its_own_words(narrow: House) -> None:
    link = poster(narrow)

    def post(client: TestClient) -> Any:
        body = {"link": link, "key": str(uuid.uuid4()), "trust": 4, "satisfaction": 4}
        return client.post("/api/v1/responses", json=body)

    with narrow.client() as client:
        assert [post(client).status_code for _ in range(30)] == [201] * 30
        refused = post(client)
    assert refused.status_code == 429 and refused.json()["code"] == "too_many_answers"
    assert int(refused.headers["retry-after"]) >= 1
    assert used(narrow) == 3


def test_invites_are_exempt(narrow: House) -> None:
    with narrow.client() as client:
        assert [answer(client, narrow.mint()).status_code for _ in range(40)] == [303] * 40
    assert {row.excluded for row in rows(narrow)} == {None}


def test_another_network_is_not_touched(narrow: House) -> None:
    link = poster(narrow)
    with narrow.client() as client:
        flood(client, link, 31)
    app = narrow.app()
    with TestClient(app, base_url=narrow.settings.base_url, follow_redirects=False) as client:
        client.headers["x-forwarded-for"] = "ignored: the peer is no proxy"
        assert answer(client, link).status_code == 303


@pytest.mark.parametrize("channel", ["poster", "site", "email"])
def test_only_kiosks_send_batches(house: House, channel: str) -> None:
    how: dict[str, Any] = {"expires_at": house.clock.now + timedelta(days=9)}
    link = house.mint(channel=channel, **({} if channel == "email" else how))
    items = [{"link": link, "key": str(uuid.uuid4()), "trust": 4, "satisfaction": 4}]
    with house.client() as client:
        [result] = client.post("/api/v1/responses", json={"items": items}).json()["results"]
    assert result["status"] == 422 and result["error"]["code"] == "batch_kiosk_only"
    assert house.count() == 0


def late_batch(house: House, link: Link, n: int, days: float) -> dict[str, Any]:
    first = house.clock.now - timedelta(days=days)
    # Half a minute apart: these are people, and no burst.
    moments = [first + timedelta(seconds=30 * at) for at in range(n)]
    fields = {"link": link, "trust": 4, "satisfaction": 4}
    items = [fields | {"key": str(uuid.uuid4()), "answered_at": at.isoformat()} for at in moments]
    return {"items": items, "device_now": house.clock.now.isoformat()}


def test_a_kiosk_drains_what_it_reported_after_a_weekend(narrow: House) -> None:
    link = narrow.kiosk(waiting=250)
    with narrow.client() as client:
        for n in (100, 100, 50):
            done = client.post("/api/v1/responses", json=late_batch(narrow, link, n, days=2))
            assert {item["status"] for item in done.json()["results"]} == {201}
    assert {(row.flags, row.excluded) for row in rows(narrow)} == {("", None)}
    assert used(narrow) == 250


def test_what_it_did_not_report_is_flagged_and_part_of_a_flood(narrow: House) -> None:
    link = narrow.kiosk(waiting=2)
    with narrow.client() as client:
        done = client.post("/api/v1/responses", json=late_batch(narrow, link, 20, days=14 * 0.9))
        assert {item["status"] for item in done.json()["results"]} == {201}
    flags = sorted(row.flags for row in rows(narrow))
    assert flags == [""] * 2 + ["backdated"] * 3 + ["backdated;flood"] * 15
    assert used(narrow) == 5


def test_a_link_without_a_kiosk_cannot_date_answers_back_unflagged(house: House) -> None:
    link = house.kiosk(waiting=0)
    with house.client() as client:
        client.post("/api/v1/responses", json=late_batch(house, link, 10, days=3))
    assert {row.flags for row in rows(house)} == {"backdated"}


def test_a_short_loss_of_the_network_needs_no_report(house: House) -> None:
    link = house.kiosk(waiting=0)
    with house.client() as client:
        client.post("/api/v1/responses", json=late_batch(house, link, 10, days=10 / 1440))
    assert {row.flags for row in rows(house)} == {""}


def test_fives_pressed_at_a_poster_are_flagged_and_people_who_differ_are_not(house: House) -> None:
    same, mixed = poster(house), poster(house, "lakeside")
    with house.client() as client:
        for n in range(16):
            house.clock.forward(seconds=5)
            assert answer(client, same).status_code == 303
            assert answer(client, mixed, trust=str(1 + n % 5)).status_code == 303
    with db.read(house.engine) as connection:
        columns = tables.responses.c
        flags = connection.execute(select(columns.office, columns.flags)).all()
    assert {"same" in row.flags for row in flags if row.office == "riverside"} == {True}
    assert {"same" in row.flags for row in flags if row.office == "lakeside"} == {False}


# ---- quarantine


def known_of(house: House) -> directory.Directory:
    with db.read(house.engine) as connection:
        return directory.load(connection)


def quarantined(house: House, selection: Selection = ALL) -> quarantine.Done:
    with db.write(house.engine) as connection:
        now = house.clock.now
        return quarantine.quarantine(connection, known_of(house), selection, "why", "ana", now)


def restored(house: House, selection: Selection = ALL) -> quarantine.Done:
    with db.write(house.engine) as connection:
        return quarantine.restore(connection, known_of(house), selection, "ana", house.clock.now)


@pytest.mark.parametrize("closed", [False, True])
def test_a_quarantine_and_its_restore_leave_everything_as_before(
    house: House, closed: bool
) -> None:
    link = poster(house)
    with house.client() as client:
        flood(client, link, 12)
        answer(client, house.mint())
    if closed:
        house.clock.forward(days=2)
        closing.close_due(house.engine, known_of(house), house.clock.now)
    before = state(house)
    done = quarantined(house, Selection("permits", channel="poster"))
    assert done.answers == 12
    assert used(house) == 1 and len(invoke(house, "export")[0].splitlines()) == 2
    assert recount.differences(db.source(house.engine)) == []
    assert state(house) != before
    assert restored(house).answers == 12
    after = state(house)
    assert after == before
    assert recount.differences(db.source(house.engine)) == []


@pytest.mark.parametrize(
    ("selection", "n"),
    [
        (Selection("permits", office="riverside"), 2),
        (Selection("permits", office="lakeside"), 1),
        (Selection("permits", channel="poster"), 2),
        (Selection("permits", channel="email"), 1),
        (Selection("permits", flag="fast"), 3),
        (Selection("permits", office="lakeside", channel="email"), 0),
    ],
)
def test_what_is_chosen_is_taken_and_nothing_else(
    house: House, selection: Selection, n: int
) -> None:
    with house.client() as client:
        answer(client, poster(house))
        answer(client, poster(house, "lakeside"))
        answer(client, house.mint())
    if n == 0:
        with pytest.raises(NotFound, match="No counted answers match"):
            quarantined(house, selection)
        return
    assert quarantined(house, selection).answers == n
    assert used(house) == 3 - n


def test_a_quarantine_is_restored_as_a_whole(house: House) -> None:
    with house.client() as client:
        answer(client, poster(house))
        answer(client, house.mint())
    quarantined(house)
    with pytest.raises(ExclusionRefused, match="1 of them are not in your selection"):
        restored(house, Selection("permits", channel="poster"))
    assert restored(house).answers == 2
    with pytest.raises(NotFound, match="No quarantined answers"):
        restored(house)


def test_a_flood_may_be_restored_in_part_and_uses_up_the_approval(narrow: House) -> None:
    with narrow.client() as client:
        flood(client, poster(narrow), 8)
        flood(client, poster(narrow, "lakeside"), 7)
    assert used(narrow) == 6
    assert restored(narrow, Selection("permits", office="lakeside", flag="flood")).answers == 4
    assert used(narrow) == 10
    assert sorted(row.flags for row in rows(narrow) if not row.excluded).count("lifted-flood") == 4
    assert sum(row.excluded is not None for row in rows(narrow)) == 5
    assert recount.differences(db.source(narrow.engine)) == []
    # In the evening it is a flood again, and that can be restored too.
    with narrow.client() as client:
        flood(client, poster(narrow), 5)
    assert restored(narrow).answers == 7


def test_a_restore_is_refused_where_it_would_exceed_the_approval(narrow: House) -> None:
    text = narrow.catalog.replace("approved_responses = 500000", "approved_responses = 5")
    narrow.apply(text)
    with narrow.client() as client:
        flood(client, poster(narrow), 8)
    before = state(narrow)
    with pytest.raises(ExclusionRefused, match="more than OMB approved: 2 are left under 1234-56"):
        restored(narrow)
    assert state(narrow) == before


def test_a_quarantine_opens_a_survey_that_an_attack_had_closed(house: House) -> None:
    house.apply(house.catalog.replace("approved_responses = 500000", "approved_responses = 4"))
    invite = house.mint()
    with house.client() as client:
        flood(client, poster(house), 4)
        until(client, invite, 410)
        quarantined(house, Selection("permits", channel="poster"))
        until(client, invite, 200)
        assert answer(client, invite).status_code == 303


def until(client: TestClient, link: str, status: int) -> None:
    """The server looks every second whether an approval is used up."""
    ends = time.monotonic() + 20
    while client.get(link).status_code != status:
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_the_commands_take_out_list_and_put_back(sqlite_house: House) -> None:
    house = sqlite_house
    with house.client() as client:
        flood(client, poster(house), 3)
    assert invoke(house, "answers", "list")[0] == "No answers are quarantined.\n"
    words = ("answers", "quarantine", "--service", "permits", "--channel", "poster", "--why", "Bot")
    assert "3 answers match" in invoke(house, *words)[0]
    assert used(house) == 3, "without --confirm nothing changes"
    assert "Took 3 answers out of every count" in invoke(house, *words, "--confirm")[0]
    [action] = json.loads(invoke(house, "answers", "list", "--json")[0])["quarantines"]
    assert (action["answers"], action["why"], action["who"]) == (3, "Bot", "command line")
    assert "Bot" in invoke(house, "answers", "list")[0]
    assert "Put 3 answers back" in invoke(house, "answers", "restore", "--service", "permits")[0]
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert [line.what for line in lines] == ["quarantine answers", "restore answers"]
    assert lines[0].about.startswith("permits poster (")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--service", "nothing"), "no service 'nothing'"),
        (("--service", "permits", "--office", "nowhere"), "no office 'nowhere'"),
        (("--service", "permits", "--from", "2026-11-05", "--to", "2026-11-04"), "after the last"),
        (("--service", "permits", "--from", "tomorrow"), "tomorrow"),
    ],
)
def test_a_mistake_changes_nothing(
    sqlite_house: House, words: tuple[str, ...], sentence: str
) -> None:
    _, error = invoke(sqlite_house, "answers", "restore", *words, fails=True)
    assert sentence in " ".join(error.replace("│", " ").split())


def test_an_answer_is_quarantined_once(house: House) -> None:
    with house.client() as client:
        answer(client, house.mint())
    quarantined(house)
    with pytest.raises((NotFound, Conflict)):
        quarantined(house)

"""What is remembered of a finding: since when, who is at it, whether what was done helped."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.errors import Conflict
from cxserver.findings import memory
from cxserver.findings.memory import Key
from cxserver.jobs import due
from tests.support.answer_factory import TODAY, add_answers
from tests.support.closed_batches import release_anew
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import post, sign_in

KEY = Key("permits", "riverside", "efficiency")
FORM = {"service": "permits", "office": "riverside", "driver": "efficiency", "back": "/staff/"}


@pytest.fixture
def agency(house):
    """Offices that are all alike, and one where the time it took is named far more often."""
    house.apply(CATALOGUE + MORE)
    # The job is done when a test says so.
    house.settings = house.settings.model_copy(update={"scheduler": False})
    for office in OFFICES[:3]:
        add_answers(house, office, 280, 20)
    add_answers(house, "riverside", 100, 200)
    return house


def run(house):
    """Do the job that remembers findings."""
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    jobs = [job for job in due.JOBS if job.name == "findings"]
    return due.run_due(house.engine, house.settings, known, house.clock.now, jobs=jobs)


def first(client):
    """The words of the block "Do first"."""
    page = client.get("/staff/").text
    block = page[page.index('id="first"') :].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", block)).split())


def stored(house):
    with db.read(house.engine) as connection:
        return memory.read(connection, {"permits"})


def test_the_job_remembers_since_when_a_finding_stands_out(agency):
    run(agency)
    begun = stored(agency)[KEY].first_seen
    with agency.client() as client:
        sign_in(agency, client, Role.ANALYST)
        assert "New this week" in first(client)
        agency.clock.forward(days=9)
        run(agency)
        sign_in(agency, client, Role.ANALYST)
        assert f"Since {begun:%b} {begun.day}" in first(client)
    assert stored(agency)[KEY].first_seen == begun
    assert stored(agency)[KEY].last_seen == begun + timedelta(days=9)


def test_a_colleague_takes_a_finding_and_everybody_sees_who(agency):
    with agency.client() as client:
        sign_in(agency, client, Role.OFFICE_MANAGER, office="riverside")
        pressed = post(client, "/staff/findings", **FORM, act="take", version="0")
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/staff/")
        assert "You are working on it" in first(client)
        sign_in(agency, client, Role.ANALYST)
        assert "office-manager@example.gov is working on it" in first(client)
    with db.read(agency.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert ("take a finding", "permits/riverside/efficiency") in [tuple(line) for line in lines]


def test_the_second_of_two_who_press_at_once_is_told(agency):
    with agency.client() as client:
        sign_in(agency, client, Role.ANALYST)
        assert post(client, "/staff/findings", **FORM, act="take", version="0").status_code == 303
        late = post(client, "/staff/findings", **FORM, act="done", version="0")
        assert late.status_code == 409 and "Somebody else has changed this" in late.text
    assert stored(agency)[KEY].done is None


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"office": "office-0"}, 404),
        ({"service": "calls"}, 404),
        ({"driver": "everything"}, 404),
        ({"act": "forget"}, 422),
        ({"service": ""}, 422),
    ],
)
def test_what_is_not_there_for_this_person_cannot_be_taken(agency, changed, status):
    with agency.client() as client:
        sign_in(agency, client, Role.OFFICE_MANAGER, office="riverside")
        form = FORM | {"act": "take", "version": "0"} | changed
        assert post(client, "/staff/findings", **form).status_code == status
    assert stored(agency) == {}


def test_what_was_done_is_measured_before_and_since(agency):
    with agency.client() as client:
        sign_in(agency, client, Role.ANALYST)
        post(client, "/staff/findings", **FORM, act="done", version="0")
        page = first(client)
        assert "Done: did it help?" in page and "No released answers since then." in page
        # Of these days nobody can tell yet: the finding rests.
        assert "working on it" not in page and "1 It takes too long at Riverside" not in page
    agency.clock.forward(days=30)
    later = range(-27, 0)
    for office in OFFICES[:3]:
        add_answers(agency, office, 280, 20, days=later)
    add_answers(agency, "riverside", 290, 10, days=later)
    release_anew(agency)
    with agency.client() as client:
        sign_in(agency, client, Role.ANALYST)
        page = first(client)
    assert "Better since." in page and "It takes too long at Riverside" in page
    [since, before] = re.findall(r"(\d+) of 100 people name it since then, (\d+) before", page)[0]
    assert int(since) < 5 < 15 < int(before)


def test_one_that_had_gone_begins_anew(agency):
    run(agency)
    with db.write(agency.engine) as connection:
        memory.close(connection, KEY, TODAY, seen=1)
        with pytest.raises(Conflict):
            memory.close(connection, KEY, TODAY, seen=1)
    was = stored(agency)[KEY]
    later = was.last_seen + timedelta(days=57)
    with db.write(agency.engine) as connection:
        assert memory.note_seen(connection, [KEY], later) == 1
    assert (stored(agency)[KEY].first_seen, stored(agency)[KEY].done) == (later, None)

"""For one scope and one period a finding reads the same wherever somebody meets it."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.findings import do_first
from cxserver.findings.do_first import Fetched
from cxserver.jobs import due
from cxserver.results.cuts import Counted
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
from tests.support.answer_factory import add_answers
from tests.support.api_reader import bearer, new_key
from tests.support.closed_batches import release_anew
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import invite, sign_in
from tests.support.tally_factory import slice_of

# Six in the morning in New York, on the Monday after the 28 days.
DUE = datetime(2026, 11, 2, 11, tzinfo=UTC)
DAYS = {"from": "2026-10-05", "to": "2026-11-01"}
PLACES = {
    "manager": (Role.OFFICE_MANAGER, {"office": "riverside"}, {"office": "riverside"}),
    "lead": (Role.SERVICE_LEAD, {"service": "permits"}, {"service": "permits"}),
}


@pytest.fixture
def agency(quiet):
    """Offices that are all alike, and one where the time it took is named far more often."""
    quiet.clock.now = DUE - timedelta(days=60)
    quiet.apply(CATALOGUE + MORE)
    for office in OFFICES[:4]:
        add_answers(quiet, office, 280, 20)
    add_answers(quiet, "riverside", 100, 200)
    return quiet


def words(text):
    """What is said, without marks and breaks of lines."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("who", PLACES)
def test_a_finding_reads_the_same_on_all_six_places(agency, box, who):
    role, unit, filters = PLACES[who]
    invite(agency, role, **unit)
    agency.clock.now = DUE
    release_anew(agency)
    with db.read(agency.engine) as connection:
        known = directory.load(connection)
    digests = [job for job in due.JOBS if job.name == "digests"]
    due.run_due(agency.engine, agency.settings, known, DUE, jobs=digests)
    [letter] = box.letters
    said = {"digest": words(letter.get_body(("plain",)).get_content())}
    key = new_key(agency)
    with agency.client() as client:
        sign_in(agency, client, role, **unit)
        for page in ("", "offices", "drivers"):
            said[page or "overview"] = words(client.get(f"/staff/{page}", params=DAYS).text)
        got = client.get("/api/v1/findings", params=DAYS | filters, headers=bearer(key)).json()
    options = [part for name, value in filters.items() for part in (_option(name), value)]
    days = ["--from", DAYS["from"], "--to", DAYS["to"]]
    said["command"] = words(cx(agency, "fix-first", *options, *days))
    report = json.loads(cx(agency, "fix-first", *options, *days, "--json"))
    [row] = got["rows"]
    [finding] = report["findings"]
    assert row["title"] == finding["title"] and row["text"] == finding["text"]
    assert "It takes too long at Riverside Office" in row["title"]
    for place, shown in said.items():
        assert row["title"] in shown, place
        for sentence in re.split(r"(?<=\.) (?=[A-Z])", row["text"]):
            assert sentence in shown, (place, sentence)


def _option(name):
    return {"office": "--under", "service": "--service"}[name]


@pytest.fixture
def pair(sqlite_house):
    """A service of two offices, one of them worse than the other."""
    sqlite_house.apply(CATALOGUE)
    add_answers(sqlite_house, "lakeside", 280, 20)
    add_answers(sqlite_house, "riverside", 100, 200)
    return sqlite_house


@pytest.mark.parametrize(("role", "is_shown"), [(Role.OFFICE_MANAGER, False), (Role.ANALYST, True)])
def test_a_manager_of_a_service_with_two_offices_is_not_shown_the_other_one(pair, role, is_shown):
    """The average of one other office would be that office's figures."""
    with pair.client() as client:
        sign_in(pair, client, role)
        page = client.get("/staff/?office=riverside").text
    assert "<dt>All offices" not in page
    page = words(page)
    assert ("It takes too long at Riverside Office" in page) is is_shown
    assert ("No finding is sure yet" in page) is not is_shown


def test_answers_to_a_survey_that_did_not_ask_why_say_so(sqlite_house):
    with db.read(sqlite_house.engine) as connection:
        known = directory.load(connection)
        reader = Reading(connection, known, Scope(), sqlite_house.clock.now)
        filters = Filters.read({}, reader)
    old = [slice_of(80, 100, office="riverside", service="permits", survey="permits/9")]
    first = do_first.work_out(Fetched(Counted(lambda: old)), filters)
    assert "were not asked why" in first.summary and first.items == ()

"""The check before a quarter is sent, and the log of what became of it."""

import html
import json
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cxserver import clock, db
from cxserver.accounts.roles import Role
from cxserver.comments import omb_review
from cxserver.errors import ServerError
from cxserver.quarter import (
    check,
    filing,
    fiscal,
    recording,
    reflections,
    submissions,
    volumes,
)
from cxserver.quarter.check import Colour
from cxserver.quarter.formats.fits import Format
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.submissions import Submission
from cxserver.quarter.volumes import Volume
from tests.support import quarter_answers
from tests.support.cli_runner import invoke
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, House
from tests.support.optional import present
from tests.support.staff_accounts import post, sign_in

QUARTER = fiscal.named(quarter_answers.QUARTER)
EVERY = "effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"
TWO = CATALOGUE
for _old, _new in (
    (
        'owner = "Call Center"\nchannels = ["phone"]',
        'owner = "Call Center"\nchannels = ["phone"]\ndesignated = true\nstage = "end"',
    ),
    (
        'drivers = ["effectiveness", "ease", "employee"]\ndriver_mode = "choice"',
        f'drivers = {json.dumps(EVERY)}\ndriver_mode = "choice"',
    ),
    ("designated = true\nembed", 'designated = true\nstage = "end"\nembed'),
):
    assert _old in TWO
    TWO = TWO.replace(_old, _new)


def answered(house: House, catalogue: str = TWO) -> House:
    """Two designated services with answers, one of them with a comment."""
    house.apply(catalogue)
    items = [
        {"link": house.mint(), "trust": 4, "satisfaction": 5, "comment": "Fine."},
        {"link": house.mint("calls", "center", channel="phone"), "trust": 2, "satisfaction": 2},
    ]
    quarter_answers.send(house, items)
    return house


def complete(house: House, *services: str) -> None:
    """Tell everything about these services, and approve what was written."""
    with db.write(house.engine) as connection:
        for service, channel in (("permits", "email"), ("calls", "phone")):
            if service not in services:
                continue
            reflection = Reflection("Steady.", "A new counter.", "Ana", quarter_answers.AFTER)
            reflections.put(connection, QUARTER, service, reflection)
            volume = Volume(200, 100, "Queue system", "Ana", quarter_answers.AFTER)
            volumes.put(connection, QUARTER, service, channel, volume)
        rows = [entry.row for entry in omb_review.read(connection, QUARTER)]
        omb_review.decide(connection, rows, "approve", "Ana", quarter_answers.AFTER)


def judged(house: House, form: Format = "v2", now=quarter_answers.AFTER) -> check.Report:
    filed = filing.rehearse(
        db.source(house.engine), quarter_answers.order(form), now, lambda rows: None
    )
    return check.judge(filed.drawer, filed.entries)


# ---- the check


@pytest.mark.parametrize("form", ["v1", "wide", "v2"])
def test_a_quarter_is_yellow_until_what_it_names_is_done_and_then_green(house, form):
    answered(house)
    before = judged(house, form)
    assert before.colour is Colour.YELLOW
    assert before.ratings == {"permits": Colour.YELLOW, "calls": Colour.YELLOW}
    sentences = " / ".join(reason.says for reason in before.blocked)
    for missing in ("reflection", "accomplishments", "served and offered"):
        assert missing in sentences
    assert ("1 comments have not been reviewed" in sentences) is (form == "v2")
    assert all(reason.cure for reason in before.reasons)
    complete(house, "permits", "calls")
    after = judged(house, form)
    assert (after.colour, after.reasons) == (Colour.GREEN, ())


def test_a_designated_service_without_data_is_red(sqlite_house):
    house = sqlite_house
    house.apply(TWO)
    quarter_answers.send(house, [{"link": house.mint(), "trust": 4, "satisfaction": 5}])
    complete(house, "permits", "calls")
    verdict = judged(house)
    assert verdict.ratings == {"permits": Colour.GREEN, "calls": Colour.RED}
    assert verdict.colour is Colour.RED


def test_one_designated_service_is_red_though_its_data_are_green(sqlite_house):
    answered(sqlite_house, CATALOGUE)
    complete(sqlite_house, "permits")
    verdict = judged(sqlite_house)
    assert verdict.ratings == {"permits": Colour.GREEN}
    [reason] = [reason for reason in verdict.reasons if reason.colour is Colour.RED]
    assert "at least 2" in reason.says


def test_general_call_centre_totals_alone_are_told(sqlite_house):
    answered(sqlite_house, TWO.replace('stage = "end"', ""))
    reasons = {
        reason.about: reason for reason in judged(sqlite_house).reasons if "§280.14" in reason.says
    }
    assert list(reasons) == ["calls"] and "call-center totals" in reasons["calls"].says


def test_a_quarter_that_has_not_ended_cannot_be_signed_off(sqlite_house):
    answered(sqlite_house)
    complete(sqlite_house, "permits", "calls")
    [reason] = judged(sqlite_house, now=sqlite_house.clock.now).blocked
    assert "has not ended" in reason.says and "2027-01-01" in reason.cure


def test_volumes_of_a_second_channel_are_asked_for_and_hold_nothing_up(sqlite_house):
    """OMB's rule: one survey told in full makes a service green."""
    house = answered(sqlite_house)
    quarter_answers.send(
        house, [{"link": house.mint(channel="sms"), "trust": 4, "satisfaction": 5}]
    )
    complete(house, "permits", "calls")
    verdict = judged(house)
    [note] = verdict.reasons
    assert (verdict.colour, note.colour, note.blocks) == (Colour.GREEN, Colour.NOTE, False)
    assert "sms" in note.says


def test_the_command_tells_the_colour_and_every_cure(sqlite_house):
    answered(sqlite_house)
    shown = cx(sqlite_house, "quarter", "check", quarter_answers.QUARTER, "--format", "v1")
    assert (
        shown.startswith("yellow")
        and f"cx quarter reflect {quarter_answers.QUARTER} permits" in shown
    )
    report = json.loads(cx(sqlite_house, "quarter", "check", quarter_answers.QUARTER, "--json"))
    assert "Data Collection Rating" in shown and "Data Collection Rating" in report["rule"]
    assert report["colour"] == "yellow" and report["can_be_signed_off"] is False


# ---- the log


def add(house: House, state: str, digest: str = "a" * 64, note: str = "") -> submissions.Submission:
    with db.write(house.engine) as connection:
        return submissions.add(
            connection, QUARTER, "v2", state, "Ana Diaz", digest, quarter_answers.AFTER, note
        )


def test_a_quarter_goes_from_draft_to_published_and_a_correction_is_a_new_record(house):
    states = ("draft", "checked", "signed-off", "submitted", "published")
    assert [add(house, state).n for state in states] == [1, 2, 3, 4, 5]
    with pytest.raises(ServerError, match="needs its reason"):
        add(house, "draft")
    add(house, "draft", note="The kiosk at Riverside was counted late.")
    with db.read(house.engine) as connection:
        entered = submissions.read(connection, QUARTER, "v2")
    assert [submission.state for submission in entered] == [*states, "draft"]
    assert entered[-1].note.startswith("The kiosk") and entered[2].who == "Ana Diaz"


@pytest.mark.parametrize("state", ["checked", "signed-off", "submitted", "published", "lost"])
def test_no_state_comes_before_its_turn(sqlite_house, state):
    with pytest.raises(ServerError):
        add(sqlite_house, state)


def test_what_changed_after_the_signature_is_not_submitted(sqlite_house):
    for state in ("draft", "checked", "checked", "signed-off"):
        add(sqlite_house, state)
    with pytest.raises(ServerError, match="not those that were signed-off"):
        add(sqlite_house, "submitted", digest="b" * 64)
    add(sqlite_house, "submitted")
    # What OMB publishes is what it was sent, whatever we hold by then.
    assert add(sqlite_house, "published", digest="b" * 64).digest == "a" * 64


def test_nobody_signs_but_the_official_whom_the_catalogue_names(sqlite_house):
    for state in ("draft", "checked"):
        add(sqlite_house, state)
    with db.write(sqlite_house.engine) as connection:

        def signed(who: str) -> Submission:
            now = quarter_answers.AFTER
            return submissions.add(
                connection, QUARTER, "v2", "signed-off", who, "a" * 64, now, official="Ben Ito"
            )

        with pytest.raises(ServerError, match="names Ben Ito as the official"):
            signed("Ana Diaz")
        made = signed(" ben ito ")
    assert made.who == "ben ito"


MAIL = "diaz@example.gov"


@pytest.fixture
def ready(sqlite_house):
    """A quarter that may be signed, by the official whom the catalog names with an address."""
    house = sqlite_house
    named = f'[agency.filing]\nofficial = "Ana Diaz"\nofficial_mail = "{MAIL}"\n'
    answered(house, TWO.replace("[clearance.umbrella]", named + "[clearance.umbrella]"))
    complete(house, "permits", "calls")
    for state in ("draft", "checked"):
        record(house, state)
    house.clock.now = quarter_answers.AFTER
    return house


def record(house: House, state: str, who: str = "Ana Diaz") -> submissions.Submission:
    entry = recording.Entry(state, who)
    source = db.source(house.engine)
    prepared = recording.prepare(source, quarter_answers.order("v2"), entry, quarter_answers.AFTER)
    with db.write(house.engine) as connection:
        return recording.add(connection, prepared, quarter_answers.AFTER)


def sign(house: House, email: str):
    """The page of somebody who is signed in, and what comes of signing."""
    with house.client() as client:
        sign_in(house, client, Role.ANALYST, email=email)
        page = client.get(f"/staff/quarter?quarter={quarter_answers.QUARTER}&format=v2").text
        form = {"quarter": quarter_answers.QUARTER, "format": "v2", "official": "Ana Diaz"}
        return post(client, "/staff/quarter/record", state="signed-off", **form), page


def test_on_the_page_only_the_official_signs_and_who_else_is_told_the_cure(ready):
    refused, page = sign(ready, "ben@example.gov")
    assert refused.status_code == 409
    for shown in map(html.unescape, (refused.text, page)):
        assert f"Only Ana Diaz signs here, signed in as {MAIL}" in shown
        assert "[agency.filing] official_mail" in shown and "An administrator can invite" in shown
    assert 'value="signed-off"' not in page
    taken, page = sign(ready, "DIAZ@example.gov")
    assert taken.status_code == 303 and 'value="signed-off"' in page
    with db.read(ready.engine) as connection:
        last = present(submissions.last(connection, QUARTER, "v2"))
    assert (last.state, last.who) == ("signed-off", "Ana Diaz")
    assert last.note.casefold() == f"(signed in as {MAIL})"


def test_a_name_that_was_typed_on_the_command_line_is_recorded_as_that(ready, monkeypatch):
    monkeypatch.setattr(clock, "now", ready.clock)
    invoke(ready, "quarter", "record", quarter_answers.QUARTER, "signed-off", "--who", "Ana Diaz")
    with db.read(ready.engine) as connection:
        last = present(submissions.last(connection, QUARTER, "v2"))
    assert last.note == "(name typed on the command line by somebody with access to the server)"


def test_no_file_is_built_for_a_record_that_cannot_be_made_and_one_for_one_that_can(ready):
    read: list[int] = []

    def add(state: str, who: str = "Ana Diaz") -> None:
        entry = recording.Entry(state, who, "")
        source, now = db.source(ready.engine), quarter_answers.AFTER
        prepared = recording.prepare(source, quarter_answers.order("v2"), entry, now, read.append)
        with db.write(ready.engine) as connection:
            recording.add(connection, prepared, now)

    for state, who in (("submitted", "Ana Diaz"), ("signed-off", "Ben Ito"), ("draft", "Ana Diaz")):
        with pytest.raises(ServerError):
            add(state, who)
    assert read == []
    add("signed-off")
    assert sum(read) == 2
    add("submitted")
    assert sum(read) == 4
    add("published")  # it speaks of what was submitted
    assert sum(read) == 4


@pytest.mark.parametrize("act", ["UPDATE submissions SET who = 'me'", "DELETE FROM submissions"])
def test_nobody_changes_or_deletes_a_record(house, act):
    add(house, "draft")
    with pytest.raises(DBAPIError, match="only ever added"), db.write(house.engine) as connection:
        connection.execute(text(act))


def test_the_signature_waits_for_the_check_and_holds_the_digest_of_the_files(sqlite_house):
    house = answered(sqlite_house)
    record = ["quarter", "record", quarter_answers.QUARTER]
    who = ["--who", "Ana Diaz"]
    cx(house, *record, "draft", *who)
    cx(house, *record, "checked", *who)
    refusal = cx(house, *record, "signed-off", *who, fails=True)
    assert "can't sign this off yet" in refusal
    [draft, checked] = json.loads(cx(house, "quarter", "log", quarter_answers.QUARTER, "--json"))
    assert (draft["state"], checked["note"]) == ("draft", "yellow")
    assert len(checked["digest"]) == 64


def test_what_was_told_about_a_quarter_is_part_of_what_is_signed(sqlite_house):
    house = answered(sqlite_house)

    def digest() -> str:
        return filing.rehearse(
            db.source(house.engine),
            quarter_answers.order("v2"),
            quarter_answers.AFTER,
            lambda rows: None,
        ).digest

    before = digest()
    assert digest() == before
    complete(house, "calls")
    with_calls = digest()
    reflection = Reflection("Other words.", "A new counter.", "Ana", quarter_answers.AFTER)
    with db.write(house.engine) as connection:
        reflections.put(connection, QUARTER, "calls", replace(reflection, who="Bea"))
    assert len({before, with_calls, digest()}) == 3

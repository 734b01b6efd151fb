"""`cx records`, and the nightly job: dry run first, then what is due, unless a hold stops it."""

import json

from cxserver import db
from cxserver.audit.journal import Journal, latest
from cxserver.jobs import due
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments, directory_of
from tests.support.house import NOW, House
from tests.support.record_rules import ANSWERS, LAST_DUE, disagreements, set_rules

JOB = [job for job in due.JOBS if job.name == "records"]


def old_answers(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", "Older", day=LAST_DUE)


def run_job(house: House, *, in_doubt: bool = False) -> list[str]:
    known = directory_of(house)
    done = due.run_due(house.engine, house.settings, known, NOW, jobs=JOB, in_doubt=in_doubt)
    return [item.result for item in done]


def test_due_is_a_dry_run_and_dispose_needs_a_yes(house: House) -> None:
    old_answers(house)
    said, _ = invoke(house, "records", "due")
    assert "3 years, GRS 6.5 010" in said and "Nothing was deleted." in said
    said, _ = invoke(house, "records", "due", "--json")
    [item] = json.loads(said)["due"]
    assert item == {
        "service": "permits",
        "kind": "answers",
        "office": "riverside",
        "day": "2023-11-04",
        "n": 2,
        "years": 3,
        "schedule": "GRS 6.5 010",
        "hold": None,
    }
    assert "add --confirm" in invoke(house, "records", "dispose")[0]
    assert len(house.responses()) == 2
    said, _ = invoke(house, "records", "dispose", "--confirm")
    assert said.strip() == "Deleted 2 answers of permits (3 years, GRS 6.5 010)."
    assert not house.responses() and disagreements(house) == []
    assert "Nothing is due." in invoke(house, "records", "dispose", "--confirm")[0]


def test_a_hold_is_placed_listed_and_lifted_each_with_a_line_in_the_audit_log(
    house: House,
) -> None:
    old_answers(house)
    invoke(house, "records", "hold", "permits", "--why", "Smith v. X", "--who", "R. Lee")
    said, _ = invoke(house, "records", "holds", "--json")
    [hold] = json.loads(said)["holds"]
    assert (hold["service"], hold["why"], hold["who"]) == ("permits", "Smith v. X", "R. Lee")
    assert hold["id"] in invoke(house, "records", "due")[0]
    assert "Nothing is due." in invoke(house, "records", "dispose", "--confirm")[0]
    invoke(house, "records", "lift", hold["id"], "--why", "Settled", "--who", "R. Lee")
    [hold] = json.loads(invoke(house, "records", "holds", "--json")[0])["holds"]
    assert (hold["lifted_by"], hold["lifted_why"]) == ("R. Lee", "Settled")
    assert "by R. Lee" in invoke(house, "records", "holds")[0]
    invoke(house, "records", "dispose", "--confirm")
    assert not house.responses()
    with db.read(house.engine) as connection:
        lines = [line.what for line in latest(connection)]
        assert Journal(house.roots).verify(connection).is_whole
    wanted = ["dispose of records", "lift a legal hold", "place a legal hold"]
    assert [what for what in lines if what in wanted] == wanted


def test_a_hold_names_a_service_or_says_all(sqlite_house: House) -> None:
    reason = ("--why", "x", "--who", "me")
    _, said = invoke(sqlite_house, "records", "hold", *reason, fails=True)
    assert "name a service, or use --all" in said
    _, said = invoke(sqlite_house, "records", "hold", "permits", "--all", *reason, fails=True)
    assert "name a service, or use --all" in said


def test_the_nightly_job_deletes_what_is_due_once(house: House) -> None:
    old_answers(house)
    assert run_job(house) == ["2 answers deleted"]
    assert not house.responses()
    assert run_job(house) == []


def test_the_nightly_job_waits_while_the_clock_is_in_doubt(house: House) -> None:
    old_answers(house)
    assert run_job(house, in_doubt=True) == [] and len(house.responses()) == 2

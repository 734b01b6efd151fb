"""What commands change on the server is in the audit log: each deed with its line, or neither."""

import json

import pytest

from cxserver import db
from cxserver.audit import journal as audit
from cxserver.audit.journal import Journal
from cxserver.cli import audit_line
from tests.support import quarter_answers
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments
from tests.support.house import CATALOGUE, House

HEAD = "service,name,unit,period,office,value\n"


def lines(house: House) -> list[tuple[str, str, str, str]]:
    """Who, what, about and result, oldest first."""
    with db.read(house.engine) as connection:
        assert Journal(house.roots).verify(connection).is_whole
        return [(row.who, row.what, row.about, row.result) for row in audit.latest(connection)][
            ::-1
        ]


def test_a_catalog_that_changes_something_is_a_line(house, tmp_path):
    file = tmp_path / "agency.toml"
    file.write_text(CATALOGUE.replace("Permit renewal", "Renewal of permits"), encoding="utf-8")
    invoke(house, "catalog", "apply", file, "--dry-run")
    assert lines(house) == []
    invoke(house, "catalog", "apply", file)
    assert lines(house) == [("command line", "apply catalog", "agency.toml", "changes: 2")]


def test_link_keys_are_lines_that_hold_no_key(house):
    text, _ = invoke(house, "key", "issue", "permits", "--office", "riverside")
    kid = str(house.keys["permits"].kid)
    invoke(house, "key", "revoke", "permits", kid, "--link", house.mint())
    invoke(house, "key", "revoke", "permits", kid)
    issued, link, whole = lines(house)
    assert issued[1:] == ("issue link key", "link key 2 of permits for riverside", "done")
    assert link[1:3] == ("revoke link key", f"link key {kid} of permits for riverside, one link")
    assert whole[2] == f"link key {kid} of permits for all offices"
    assert text.strip() not in str(lines(house))


def test_what_is_told_of_a_quarter_is_lines(house, tmp_path):
    quarter = quarter_answers.QUARTER
    file = tmp_path / "levels.csv"
    file.write_text(HEAD + f"permits,Calls,count,{quarter},,12\n", encoding="utf-8")
    invoke(house, "indicators", "import", file, "--who", "Ana")
    counts = ("--served", "12000", "--offered", "9000", "--source", "Queue", "--who", "Ana")
    invoke(house, "quarter", "volumes", "set", quarter, "permits", "email", *counts)
    said = ("--reflection", "Better waits.", "--accomplishments", "A", "--who", "Ana")
    invoke(house, "quarter", "reflect", quarter, "permits", *said)
    assert [line[1:] for line in lines(house)] == [
        ("import indicators", "levels.csv by Ana", "indicators: 1"),
        ("tell of a quarter", f"{quarter} permits email by Ana", "done"),
        ("tell of a quarter", f"{quarter} permits by Ana", "done"),
    ]
    assert "Better waits" not in str(lines(house))


def test_a_record_of_a_quarter_is_a_line(house):
    quarter_answers.answer_all(house, 20)
    invoke(house, "quarter", "record", quarter_answers.QUARTER, "draft", "--who", "Ana")
    assert [line[1:] for line in lines(house)] == [
        ("record a quarter", f"{quarter_answers.QUARTER} v2 draft by Ana", "done")
    ]


def test_decisions_about_comments_are_lines_without_words(house):
    add_comments(house, "Fine.", "Ana waited.")
    listed = json.loads(invoke(house, "review", "list", quarter_answers.QUARTER, "--json")[0])
    names = [entry["name"] for entry in listed["comments"]]
    invoke(house, "review", "approve", *names, "--who", "Bea")
    invoke(house, "review", "withhold", names[0], "--who", "Bea")
    assert [line[1:] for line in lines(house)] == [
        ("approve comments", "permits by Bea", "2"),
        ("withhold comments", "permits by Bea", "1"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("catalog", "apply", "missing.toml"),
        ("key", "revoke", "permits", "99"),
        ("key", "issue", "nothing-there"),
        ("quarter", "volumes", "set", "2027Q1", "nowhere", "email", "--served", "1")
        + ("--offered", "1", "--source", "x", "--who", "x"),
        ("review", "approve", "permits/2026-11-04/0123456789abcdef0123456789abcdef", "--who", "x"),
    ],
)
def test_what_was_not_done_has_no_line(sqlite_house, words):
    invoke(sqlite_house, *words, fails=True)
    assert lines(sqlite_house) == []


def test_without_its_root_key_nothing_is_done_but_a_key_is_revoked(sqlite_house, tmp_path):
    house, file = sqlite_house, tmp_path / "agency.toml"
    file.write_text(CATALOGUE.replace("Permit renewal", "Renewal of permits"), encoding="utf-8")
    link, path = house.mint(), house.settings.root_key_path
    aside = path.rename(path.with_suffix(".aside"))
    _, message = invoke(house, "catalog", "apply", file, fails=True)
    assert "root key" in message
    _, message = invoke(house, "key", "revoke", "permits", str(house.keys["permits"].kid))
    assert "The audit log has no line of this." in message
    aside.rename(path)
    shown, _ = invoke(house, "catalog", "apply", file, "--dry-run")
    assert "change service permits" in shown
    with house.client() as client:
        assert client.get(link).status_code == 410


def test_a_line_that_is_too_long_is_cut_and_no_deed_fails_of_it(house):
    with db.write(house.engine) as connection:
        audit_line.write(connection, house.settings, "look", "x" * 500, house.clock.now)
    assert lines(house)[0][2] == "x" * 400

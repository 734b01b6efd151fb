"""No restore brings back what was erased after the backup; and what was not erased stays."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import api_keys
from cxserver.accounts.roles import Role
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.backups.erasures import Kind
from cxserver.comments import cases
from cxserver.comments.striking import MARK
from cxserver.errors import BackupUnfit
from cxserver.jobs import due
from cxserver.response_id import ResponseId
from cxserver.settings import Settings
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments, directory_of
from tests.support.house import NOW, House
from tests.support.import_files import batch, row, run_import, sheet
from tests.support.record_rules import (
    ANSWERS,
    COMMENTS,
    LAST_DUE,
    NOT_DUE,
    dispose,
    set_rules,
)
from tests.support.restored_places import back_up, opened, run
from tests.support.staff_accounts import invite, post, sign_in

NAME = "Clementine Quartzbottom"


def redact(place: Settings, row: ResponseId, words: str) -> None:
    """`cx review redact`, with the words on standard input."""
    name = "/".join(map(str, row))
    run(place, "review", "redact", name, "--who", "Kim", "--confirm", stdin=words)


def comments(place: Settings) -> dict[str, str]:
    with opened(place) as connection:
        response = tables.responses.c
        return dict(map(tuple, connection.execute(select(response.id, response.comment))))


def listed(house: House) -> list[erasures.Entry]:
    return erasures.read(house.settings.backups / erasures.NAME)


def check_whole(place: Settings) -> None:
    """Counts and audit log are as they must be."""
    assert "agree" in run(place, "recount", "--check")
    run(place, "audit", "verify")


# ---- comments


def test_a_comment_redacted_after_the_backup_stays_redacted(house: House, place: Settings) -> None:
    row, other = add_comments(house, f"{NAME} was rude", "Fine")
    with db.write(house.engine) as connection:
        cases.read(connection, row, "riverside", NOW)
        cases.note(connection, row, "kim@example.gov", "Talk to Quartzbottom", NOW)
        Journal(house.roots).write(connection, COMMAND, "write a note", "", "done", NOW)
    folder = back_up(house)
    redact(house.settings, row, NAME)
    assert comments(house.settings)[row.id] == f"{MARK} was rude"
    said = run(place, "restore", folder)
    assert "Again: 1 comments redacted." in said
    assert comments(place) == {row.id: MARK, other.id: "Fine"}
    with opened(place) as connection:
        assert list(connection.execute(select(tables.case_notes.c.text)).scalars()) == [MARK]
    check_whole(place)


def test_the_words_are_in_no_file_of_the_restored_database(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    [row] = add_comments(sqlite_house, f"{NAME} was rude")
    folder = back_up(sqlite_house)
    assert NAME.encode() in (folder / "cx.sqlite3").read_bytes()
    redact(sqlite_house.settings, row, NAME)
    run(sqlite_place, "restore", folder)
    files = list(sqlite_place.data_dir.iterdir())
    assert files and not [file for file in files if NAME.encode() in file.read_bytes()]


def test_what_was_redacted_before_the_backup_keeps_its_other_words(
    house: House, place: Settings
) -> None:
    [row] = add_comments(house, f"{NAME} was rude")
    redact(house.settings, row, NAME)
    run(place, "restore", back_up(house))
    assert comments(place) == {row.id: f"{MARK} was rude"}


def test_the_list_has_no_words(house: House) -> None:
    [row] = add_comments(house, f"{NAME} was rude")
    redact(house.settings, row, NAME)
    text = (house.settings.backups / erasures.NAME).read_text()
    assert row.id in text and "Quartz" not in text and "Kim" not in text


def test_a_redaction_on_the_staff_pages_is_listed_at_once(house: House) -> None:
    [row] = add_comments(house, f"{NAME} was rude")
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        at = f"/staff/comments/{row.service}/2026-10-26/{row.id}/redact"
        assert post(client, at, words=NAME, confirm="yes").status_code == 303
    assert [(entry.kind, entry.id) for entry in listed(house)] == [(Kind.REDACTION, row.id)]


def test_a_redaction_in_the_review_is_listed_at_once(house: House) -> None:
    [row] = add_comments(house, f"{NAME} was rude")
    at = "/staff/quarter/comments/redact"
    fields = {"quarter": "2027Q1", "format": "v2", "name": f"{row.service}/{row.id}"}
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        done = post(client, at, **fields, words=NAME, confirm="yes")
        assert done.status_code == 303, done.text
    assert [(entry.kind, entry.id) for entry in listed(house)] == [(Kind.REDACTION, row.id)]


# ---- retention


def test_no_answer_that_retention_deleted_comes_back_and_the_others_do(
    house: House, place: Settings
) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, NAME, "Old", day=LAST_DUE)
    [young] = add_comments(house, "Young", day=NOT_DUE)
    folder = back_up(house)
    assert [item.n for item in dispose(house)] == [2]
    erasures.follow(house.engine, house.settings.backups)
    said = run(place, "restore", folder)
    assert "1 days deleted by retention" in said
    assert comments(place) == {young.id: "Young"}
    check_whole(place)


def test_what_retention_deleted_of_comments_stays_deleted(house: House, place: Settings) -> None:
    set_rules(house, COMMENTS)
    [row] = add_comments(house, NAME, day=LAST_DUE)
    folder = back_up(house)
    dispose(house)
    erasures.follow(house.engine, house.settings.backups)
    run(place, "restore", folder)
    assert comments(place) == {row.id: MARK}
    check_whole(place)


# ---- quarantines


def excluded(place: Settings) -> int:
    with opened(place) as connection:
        response = tables.responses.c
        every = connection.execute(select(response.excluded)).scalars()
        return sum(action is not None for action in every)


def quarantine(house: House, *more: object) -> None:
    words = ("--service", "permits", "--why", "A bot", "--confirm")
    invoke(house, "answers", "quarantine", *words, *more)


def test_answers_quarantined_after_the_backup_count_nowhere(house: House, place: Settings) -> None:
    add_comments(house, *["x"] * 6)
    add_comments(house, "y", office="lakeside")
    folder = back_up(house)
    add_comments(house, "not in the backup")
    quarantine(house, "--office", "riverside")
    assert excluded(house.settings) == 7
    assert "Again: 1 quarantines." in run(place, "restore", folder)
    assert excluded(place) == 6
    check_whole(place)


def test_answers_put_back_after_the_backup_count_again(house: House, place: Settings) -> None:
    add_comments(house, *["x"] * 6)
    quarantine(house)
    folder = back_up(house)
    invoke(house, "answers", "restore", "--service", "permits")
    assert "Again: 1 quarantines undone." in run(place, "restore", folder)
    assert excluded(place) == 0
    check_whole(place)


def test_a_quarantine_that_was_undone_is_not_done_again(house: House, place: Settings) -> None:
    add_comments(house, *["x"] * 6)
    folder = back_up(house)
    quarantine(house)
    invoke(house, "answers", "restore", "--service", "permits")
    assert "Again" not in run(place, "restore", folder)
    assert excluded(place) == 0


def test_a_quarantine_on_the_staff_pages_is_listed_at_once(house: House) -> None:
    rows = add_comments(house, "x", "y")
    choice = {"service": "permits", "why": "A bot", "confirm": "yes"}
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        assert post(client, "/staff/quarantine", **choice).status_code == 303
        [entry] = listed(house)
        assert {id for ids in entry.answers.values() for id in ids} == {row.id for row in rows}
        assert post(client, "/staff/quarantine", service="permits", id=entry.id).status_code == 303
    assert [entry.kind for entry in listed(house)] == [Kind.QUARANTINE, Kind.RESTORATION]


# ---- what was revoked


def test_what_was_revoked_after_the_backup_opens_nothing(house: House, place: Settings) -> None:
    invite(house, Role.ANALYST)
    with db.write(house.engine) as connection:
        Journal(house.roots).write(connection, COMMAND, "invite", "", "done", NOW)
        day = NOW.date()
        id, _ = api_keys.issue(connection, "x", None, None, day, day, comments=False, rows=False)
        about = f"API key {id}"
        Journal(house.roots).write(connection, COMMAND, "issue key", about, "done", NOW)
    folder = back_up(house)
    stolen = house.cut("permits")
    house.revoke("permits", stolen.kid)
    house.revoke("hearings", 1, office="riverside")
    invoke(house, "api-key", "revoke", id)
    invoke(house, "staff", "revoke", "analyst@example.gov")
    invoke(house, "backup")
    said = run(place, "restore", folder)
    for sentence in ("2 link keys or links", "1 API keys", "1 people removed"):
        assert f"Again: {sentence}" in said
    with opened(place) as connection:
        gone = connection.execute(select(tables.revocations)).all()
        assert {(row.service, row.kid, row.office) for row in gone} == {
            ("permits", stolen.kid, ""),
            ("hearings", 1, "riverside"),
        }
        # Else the next key that is created would be the stolen one.
        key = tables.link_keys.c
        numbers = connection.execute(select(key.kid).where(key.service == "permits")).scalars()
        assert max(numbers) == stolen.kid
        assert connection.scalar(select(tables.api_keys.c.revoked))
        assert connection.scalar(select(tables.staff_members.c.revoked))
    check_whole(place)


def test_who_was_let_in_again_before_the_backup_stays(house: House, place: Settings) -> None:
    with db.write(house.engine) as connection:
        Journal(house.roots).write(connection, COMMAND, "invite", "", "done", NOW)
    invite(house, Role.ANALYST)
    invoke(house, "staff", "revoke", "analyst@example.gov")
    invoke(house, "backup")
    invite(house, Role.ANALYST)
    run(place, "restore", back_up(house))
    with opened(place) as connection:
        assert connection.execute(select(tables.staff_members.c.revoked)).scalars().all() == [None]


def test_an_import_undone_after_the_backup_does_not_come_back(
    house: House, place: Settings, tmp_path: Path
) -> None:
    add_comments(house, "ours")
    imported = batch(tmp_path, sheet([row("1", Said="Slow"), row("2")]))
    run_import(house, imported)
    folder = back_up(house)
    invoke(house, "import", "undo", imported.id, "--yes")
    assert "Again: 1 imports removed." in run(place, "restore", folder)
    assert list(comments(place).values()) == ["ours"]
    check_whole(place)


# ---- the list itself


def redacted_without_a_line(house: House) -> ResponseId:
    """A redaction as a crash right after its commit leaves it: done, and not listed."""
    [row] = add_comments(house, f"{NAME} was rude")
    redact(house.settings, row, NAME)
    (house.settings.backups / erasures.NAME).write_text("")
    return row


@pytest.mark.parametrize("way", ["job", "backup"])
def test_what_a_crash_kept_from_the_list_is_listed_later(house: House, way: str) -> None:
    row = redacted_without_a_line(house)
    if way == "backup":
        back_up(house)
    else:
        [job] = [job for job in due.JOBS if job.name == "erasures"]
        known = directory_of(house)
        [done] = due.run_due(house.engine, house.settings, known, NOW, jobs=[job])
        assert (done.result, done.failed) == ("1 listed", False)
    assert [entry.id for entry in listed(house)] == [row.id]
    assert erasures.follow(house.engine, house.settings.backups) == 0


def test_a_line_that_was_cut_off_is_written_again(sqlite_house: House) -> None:
    house = sqlite_house
    [row] = add_comments(house, f"{NAME} was rude")
    redact(house.settings, row, NAME)
    file = house.settings.backups / erasures.NAME
    whole = file.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert erasures.follow(house.engine, house.settings.backups) == 1
        assert file.read_bytes() == whole


def test_a_damaged_line_is_named_and_nothing_is_restored(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    folder = back_up(sqlite_house)
    (folder.parent / erasures.NAME).write_text('{"kind": "redac\n')
    said = run(sqlite_place, "restore", folder, fails=True)
    assert "Line 1 of" in said and "is damaged" in said
    assert not list(sqlite_place.data_dir.glob("cx.sqlite3*"))
    with pytest.raises(BackupUnfit):
        erasures.follow(sqlite_house.engine, folder.parent)


def test_a_list_that_cannot_be_written_stops_no_redaction_and_the_job_says_so(
    sqlite_house: House,
) -> None:
    house: Any = sqlite_house
    [row] = add_comments(house, f"{NAME} was rude")
    house.settings.backups.write_text("a file where the folder should be")
    redact(house.settings, row, NAME)
    assert comments(house.settings)[row.id] == f"{MARK} was rude"
    [job] = [job for job in due.JOBS if job.name == "erasures"]
    [done] = due.run_due(house.engine, house.settings, directory_of(house), NOW, jobs=[job])
    assert done.failed and erasures.NAME in done.result


def test_a_second_restore_erases_again_too(house: House, place: Settings, tmp_path: Path) -> None:
    """From a backup of before, with the list that goes on after the first restore."""
    [row] = add_comments(house, f"{NAME} was rude")
    folder = back_up(house)
    redact(house.settings, row, NAME)
    run(place, "restore", folder, "--erasures", folder.parent / erasures.NAME)
    run(place, "backup", tmp_path / "later")
    entries = erasures.read(tmp_path / "later" / erasures.NAME)
    assert [(entry.kind, entry.id) for entry in entries] == [(Kind.REDACTION, row.id)]

"""`cx doctor`: what is unsound is told with its cure, and what ends is told in time."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from cxserver import db
from cxserver.catalog import directory, placements
from cxserver.catalog.directory import Directory
from cxserver.catalog.linkkeys import KeyRecord
from cxserver.catalog.placements import Placement
from cxserver.doctor import checkup, endings, installation
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings
from tests.support.cli_runner import invoke
from tests.support.house import CATALOGUE, NOW, House

TODAY = NOW.date()


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


def finding_of(findings: list[Finding], check: str) -> Finding:
    [finding] = [finding for finding in findings if finding.check == check]
    return finding


# ---- the command


def test_a_sound_installation_is_well(house):
    invoke(house, "backup")
    findings = checkup.examine(house.settings, NOW, database_clock=lambda connection: NOW)
    assert list(states(findings)) == [
        *("public address", "root key", "disk", "database", "tables", "durability"),
        "fingerprint",
        *(
            "clock",
            "connections",
            "clearances",
            "place links",
            "kiosks",
            "refused links",
            "keys",
            "mail",
            "backup",
        ),
    ]
    assert set(states(findings).values()) == {"ok"}
    assert not any(finding.cure for finding in findings)


def test_it_prints_a_table_with_the_cure_and_fails_on_a_problem(sqlite_house):
    sqlite_house.live_today()
    invoke(sqlite_house, "doctor")
    sqlite_house.settings.root_key_path.chmod(0o640)
    out, _ = invoke(sqlite_house, "doctor", fails=True)
    row = next(line for line in out.splitlines() if "root key" in line)
    assert row.split()[0] == "problem" and "(mode 0640)" in out
    assert f"→ chmod 600 {sqlite_house.settings.root_key_path}" in "".join(out.split("\n"))
    assert out.splitlines()[-1].startswith("1 problem")


def test_a_warning_is_no_failure_and_names_are_printed_as_they_are(sqlite_house):
    sqlite_house.live_today()
    note(sqlite_house, "Main [exit]", sqlite_house.today() + timedelta(days=5))
    out, _ = invoke(sqlite_house, "doctor")
    [row] = [line for line in out.splitlines() if "Main [exit]" in line and "ends" in line]
    assert row.split()[0] == "warning" and " in 5 days" in row


def test_a_program_reads_it_as_json(sqlite_house):
    sqlite_house.live_today()
    report = json.loads(invoke(sqlite_house, "doctor", "--json")[0])
    assert report["state"] in ("ok", "warning")
    assert len(report["checks"]) > 5
    assert all(
        set(check) == {"check", "state", "told", "cure", "days"} for check in report["checks"]
    )
    sqlite_house.settings.root_key_path.unlink()
    assert json.loads(invoke(sqlite_house, "doctor", "--json", fails=True)[0])["state"] == "problem"


# ---- the installation


def test_a_folder_that_is_empty_stays_empty(tmp_path):
    findings = checkup.examine(Settings(data_dir=tmp_path / "new"), NOW)
    assert states(findings) == {
        "public address": "ok",
        "root key": "problem",
        "disk": "ok",
        "database": "problem",
    }
    assert "cx migrate" in finding_of(findings, "database").cure
    assert not (tmp_path / "new").exists()


def test_tables_of_another_version_are_a_problem_with_a_cure(house):
    with db.write(house.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    finding = finding_of(checkup.examine(house.settings, NOW), "tables")
    assert (finding.state, finding.cure) == ("problem", "cx migrate")
    assert "at version 0000" in finding.text


def test_a_database_without_tables_is_a_problem_with_a_cure(empty_database_url, tmp_path):
    settings = Settings(data_dir=tmp_path, database_url=empty_database_url)
    if empty_database_url.startswith("sqlite"):
        (tmp_path / "cx.sqlite3").touch()
    finding = finding_of(checkup.examine(settings, NOW), "tables")
    assert (finding.state, finding.cure) == ("problem", "cx migrate")


def test_a_database_that_does_not_answer_is_a_problem_without_its_password(sqlite_house):
    away = "postgresql://cx:secret-word@127.0.0.1:1/cx"
    settings = sqlite_house.settings.model_copy(update={"database_url": away})
    finding = finding_of(checkup.examine(settings, NOW), "database")
    assert finding.state == "problem" and "does not answer" in finding.text
    assert "CX_DATABASE_URL" in finding.cure
    assert "secret-word" not in repr(finding)


def test_a_file_that_is_no_database_is_a_problem(tmp_path):
    (tmp_path / "cx.sqlite3").write_text("These are my holiday notes. " * 100)
    finding = finding_of(checkup.examine(Settings(data_dir=tmp_path), NOW), "database")
    assert finding.state == "problem" and "not a database" in finding.text


def test_the_durable_settings_are_told(house):
    text = finding_of(checkup.examine(house.settings, NOW), "durability").text
    words = (
        ("journal_mode=wal", "synchronous=2", "version=3.")
        if house.engine.dialect.name == "sqlite"
        else ("fsync=on", "full_page_writes=on", "synchronous_commit=on")
    )
    assert all(word in text for word in words)


def test_a_slower_journal_is_told_with_its_reason(sqlite_engine: Engine):
    @event.listens_for(sqlite_engine, "connect")
    def _older(raw, _record):
        raw.execute("PRAGMA journal_mode=delete")

    finding = finding_of(installation.database(sqlite_engine), "durability")
    assert finding.state == "warning" and "journal_mode=delete" in finding.text
    assert "can lose data" in finding.text and "pysqlite3" in finding.cure


def test_settings_that_lose_answers_are_a_problem(sqlite_engine: Engine):
    @event.listens_for(sqlite_engine, "connect")
    def _careless(raw, _record):
        raw.execute("PRAGMA synchronous=OFF")

    finding = finding_of(installation.database(sqlite_engine), "durability")
    assert finding.state == "problem" and "could lose answers" in finding.text and finding.cure


ADDRESSES = [
    ("https://cx.agency.gov", "ok"),
    ("https://cx.agency.gov/feedback", "ok"),
    ("http://127.0.0.1:8000", "ok"),
    ("http://127.9.9.9", "ok"),
    ("http://[::1]:8000", "ok"),
    ("http://localhost:8000", "ok"),
    ("http://cx.agency.gov", "problem"),
    ("http://192.168.1.5:8000", "problem"),
    ("http://localhost.example.com", "problem"),
]


@pytest.mark.parametrize(("address", "state"), ADDRESSES)
def test_answers_travel_encrypted_or_stay_on_the_machine(address, state):
    finding = installation.address(Settings(base_url=address))
    assert finding.state == state and bool(finding.cure) == (state == "problem")


@pytest.mark.parametrize(
    ("content", "mode", "state", "words"),
    [
        ("ab" * 32, 0o600, "ok", "readable by its owner only"),
        ("ab" * 32, 0o400, "ok", "readable by its owner only"),
        ("ab" * 32, 0o604, "problem", "can be opened by other users (mode 0604)"),
        ("ab" * 32, 0o620, "problem", "can be opened by other users (mode 0620)"),
        ("ab" * 31, 0o600, "problem", "64 hexadecimal digits"),
        ("", 0o600, "problem", "64 hexadecimal digits"),
    ],
)
def test_the_root_key_is_whole_and_private(tmp_path: Path, content, mode, state, words):
    file = tmp_path / "root.key"
    file.write_text(content)
    file.chmod(mode)
    finding = installation.root_key(Settings(data_dir=tmp_path))
    assert (finding.state, bool(finding.cure)) == (state, state == "problem")
    assert words in finding.text and "abab" not in finding.text


def test_a_clock_that_is_behind_is_a_problem(house):
    def look(now):
        return finding_of(checkup.examine(house.settings, now, lambda connection: now), "clock")

    finding = look(NOW - timedelta(days=3))
    assert finding.state == "problem" and f"entries of {TODAY}" in finding.text
    assert look(NOW - timedelta(days=1)).state == "ok"


# ---- what ends


def look(house: House) -> Directory:
    with db.read(house.engine) as connection:
        return directory.load(connection)


def note(house: House, place: str, expires: date, kind: str = "poster", kid: int = 0) -> None:
    with db.write(house.engine) as connection:
        how = ("permits", "riverside", kind, place, expires, TODAY)
        placements.note(connection, *how, kid=kid or None)


def shown(findings: list[Finding]) -> list[tuple[str, str, int | None]]:
    """State, first word of the cure, days."""
    return [(finding.state, finding.cure.partition(":")[0], finding.days) for finding in findings]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (91, [("ok", "", None)]),
        (90, [("warning", "Soon", 90)]),
        (31, [("warning", "Soon", 31)]),
        (30, [("warning", "This month", 30)]),
        (8, [("warning", "This month", 8)]),
        (7, [("warning", "Now", 7)]),
        (0, [("warning", "Now", 0)]),
        (-1, [("problem", "Now", -1)]),
    ],
)
def test_a_clearance_is_told_90_30_and_7_days_before(sqlite_house, days, expected):
    ends = date(2028, 3, 31)
    assert shown(endings.clearances(look(sqlite_house), ends - timedelta(days=days))) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (61, [("ok", "", None)]),
        (60, [("warning", "Soon", 60)]),
        (31, [("warning", "Soon", 31)]),
        (30, [("warning", "This month", 30)]),
        (8, [("warning", "This month", 8)]),
        (7, [("warning", "Now", 7)]),
        (0, [("warning", "Now", 0)]),
        (-1, [("problem", "Now", -1)]),
    ],
)
def test_a_place_link_is_told_60_30_and_7_days_before(sqlite_house, days, expected):
    note(sqlite_house, "Main exit", after(days))
    findings = checkup.examine(sqlite_house.settings, NOW)
    assert shown([finding for finding in findings if finding.check == "place links"]) == expected


def test_an_end_is_told_with_the_line_that_makes_the_next_one(sqlite_house):
    known = look(sqlite_house)
    soon = [
        Placement("permits", "riverside", "poster", "Main exit", after(5)),
        Placement("permits", "lakeside", "site", "", after(1)),
        Placement("permits", "riverside", "kiosk", "Lobby $1", after(0)),
    ]
    assert [(finding.text, finding.cure) for finding in endings.places(known, soon, TODAY)] == [
        (
            "kiosk “Lobby $1” of permits at riverside ends today, on 2026-11-04",
            "Now: make the next one with "
            "cx link permits riverside --place 'Lobby $1' --channel kiosk",
        ),
        (
            "site of permits at lakeside ends tomorrow, on 2026-11-05",
            "Now: make the next one with cx link permits lakeside --channel site",
        ),
        (
            "poster “Main exit” of permits at riverside ends in 5 days, on 2026-11-09",
            "Now: print the next one with "
            "cx poster permits riverside --place 'Main exit' -o poster.pdf",
        ),
    ]


def test_a_poster_whose_key_is_withdrawn_is_a_problem(sqlite_house):
    house = sqlite_house
    kid = house.keys["permits"].kid
    note(house, "Main exit", after(300), kid=kid)
    assert finding_of(checkup.examine(house.settings, NOW), "place links").state == "ok"
    house.revoke("permits", kid, office="lakeside")
    assert finding_of(checkup.examine(house.settings, NOW), "place links").state == "ok"
    house.revoke("permits", kid, office="riverside")
    finding = finding_of(checkup.examine(house.settings, NOW), "place links")
    assert (
        finding.state == "problem"
        and "opens nothing" in finding.text
        and "cx poster" in finding.cure
    )


def test_a_poster_of_a_closed_office_is_to_be_taken_down(sqlite_house):
    house = sqlite_house
    note(house, "Main exit", after(300))
    riverside = CATALOGUE.index('[[service.permits.office]]\nslug = "riverside"')
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    house.apply(CATALOGUE[:riverside] + CATALOGUE[lakeside:])
    finding = finding_of(checkup.examine(house.settings, NOW), "place links")
    assert (finding.state, finding.cure) == ("warning", "Take it down.")


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (299, [("ok", "", None)]),
        (300, [("warning", "Soon", 65)]),
        (335, [("warning", "This month", 30)]),
        (358, [("warning", "Now", 7)]),
        (500, [("warning", "Now", -135)]),
    ],
)
def test_a_key_is_told_from_its_300th_day_on(sqlite_house, age, expected):
    records = [KeyRecord("permits", 1, None, after(-age), ())]
    assert shown(endings.keys(look(sqlite_house), records, TODAY)) == expected


def test_a_replaced_key_is_named_until_it_is_revoked(sqlite_house):
    house = sqlite_house
    house.cut("permits", "riverside")
    assert "retiring keys" not in states(checkup.examine(house.settings, NOW))
    newest = house.cut("permits").kid
    finding = finding_of(checkup.examine(house.settings, NOW), "retiring keys")
    assert (finding.state, finding.text) == ("ok", "key 1 of permits")
    assert "in front of it in CX_KEY" in finding.cure
    assert key_states(house) == {1: "retiring", 2: "active", newest: "active"}
    house.revoke("permits", 1)
    assert "retiring keys" not in states(checkup.examine(house.settings, NOW))
    assert key_states(house)[1] == "revoked"


def key_states(house) -> dict[int, str]:
    listed = json.loads(invoke(house, "key", "list", "--json")[0])
    return {key["kid"]: key["state"] for key in listed if key["service"] == "permits"}


def test_only_the_key_that_mints_is_told(sqlite_house):
    old, young = after(-400), after(-10)
    records = [
        KeyRecord("permits", 1, None, old, ()),  # superseded
        KeyRecord("permits", 2, None, young, ()),
        KeyRecord("permits", 3, "riverside", old, ()),  # an office's own
        KeyRecord("hearings", 1, None, old, ("",)),  # withdrawn everywhere
        KeyRecord("calls", 1, None, old, ("center",)),  # withdrawn at one office
        KeyRecord("gone", 1, None, old, ()),  # no such service any more
    ]
    findings = endings.keys(look(sqlite_house), records, TODAY)
    assert [(finding.text, finding.cure.partition(", and")[0]) for finding in findings] == [
        ("key 1 of calls is 400 days old", "Now: cx key issue calls"),
        (
            "key 3 of permits at riverside is 400 days old",
            "Now: cx key issue permits --office riverside",
        ),
    ]

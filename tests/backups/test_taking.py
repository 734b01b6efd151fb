"""What a backup holds, and what it does not; and what keeps it from being taken."""

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.backups import left_out
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments
from tests.support.house import House, answer
from tests.support.restored_places import back_up
from tests.support.staff_accounts import invite, sign_in


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


def test_the_manifest_says_what_the_backup_is_of(house: House) -> None:
    add_comments(house, "first", "second")
    folder = back_up(house)
    assert folder.parent == house.settings.data_dir / "backups"
    read = manifest_of(folder)
    assert (read["engine"], read["counts"]["responses"]) == (house.engine.dialect.name, 2)
    assert read["root_keys"] == list(house.roots.fingerprints)
    assert read["tables"] == db.newest_table_version()
    assert set(read["counts"]) == set(tables.metadata.tables)
    for name, part in read["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            part["bytes"],
            part["sha256"],
        )


def test_only_its_owner_can_read_a_backup(house: House) -> None:
    previous = os.umask(0)
    try:
        folder = back_up(house)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [*folder.iterdir(), folder.parent / "erasures.jsonl"]
    assert len(files) >= 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_backup_holds_nothing_that_opens_something(sqlite_house: House) -> None:
    house = sqlite_house
    with house.client() as client:
        answer(client, house.mint())
        sign_in(house, client, Role.ANALYST)
        invite(house, Role.ADMINISTRATOR)
    with db.read(house.engine) as connection:
        [(body, receipt)] = connection.execute(
            select(tables.use_keys.c.body_hash, tables.use_keys.c.receipt)
        )
        [session] = connection.execute(select(tables.staff_sessions.c.id_hash)).scalars()
        [link] = connection.execute(select(tables.staff_invites.c.secret_hash)).scalars()
        [key] = connection.execute(select(tables.use_keys.c.key_hash)).scalars()
    content = (back_up(house) / "cx.sqlite3").read_bytes()
    assert bytes(key) in content, "what is left must be as it is stored"
    for secret in (body, receipt.encode(), session, link, *house.roots.epochs):
        assert bytes(secret) not in content
    for epoch in house.roots.epochs:
        assert epoch.hex().encode() not in content


def test_the_dump_has_no_rows_of_what_is_left_out(house: House, tmp_path: Path) -> None:
    with house.client() as client:
        answer(client, house.mint())
        sign_in(house, client, Role.ANALYST)
    read = manifest_of(back_up(house))
    assert [read["counts"][table.name] for table in left_out.TABLES] == [0, 0, 0]
    assert read["counts"]["use_keys"] == 1
    assert {"use_keys.body_hash", "use_keys.receipt", "staff_sessions"} <= set(read["left_out"])


def test_only_the_newest_are_kept_and_nothing_else_is_deleted(
    sqlite_house: House, tmp_path: Path
) -> None:
    parent = tmp_path / "disk"
    mine = parent / "20200101T000000Z"
    for name in ("20250101T000000Z", "20250102T000000Z"):
        (parent / name).mkdir(parents=True)
        (parent / name / "manifest.json").write_text("{}")
    mine.mkdir()
    said, _ = invoke(sqlite_house, "backup", parent, "--keep", 2)
    assert "Deleted" in said and "20250101T000000Z" in said
    names = sorted(path.name for path in parent.iterdir() if path.is_dir())
    assert names[:2] == ["20200101T000000Z", "20250102T000000Z"] and len(names) == 3


def test_a_backup_that_fails_leaves_nothing_behind(sqlite_house: House, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "Not a directory" in invoke(sqlite_house, "backup", file / "x", fails=True)[1]
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("version", ["", "pg_dump (PostgreSQL) 9.6.1"])
def test_a_pg_dump_that_is_missing_or_too_old_says_what_to_install(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    pool = request.getfixturevalue("postgresql_pool")
    name = pool.take()
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        program = tmp_path / "pg_dump"
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    house = House(
        request.getfixturevalue("sqlite_settings").model_copy(
            update={"database_url": pool.server.url(name)}
        )
    )
    try:
        said = " ".join(invoke(house, "backup", fails=True)[1].split())
        assert "is older than the server (9," in said if version else "is not installed" in said
        assert "pg_dump" in said
        assert not list((tmp_path / "backups").iterdir())
    finally:
        house.close()
        pool.give_back(name)


def test_a_password_is_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxserver.backups import postgresql_dump
    from cxserver.settings import Settings

    url = "postgresql://cx:p%40ss@db.example:5433/answers?sslmode=require"
    engine = db.open_engine(Settings(data_dir=tmp_path, database_url=url))
    environment = postgresql_dump._environment(engine)
    engine.dispose()
    assert environment == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "cx",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "answers",
        "PGSSLMODE": "require",
    }

"""A backup comes back whole, into an empty place alone, or a sentence says why not."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select
from starlette.testclient import TestClient

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.intake import recount
from cxserver.settings import Settings
from cxserver.web.app import create_app
from tests.support.comment_factory import add_comments
from tests.support.house import House, answer
from tests.support.restored_places import back_up, opened, run
from tests.support.staff_accounts import sign_in


def rows(connection, name: str) -> list[tuple]:
    return sorted(map(tuple, connection.execute(select(tables.metadata.tables[name]))), key=repr)


SAME = sorted(set(tables.metadata.tables) - {"staff_sessions", "staff_invites", "pairings"})


def test_every_row_comes_back(house: House, place: Settings) -> None:
    add_comments(house, "Línea 1\nLínea 2", "tab\tand \\ backslash", "", trust=2)
    with house.client() as client:
        answer(client, house.mint())
        sign_in(house, client, Role.ANALYST)
    folder = back_up(house)
    said = run(place, "restore", folder)
    assert "Restored 4 answers" in said and "All totals agree." in said
    assert "Invites that were answered after the backup open again" in said
    with db.read(house.engine) as before, opened(place) as after:
        for name in SAME:
            if name not in ("use_keys", "audit"):
                assert rows(after, name) == rows(before, name), name
        assert not rows(after, "staff_sessions")
        keys = tables.use_keys.c
        plain = select(keys.service, keys.bucket, keys.key_hash, keys.ends, keys.forget)
        assert set(after.execute(plain)) == set(before.execute(plain))
        assert set(after.execute(select(keys.body_hash, keys.receipt))) == {(None, None)}
        [*_, line] = after.execute(select(tables.audit).order_by(tables.audit.c.n))
        assert (line.what, line.result) == ("restore a backup", "4 answers")
    assert "agree" in run(place, "recount", "--check")
    assert "The log is complete" in run(place, "audit", "verify")


def test_a_repeat_after_a_restore_reads_that_it_was_answered(house: House, place: Settings) -> None:
    link = house.mint()
    body = {"link": link, "trust": 4, "satisfaction": 4}
    with house.client() as client:
        assert client.post("/api/v1/responses", json=body).status_code == 201
        folder = back_up(house)
        other = {"link": house.mint(), "trust": 4, "satisfaction": 4}
        assert client.post("/api/v1/responses", json=other).status_code == 201
    run(place, "restore", folder)
    app = create_app(place, clock=house.clock)
    with TestClient(app, base_url=place.base_url) as client:
        assert client.post("/api/v1/responses", json=body).status_code == 409
        # Its answer was lost with the database: the link opens again, once.
        assert client.post("/api/v1/responses", json=other).status_code == 201
        assert client.post("/api/v1/responses", json=other).status_code == 200


def test_nothing_is_restored_over_a_database(house: House, place: Settings) -> None:
    folder = back_up(house)
    run(place, "restore", folder)
    said = run(place, "restore", folder, fails=True)
    assert "is not empty. Nothing was changed." in said
    assert run(place, "recount", "--check")


def damaged(folder: Path, how: str) -> str:
    """Spoil the largest file of a backup; its name."""
    file = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    if how == "cut off":
        file.write_bytes(content[:-10])
    elif how == "changed":
        file.write_bytes(content[:-10] + b"0123456789")
    else:
        file.unlink()
    return file.name


@pytest.mark.parametrize(
    ("how", "sentence"),
    [("cut off", "it is cut off"), ("changed", "SHA-256 differs"), ("missing", "is missing")],
)
def test_a_file_that_is_not_as_it_was_written_is_not_restored(
    house: House, place: Settings, how: str, sentence: str
) -> None:
    folder = back_up(house)
    name = damaged(folder, how)
    said = run(place, "restore", folder, fails=True)
    assert name in said and sentence in said
    assert is_empty(place)


def is_empty(place: Settings) -> bool:
    if place.database.startswith("sqlite"):
        return not place.data_dir.exists() or not list(place.data_dir.glob("cx.sqlite3*"))
    engine = db.open_engine(place)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def altered(folder: Path, **fields: object) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tables": "0999"}, "This software is older than the backup"),
        ({"format": 2}, "is not a manifest that this software"),
        ({"engine": "postgresql"}, "This is a backup of PostgreSQL"),
        ({"root_keys": ["0" * 16]}, "needs the key with fingerprint 0000000000000000"),
    ],
)
def test_a_backup_for_another_place_is_refused_in_a_sentence(
    sqlite_house: House, sqlite_place: Settings, fields: dict, sentence: str
) -> None:
    folder = back_up(sqlite_house)
    altered(folder, **fields)
    assert sentence in run(sqlite_place, "restore", folder, fails=True)
    assert is_empty(sqlite_place)


def test_a_missing_root_key_names_the_fingerprint(
    sqlite_house: House, sqlite_place: Settings, tmp_path: Path
) -> None:
    folder = back_up(sqlite_house)
    bare = sqlite_place.model_copy(update={"root_key_file": tmp_path / "nowhere"})
    said = run(bare, "restore", folder, fails=True)
    assert f"fingerprint {sqlite_house.roots.fingerprints[0]}" in said


def test_the_folder_around_the_backups_names_the_newest(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    folder = back_up(sqlite_house)
    assert f"is {folder}." in run(sqlite_place, "restore", folder.parent, fails=True)


def test_counts_that_do_not_agree_are_not_put_in_place(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    add_comments(sqlite_house, "once")
    with db.write(sqlite_house.engine) as connection:
        connection.execute(tables.tallies.update().values(answers=7))
    folder = back_up(sqlite_house)
    said = run(sqlite_place, "restore", folder, fails=True)
    assert "do not match its answers" in said and is_empty(sqlite_place)


def test_a_journal_of_another_database_is_in_the_way(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    folder = back_up(sqlite_house)
    sqlite_place.data_dir.mkdir()
    left = sqlite_place.data_dir / "cx.sqlite3-wal"
    left.write_bytes(b"")
    assert str(left) in run(sqlite_place, "restore", folder, fails=True)


def test_what_a_killed_restore_left_is_not_played_into_the_next(
    sqlite_house: House, sqlite_place: Settings
) -> None:
    first = back_up(sqlite_house)
    [row] = add_comments(sqlite_house, "after the first backup")
    left = sqlite_place.data_dir
    left.mkdir()
    # The write-ahead log as it lies there when the process is killed: the newer state is in it.
    source = sqlite_house.settings.data_dir
    wal = (source / "cx.sqlite3-wal").read_bytes()
    assert row.id.encode() in wal
    (left / "cx.sqlite3.restoring-wal").write_bytes(wal)
    (left / "cx.sqlite3.restoring").write_bytes(b"half of it")
    assert "Restored 0 answers" in run(sqlite_place, "restore", first)
    assert sorted(path.name for path in left.iterdir()) == ["cx.sqlite3"]
    with opened(sqlite_place) as connection:
        assert connection.scalar(select(func.count()).select_from(tables.responses)) == 0


def test_without_the_list_of_erasures_nothing_is_restored_unless_you_say_so(
    sqlite_house: House, sqlite_place: Settings, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(back_up(sqlite_house), tmp_path / "elsewhere" / "backup"))
    said = run(sqlite_place, "restore", folder, fails=True)
    assert "There is no list of what was erased" in said and is_empty(sqlite_place)
    run(sqlite_place, "restore", folder, "--without-erasures")
    with opened(sqlite_place) as connection:
        assert connection.scalar(select(func.count()).select_from(tables.services)) == 3


def test_what_is_restored_is_counted_again_by_the_recount(house: House, place: Settings) -> None:
    add_comments(house, *["words"] * 7)
    run(place, "restore", back_up(house))
    engine = db.open_engine(place)
    assert recount.differences(db.source(engine)) == []
    engine.dispose()


def test_links_of_before_are_closed_where_you_say_so(house: House, place: Settings) -> None:
    body = {"link": house.mint(), "trust": 4, "satisfaction": 4}
    house.revoke("calls", house.keys["calls"].kid)
    folder = back_up(house)
    said = run(place, "restore", folder, "--close-links")
    assert "Revoked 2 link keys" in said and "cx key issue permits" in said
    with TestClient(create_app(place, clock=house.clock), base_url=place.base_url) as client:
        assert client.post("/api/v1/responses", json=body).status_code == 410
    numbers = [(key["service"], key["kid"]) for key in keys_of(place) if key["revoked"]]
    assert numbers == [("calls", 1), ("hearings", 1), ("permits", 1)]
    assert run(place, "key", "issue", "permits")
    run(place, "audit", "verify")


def keys_of(place: Settings) -> list[dict]:
    listed: list[dict] = json.loads(run(place, "key", "list", "--json"))
    return listed

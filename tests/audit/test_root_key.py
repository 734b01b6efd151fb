"""The root key belongs to its database: another one, or none, is refused wherever it would be used.

With a wrong key every genuine link fails and every answered link can be answered again.
"""

import json
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from cxsdk import Issuer, Key
from cxserver import db, tables
from cxserver.audit import adoption, journal, rotation
from cxserver.audit.journal import Journal
from cxserver.catalog import fingerprints, rootkey
from cxserver.errors import DatabaseUnfit, RootKeyMismatch, RootKeyMissing
from cxserver.settings import Settings
from cxserver.web.app import create_app
from tests.support import fork_server, postgresql_server
from tests.support.cli_runner import invoke
from tests.support.cx_process import environment
from tests.support.house import NOW, House, stamp_of

# Every command that makes, opens or signs something with the root key.
COMMANDS = [
    ("migrate",),
    ("key", "issue", "permits"),
    ("link", "permits", "riverside"),
    ("embed", "tag", "permits", "riverside"),
    ("poster", "permits", "riverside", "-o", "poster.pdf"),
    ("kiosk", "pair", "permits", "riverside", "--place", "Exit"),
    ("staff", "invite", "ana@example.gov", "--role", "analyst"),
    ("api-key", "issue", "partner", "--service", "permits"),
    ("audit", "verify"),
    ("root-key", "check"),
    ("root-key", "export", "copy.key"),
    ("root-key", "rotate"),
]


def lose(house: House) -> None:
    house.settings.root_key_path.unlink()


def swap(house: House) -> None:
    lose(house)
    rootkey.make(house.settings.root_key_path)


def damage(house: House) -> None:
    house.settings.root_key_path.write_text(f"{house.roots.epochs[0].hex()[:-2]}\n")


@pytest.mark.parametrize("harm", [lose, swap, damage])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_refuses_a_root_key_that_is_not_this_databases(
    sqlite_house: House,
    words: tuple[str, ...],
    harm: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    harm(sqlite_house)
    before = sorted(tmp_path.iterdir())
    _, error = invoke(sqlite_house, *words, fails=True)
    assert str(sqlite_house.settings.root_key_path) in error
    assert "cx migrate" not in error, "no new key opens what the old one made"
    if harm is not damage:
        assert sqlite_house.roots.fingerprints[0] in error, "it says which key is wanted"
    assert sorted(tmp_path.iterdir()) == before, "nothing was made"


@pytest.mark.parametrize("harm", [lose, swap])
def test_the_server_does_not_start_with_it(house: House, harm: Any) -> None:
    harm(house)
    done = fork_server.run(("serve", "--port", "0"), environment(house))
    assert done.returncode != 0 and house.roots.fingerprints[0] in done.stderr + done.stdout
    with pytest.raises(DatabaseUnfit, match=house.roots.fingerprints[0]), house.client():
        pass


@pytest.mark.parametrize("harm", [lose, swap])
def test_the_doctor_names_the_key_that_is_wanted(sqlite_house: House, harm: Any) -> None:
    harm(sqlite_house)
    output, _ = invoke(sqlite_house, "doctor", "--json", fails=True)
    problems = [item for item in json.loads(output)["checks"] if item["state"] == "problem"]
    assert any(sqlite_house.roots.fingerprints[0] in item["told"] for item in problems)
    assert "cx migrate" not in json.dumps(problems)


def test_an_empty_data_folder_beside_a_used_database_gets_no_key(
    house: House, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "root.key"
    with pytest.raises(RootKeyMissing, match=house.roots.fingerprints[0]):
        adoption.migrate(house.engine, elsewhere, NOW)
    assert not elsewhere.exists()


def test_of_two_servers_that_come_up_together_one_makes_the_key(
    postgresql: postgresql_server.Cluster, tmp_path: Path
) -> None:
    name = postgresql.create()
    tries: list[subprocess.CompletedProcess[str]] = []

    def come_up(folder: str) -> None:
        where = {"CX_DATA_DIR": str(tmp_path / folder), "CX_DATABASE_URL": postgresql.url(name)}
        tries.append(fork_server.run(("migrate",), {**os.environ, **where}))

    servers = [threading.Thread(target=come_up, args=(folder,)) for folder in "abc"]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    postgresql.drop(name)
    [file] = tmp_path.glob("*/root.key")
    [fingerprint] = rootkey.read(file).fingerprints
    [made] = [done for done in tries if done.returncode == 0]
    assert fingerprint in made.stdout
    refused = [done.stderr for done in tries if done.returncode]
    assert len(refused) == 2 and all(fingerprint in text for text in refused)


def forget(house: House) -> None:
    """As in a database from before fingerprints."""
    with db.write(house.engine) as connection:
        connection.execute(delete(tables.root_keys))


def add_line(house: House) -> None:
    with db.write(house.engine) as connection:
        Journal(house.roots).write(connection, "somebody", "look", "a page", "done", NOW)


def test_a_database_without_a_fingerprint_takes_the_key_of_its_audit_log(house: House) -> None:
    add_line(house)
    forget(house)
    adopted = adoption.migrate(house.engine, house.settings.root_key_path, NOW)
    assert not adopted.made and adopted.roots == house.roots
    with db.read(house.engine) as connection:
        assert fingerprints.recorded(connection) == house.roots.fingerprints


def test_it_takes_no_other_key(house: House) -> None:
    add_line(house)
    forget(house)
    swap(house)
    with pytest.raises(RootKeyMismatch, match="audit log was written with another key"):
        adoption.migrate(house.engine, house.settings.root_key_path, NOW)


def test_it_takes_none_where_nothing_proves_it(house: House) -> None:
    forget(house)
    with pytest.raises(RootKeyMismatch, match="nothing proves it"):
        adoption.migrate(house.engine, house.settings.root_key_path, NOW)


def test_it_takes_any_while_it_has_no_keys(house: House) -> None:
    with db.write(house.engine) as connection:
        connection.execute(delete(tables.link_keys))
    forget(house)
    swap(house)
    adopted = adoption.migrate(house.engine, house.settings.root_key_path, NOW)
    assert adopted.roots.fingerprints != house.roots.fingerprints


def test_a_server_serves_no_database_without_a_fingerprint(house: House) -> None:
    forget(house)
    with pytest.raises(RootKeyMismatch, match="does not say which root key"), house.client():
        pass


def test_a_refused_migration_leaves_no_tables(empty_database_url: str, tmp_path: Path) -> None:
    engine = db.open_engine(Settings(data_dir=tmp_path, database_url=empty_database_url))
    (tmp_path / "root.key").write_text("not a key")
    with pytest.raises(DatabaseUnfit, match="cannot be read"):
        adoption.migrate(engine, tmp_path / "root.key", NOW)
    with pytest.raises(DatabaseUnfit, match="no tables yet"):
        db.check_migrated(engine)
    engine.dispose()


def rotate(house: House) -> None:
    with db.write(house.engine) as connection:
        house.roots = rotation.rotate(connection, house.settings.root_key_path, NOW)


def answer(client: TestClient, link: str, stamp: str = "") -> int:
    stamp = stamp or stamp_of(client.get(link).text)
    return client.post(link, data={"stamp": stamp, "trust": "4", "satisfaction": "5"}).status_code


def test_after_a_rotation_old_and_new_links_work_in_a_server_that_runs(house: House) -> None:
    answered, old = house.mint(), house.mint()
    with house.client() as client:
        assert answer(client, answered) == 303
        rotate(house)
        house.keys["permits"] = house.cut("permits")
        with db.read(house.engine) as connection:
            epochs = connection.execute(select(tables.link_keys.c.epoch)).scalars().all()
        assert max(epochs) == 2
        assert answer(client, house.mint()) == 303
        stamp = stamp_of(client.get(old).text)
        assert answer(client, old, stamp) == 303
        # What marks a link as answered stays with epoch 1: there is no second answer.
        again = {"stamp": stamp, "trust": "1", "satisfaction": "1"}
        assert client.post(old, data=again).status_code == 409
    with db.read(house.engine) as connection:
        assert Journal(house.roots).verify(connection).is_whole
    assert house.count() == 3


def test_a_server_whose_file_is_behind_says_try_again_not_that_the_link_is_wrong(
    house: House, tmp_path: Path
) -> None:
    behind = tmp_path / "behind.key"
    rootkey.export(house.roots, behind)
    app = create_app(house.settings.model_copy(update={"root_key_file": behind}), clock=house.clock)
    with TestClient(app, base_url=house.settings.base_url) as client:
        rotate(house)
        house.keys["permits"] = house.cut("permits")
        assert client.get(house.mint()).status_code == 503
        behind.unlink()
        rootkey.export(house.roots, behind)
        assert client.get(house.mint()).status_code == 200


def test_a_server_whose_file_is_behind_does_not_start(house: House, tmp_path: Path) -> None:
    behind = tmp_path / "behind.key"
    rootkey.export(house.roots, behind)
    rotate(house)
    with (
        db.read(house.engine) as connection,
        pytest.raises(RootKeyMismatch, match="has 1 of the 2 epochs.*Copy the file"),
    ):
        fingerprints.read(connection, behind)


def test_a_rotation_that_was_killed_before_the_commit_is_finished_by_the_next(house: House) -> None:
    rootkey.append_epoch(house.settings.root_key_path)
    with db.read(house.engine) as connection:
        assert fingerprints.read(connection, house.settings.root_key_path).newest == 1
    rotate(house)
    assert house.roots.newest == 2
    assert house.roots == rootkey.read(house.settings.root_key_path)


def test_epochs_in_another_order_are_another_key(house: House) -> None:
    rotate(house)
    lines = house.settings.root_key_path.read_text().split()
    house.settings.root_key_path.write_text("\n".join(reversed(lines)))
    with (
        db.read(house.engine) as connection,
        pytest.raises(RootKeyMismatch, match="does not belong"),
    ):
        fingerprints.read(connection, house.settings.root_key_path)


def test_the_commands_check_export_and_rotate(sqlite_house: House, tmp_path: Path) -> None:
    copy = tmp_path / "copy.key"
    fingerprint = sqlite_house.roots.fingerprints[0]
    output, _ = invoke(sqlite_house, "root-key", "check")
    assert fingerprint in output and "is the root key of this database" in output
    invoke(sqlite_house, "root-key", "export", copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert rootkey.read(copy) == sqlite_house.roots
    _, error = invoke(sqlite_house, "root-key", "export", copy, fails=True)
    assert "already" in error
    output, _ = invoke(sqlite_house, "root-key", "rotate")
    assert "2 epochs" in output and "Copy this file to every server" in output
    state = json.loads(invoke(sqlite_house, "root-key", "check", "--json")[0])
    assert state["matches"] and state["database"] == state["file"] and len(state["file"]) == 2
    assert state["database"][0] == fingerprint
    with db.read(sqlite_house.engine) as connection:
        assert "root key epoch 2" in journal.latest(connection)[0].about


def test_a_key_that_was_issued_after_a_rotation_mints(sqlite_house: House) -> None:
    rotate(sqlite_house)
    text, _ = invoke(sqlite_house, "key", "issue", "permits")
    issuer = Issuer(sqlite_house.settings.base_url, text, clock=sqlite_house.clock)
    assert Key.read(text).service == "permits"
    with sqlite_house.client() as client:
        assert client.get(issuer.issue_link("permits", "riverside")).status_code == 200


def test_a_fingerprint_tells_nothing_of_the_key(sqlite_house: House) -> None:
    [fingerprint] = sqlite_house.roots.fingerprints
    assert len(fingerprint) == 16 and int(fingerprint, 16) >= 0
    assert fingerprint not in sqlite_house.roots.epochs[0].hex()
    assert sqlite_house.roots.epochs[0].hex() not in repr(sqlite_house.roots)

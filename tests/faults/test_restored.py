"""The restore drill: a backup is taken while people answer, everything is lost, and it comes back.

Real programs throughout: a server under load, `cx backup`, `cx restore`, and a server on what was
restored, at which everybody sends their answer once more.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine, func, select, text

from cxserver import db, tables
from cxserver.backups import erasures
from cxserver.comments.striking import MARK
from cxserver.intake import recount
from cxserver.settings import Settings
from tests.faults import proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.support import cx_process, fork_server


def cx(environment: dict[str, str], *words: str | Path) -> str:
    """What `cx words…` prints as a process of its own, which must end well."""
    done = fork_server.run(words, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def elsewhere(site: Site, folder: Path) -> dict[str, str]:
    """The environment of an empty installation, which has a copy of the root key and no more."""
    place = folder / "restored"
    place.mkdir()
    (place / "root.key").write_bytes(site.house.settings.root_key_path.read_bytes())
    url = ""
    if site.cluster:
        site.cluster.run("CREATE DATABASE restored")
        url = site.cluster.url.replace("/postgres?", "/restored?")
    environment = cx_process.environment(site.house)
    return environment | {"CX_DATA_DIR": str(place), "CX_DATABASE_URL": url}


def redact(site: Site, word: str) -> None:
    """Somebody takes out all that this person wrote."""
    response = tables.responses.c
    with db.read(site.house.engine) as connection:
        query = select(response.service, response.day, response.id)
        row = connection.execute(query.where(response.comment == word)).one()
    name = "/".join(map(str, row))
    environment = cx_process.environment(site.house)
    cx(environment, "review", "redact", name, "--who", "Kim", "--everything", "--confirm")


def words_in(engine: Engine) -> Counter[str]:
    with db.read(engine) as connection:
        return Counter(connection.execute(select(tables.responses.c.comment)).scalars())


def send_again(crowd: Crowd) -> dict[str, int]:
    """Everybody sends their answer once more; what each is told."""
    with httpx2.Client(timeout=30) as client:
        return {word: crowd.send(client, word) for word in crowd.attempted}


def lose_everything(site: Site) -> None:
    """The server is gone, and its database with it. The backups are on another disk."""
    site.node.kill()
    site.house.engine.dispose()
    if site.cluster is None:
        for file in site.house.settings.data_dir.glob("cx.sqlite3*"):
            file.unlink()


def back_up(site: Site, disk: Path) -> Path:
    """Take a backup onto another disk; its folder."""
    environment = cx_process.environment(site.house) | {"CX_BACKUP_DIR": str(disk)}
    return Path(json.loads(cx(environment, "backup", "--json"))["folder"])


@contextmanager
def restored(place: dict[str, str], backup: Path) -> Iterator[Engine]:
    """The database of a place after `cx restore`."""
    assert "All totals agree" in cx(place, "restore", backup)
    folder, url = Path(place["CX_DATA_DIR"]), place["CX_DATABASE_URL"]
    engine = db.open_engine(Settings(data_dir=folder, database_url=url))
    try:
        yield engine
    finally:
        engine.dispose()


def test_a_drill_brings_back_all_that_was_acknowledged_before(standing: Site, folder: Path) -> None:
    with standing.crowd() as crowd:
        crowd.more(45)
        before = set(crowd.acknowledged)
        backup = back_up(standing, folder / "disk")
        crowd.more(15)
    erased = min(before)
    redact(standing, erased)
    # The redaction ran with other settings: its line waits for the hourly job.
    assert erasures.follow(standing.house.engine, folder / "disk") == 1
    lose_everything(standing)
    place = elsewhere(standing, folder)
    with restored(place, backup) as engine:
        words = words_in(engine)
        assert words.pop(MARK) == 1 and erased not in words
        assert before - {erased} <= set(words) <= set(crowd.attempted)
        assert set(words.values()) == {1}
        standing.node.environment |= place
        standing.node.start()
        standing.node.wait()
        statuses = send_again(crowd)
        assert statuses == {
            word: 409 if word in words or word == erased else 201 for word in statuses
        }
        assert words_in(engine) == Counter({*crowd.attempted, MARK} - {erased})
        assert recount.differences(db.source(engine)) == []


@pytest.mark.slow
def test_a_backup_under_load_has_all_that_was_acknowledged_before(
    standing: Site, folder: Path
) -> None:
    with standing.crowd() as crowd:
        crowd.more(60)
        before = set(crowd.acknowledged)
        backup = back_up(standing, folder / "disk")
        crowd.more(20)
    with restored(elsewhere(standing, folder), backup) as engine:
        words = words_in(engine)
        assert before <= set(words) <= set(crowd.attempted) and set(words.values()) == {1}
        assert recount.differences(db.source(engine)) == []
        if engine.dialect.name == "sqlite":
            with db.read(engine) as connection:
                assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    result = proof.conclude("F17", crowd)
    note = f"{len(before)} acknowledged before the backup, all in it"
    proof.noted(result, f"{note}; {torn(standing, folder)}").save()


def torn(site: Site, folder: Path) -> str:
    """The control: a copy that is not of one moment, taken while people answer."""
    copy = torn_dump if site.cluster else torn_file
    with site.crowd() as crowd:
        crowd.more(20)
        return copy(site, crowd, folder)


def torn_file(site: Site, crowd: Crowd, folder: Path) -> str:
    """SQLite's file as `cp` takes it, without what is in its log."""
    before, file = set(crowd.acknowledged), folder / "copied.sqlite3"
    shutil.copyfile(str(site.house.engine.url.database), file)
    engine = db.open_engine(Settings(data_dir=folder, database_url=f"sqlite:///{file}"))
    lost = len(before - set(words_in(engine)))
    engine.dispose()
    assert lost > 0, "a bare copy that has everything would prove nothing"
    return f"file copied without its log: {lost} of {len(before)} acknowledged before are not in it"


def torn_dump(site: Site, crowd: Crowd, folder: Path) -> str:
    """PostgreSQL's tables read one after the other, each as it is at its own moment."""
    with db.read(site.house.engine) as connection:
        rows = connection.scalar(select(func.count()).select_from(tables.responses))
    crowd.more(20)
    with db.read(site.house.engine) as connection:
        counted = connection.scalar(select(func.sum(tables.burden.c.used)))
    assert counted > rows, "tables of two moments that agree would prove nothing"
    return f"tables read one after the other: {rows} answers, {counted} counted"

"""What an operator does while people answer: migrate, export. And dies in the middle."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import inspect

from cxserver import db, tables
from cxserver.settings import Settings
from tests.faults import proof
from tests.faults.site import Site
from tests.support import cx_process, fork_server
from tests.support.http_server import PATIENCE

pytestmark = pytest.mark.slow


def killed(seconds: float, environment: dict[str, str], *words: str) -> bool:
    """Run `cx words…` and kill it after so long: whether it was still at work."""
    process = fork_server.start(words, environment)
    time.sleep(seconds)
    with suppress(ProcessLookupError):  # it has ended
        process.send_signal(signal.SIGKILL)
    return process.wait(PATIENCE) != 0


def seconds_for(environment: dict[str, str], *words: str) -> float:
    """How long `cx words…` takes when nobody kills it."""
    began = time.monotonic()
    done = fork_server.run(words, environment)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


# ---- migrations


def empty_database(site: Site, n: int) -> dict[str, str]:
    """The environment of a new installation beside the site."""
    folder = site.house.settings.data_dir / f"new-{n}"
    folder.mkdir()
    url = f"sqlite:///{folder / 'cx.sqlite3'}"
    if site.cluster:
        site.cluster.run(f"CREATE DATABASE new_{n}")
        url = site.cluster.url.replace("/postgres?", f"/new_{n}?")
    environment = cx_process.environment(site.house)
    return environment | {"CX_DATA_DIR": str(folder), "CX_DATABASE_URL": url}


def names_of_tables(url: str) -> set[str]:
    engine = db.open_engine(Settings(database_url=url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_killed_migration_is_done_or_not_begun(standing: Site) -> None:
    every = {*tables.metadata.tables, "alembic_version"}
    kills, took = 0, seconds_for(empty_database(standing, 8), "migrate")
    with standing.crowd(2) as crowd:
        for n in range(8):
            new = empty_database(standing, n)
            kills += killed(took * (n + 1) / 8, new, "migrate")
            assert names_of_tables(new["CX_DATABASE_URL"]) - every == set()
            assert names_of_tables(new["CX_DATABASE_URL"]) in (set(), every)
            done = fork_server.run(["migrate"], new)
            assert done.returncode == 0, done.stderr
            # The one that people answer at: there is nothing to do, and nothing may happen.
            killed(took * (n + 1) / 8, cx_process.environment(standing.house), "migrate")
        crowd.more(10)
    assert kills > 0
    result = proof.conclude("F16", crowd)
    note = f"{kills} of 8 migrations killed at work, none left half done"
    proof.noted(result, f"{note}; {half_done(standing, every)}").save()


def half_done(site: Site, every: set[str]) -> str:
    """The control: the tables made each in a transaction of its own, and killed in the middle."""
    new = empty_database(site, 9)
    command = [sys.executable, "-m", "tests.faults.piecemeal", str(len(every) // 2)]
    done = subprocess.run(command, env=new, cwd=proof.CHECKOUT, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    there = names_of_tables(new["CX_DATABASE_URL"])
    assert there not in (set(), every), "a kill that leaves nothing half done would prove nothing"
    return f"each table in a transaction of its own: {len(there)} of {len(every)} left"


# ---- exports


def test_a_killed_export_leaves_no_file_that_looks_whole(standing: Site, folder: Path) -> None:
    environment = cx_process.environment(standing.house)
    with standing.crowd() as crowd:
        crowd.more(200)
    whole = folder / "whole.csv"
    took = seconds_for(environment, "export", "-o", str(whole))
    lines = whole.read_bytes()
    assert lines.count(b"\n") == proof.stored(crowd).total() + 1
    kills = 0
    for at in range(12):
        file = folder / f"{at}.csv"
        kills += killed(took * (at + 1) / 12, environment, "export", "-o", str(file))
        assert not file.exists() or file.read_bytes() == lines
        fork_server.run(["export", "-o", str(file)], environment)
        assert file.read_bytes() == lines
    assert kills > 0
    result = proof.conclude("F18", crowd)
    note = f"{kills} of 12 exports killed at work, no part under a final name"
    proof.noted(result, f"{note}; {cut_off(environment, folder, lines)}").save()


def cut_off(environment: dict[str, str], folder: Path, whole: bytes) -> str:
    """The control: the export is printed into the file itself, and is killed in the middle."""
    file = folder / "printed.csv"
    with file.open("wb") as output:
        process = fork_server.start(["export", "-o", "-"], environment, output)
        ends = time.monotonic() + PATIENCE
        while file.stat().st_size == 0 and time.monotonic() < ends:
            time.sleep(0.001)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    part = file.read_bytes()
    assert 0 < len(part) < len(whole), "an export that is whole when killed would prove nothing"
    return f"printed into the file itself: {len(part)} of {len(whole)} bytes there"

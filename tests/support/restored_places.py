"""Back a house up with the real commands, and restore it somewhere else."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url
from typer.testing import CliRunner

from cxserver import cli, db
from cxserver.settings import Settings
from tests.support.cli_runner import invoke
from tests.support.house import House
from tests.support.postgresql_server import Cluster


def back_up(house: House, *words: object) -> Path:
    """Take a backup; its folder."""
    said, _ = invoke(house, "backup", *words, "--json")
    return Path(json.loads(said)["folder"])


@contextmanager
def empty_place(house: House, folder: Path, cluster: Cluster | None) -> Iterator[Settings]:
    """An installation without a database beside the house, with the house's root key."""
    url, name = f"sqlite:///{folder / 'cx.sqlite3'}", ""
    if cluster:
        name = cluster.create()
        url = cluster.url(name)
    yield house.settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": url,
            "root_key_file": house.settings.root_key_path,
        }
    )
    if cluster:
        cluster.drop(name)


def run(place: Settings, *words: object, fails: bool = False, stdin: str = "") -> str:
    """What `cx words…` prints at a place; with `fails`, what it says as it fails."""
    environment = os.environ | {
        "CX_DATA_DIR": str(place.data_dir),
        "CX_DATABASE_URL": place.database_url,
        "CX_ROOT_KEY_FILE": str(place.root_key_path),
        "CX_BASE_URL": place.base_url,
        "COLUMNS": "160",
    }
    done = CliRunner().invoke(cli.app, list(map(str, words)), input=stdin, env=environment)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert bool(done.exit_code) == fails, done.stdout + done.stderr
    return " ".join((done.stderr if fails else done.stdout).split())


@contextmanager
def opened(place: Settings) -> Iterator[Connection]:
    """Look at the database of a place."""
    engine = db.open_engine(place)
    try:
        with db.read(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def cluster_of(house: House, request: Any) -> Cluster | None:
    """The PostgreSQL server of the tests, for a house that lives there."""
    if make_url(house.settings.database).get_backend_name() == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster

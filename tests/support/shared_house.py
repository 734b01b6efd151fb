"""A house that stands for all the tests of a file: each row of a table mints its own link."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from cxserver import db, tables
from cxserver.settings import Settings
from tests.support import postgresql_server
from tests.support.house import House


@contextmanager
def shared_house(
    request: pytest.FixtureRequest, engine: str = "sqlite", **settings: Any
) -> Iterator[House]:
    """A house on "sqlite" or "postgresql". Its clock must stay where it is."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("house")
    settings = {"base_url": "http://127.0.0.1:8000", "data_dir": folder} | settings
    if engine == "sqlite":
        template = request.getfixturevalue("_sqlite_template")
        file = shutil.copyfile(template, folder / "cx.sqlite3")
        house = House(Settings(database_url=f"sqlite:///{file}", **settings))
        yield house
        house.close()
        return
    pool: postgresql_server.Pool = request.getfixturevalue("postgresql_pool")
    name = pool.take()
    house = House(Settings(database_url=pool.server.url(name), **settings))
    yield house
    house.close()
    pool.give_back(name)


def row_counts(house: House) -> tuple[int, ...]:
    """How many rows there are of all that an answer leaves behind."""
    with db.read(house.engine) as connection:
        return tuple(
            int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (tables.responses, tables.use_keys, tables.tallies)
        )

"""What the tests of backups stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxserver.settings import Settings
from tests.support.house import House
from tests.support.restored_places import cluster_of, empty_place


@pytest.fixture
def place(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[Settings]:
    """An empty place beside `house`, on the same kind of database, with the house's root key."""
    with empty_place(house, tmp_path / "place", cluster_of(house, request)) as place:
        yield place


@pytest.fixture
def sqlite_place(sqlite_house: House, tmp_path: Path) -> Iterator[Settings]:
    """The same on SQLite alone."""
    with empty_place(sqlite_house, tmp_path / "place", None) as place:
        yield place

"""What the scenarios stand on."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import site
from tests.faults.proof import CHECKOUT

# Both databases.
ENGINES = ["sqlite", "postgresql"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path."""
    with site.folder() as path:
        yield path


@pytest.fixture(params=ENGINES)
def standing(request: pytest.FixtureRequest, folder: Path) -> Iterator[site.Site]:
    """A site that is served, on each of the two databases."""
    with site.standing(request.param, folder) as standing:
        yield standing


@pytest.fixture
def sqlite_site(folder: Path) -> Iterator[site.Site]:
    """The same on SQLite alone."""
    with site.standing("sqlite", folder) as standing:
        yield standing


@pytest.fixture
def postgresql_site(folder: Path) -> Iterator[site.Site]:
    """The same on PostgreSQL alone."""
    with site.standing("postgresql", folder) as standing:
        yield standing


def _library(source: str, target: Path) -> Path:
    """Compile one of tests/support/*.c to be loaded into a program. Needs gcc."""
    command = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(target)]
    subprocess.run([*command, str(CHECKOUT / "tests/support" / source)], check=True)
    return target


@pytest.fixture
def lying_disk(folder: Path) -> Path:
    """Loaded into a program, it makes every flush of a file do nothing."""
    return _library("lying_disk.c", folder / "lying_disk.so")


@pytest.fixture
def moved_clock(folder: Path) -> Path:
    """Loaded into a program, it moves its wall clock by CX_TEST_CLOCK_SHIFT seconds."""
    return _library("moved_clock.c", folder / "moved_clock.so")

"""The large installation that is grown for benchmarks counts as the product does, and goes on where
it was killed.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cxserver import db, tables
from cxserver.intake import recount

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OFFICES, ANSWERS = 3, 900
GROWN = (tables.tallies, tables.released, tables.batches, tables.responses, tables.offices)
# Grows in a process of its own, and says each day that is there.
GROW = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(BENCHMARKS)!r})
from measuring import crowds, growth
size = crowds.Size({OFFICES}, {ANSWERS}, {ANSWERS})
growth.grow(Path(sys.argv[1]), size, lambda day, answers: print(day, flush=True))
"""


@pytest.fixture
def growth(monkeypatch) -> Any:
    """What grows installations, which is no part of the product."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("measuring.growth")


def size(growth: Any, answers: int = ANSWERS) -> Any:
    return growth.Size(OFFICES, answers, rows=answers)


@contextmanager
def opened(growth: Any, folder: Path) -> Iterator[Engine]:
    engine = db.open_engine(growth.settings_of(folder))
    yield engine
    engine.dispose()


def grown_rows(growth: Any, folder: Path) -> dict[str, list[Any]]:
    """Every row that was grown."""
    with opened(growth, folder) as engine, db.read(engine) as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in GROWN}


def kill_after(folder: Path, days: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GROW, folder], stdout=subprocess.PIPE, text=True
    ) as growing:
        assert growing.stdout
        assert all(growing.stdout.readline() for _ in range(days))
        growing.kill()


def test_what_is_grown_is_what_the_answers_count_to(growth, tmp_path):
    growth.grow(tmp_path, size(growth))
    with opened(growth, tmp_path) as engine:
        assert recount.differences(db.source(engine)) == []
        with db.read(engine) as connection:
            closed = connection.execute(select(tables.batches)).all()
    assert len(closed) > ANSWERS / 10
    assert all(batch.n >= 5 and batch.first <= batch.through for batch in closed)
    assert any(batch.first < batch.through for batch in closed)


def test_what_was_killed_goes_on_and_comes_out_the_same(growth, tmp_path):
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    for days in (1, 60):
        kill_after(cut, days)
    written = []
    growth.grow(cut, size(growth), lambda day, answers: written.append(day))
    growth.grow(whole, size(growth))
    assert 0 < len(written) <= 365 - 61
    assert grown_rows(growth, cut) == grown_rows(growth, whole)


def test_nothing_grows_into_another_installation(growth, tmp_path):
    (tmp_path / "cx.sqlite3").touch()
    with pytest.raises(SystemExit, match="something else"):
        growth.grow(tmp_path, size(growth))


def test_an_installation_that_was_begun_keeps_its_size(growth, tmp_path):
    growth.grow(tmp_path, size(growth, 100))
    with pytest.raises(SystemExit, match="is to become"):
        growth.grow(tmp_path, size(growth, 200))

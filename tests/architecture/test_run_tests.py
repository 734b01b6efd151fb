"""`make test` tries what failed once more, alone, and hides neither a fault nor a race."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RACE = """
from pathlib import Path
def test_it_is_there_the_second_time():
    mark = Path(__file__).with_suffix(".mark")
    was_there = mark.exists()
    mark.touch()
    assert was_there
"""
SOUND = "def test_it_is_sound():\n    pass\n"
FAULT = "def test_it_is_broken():\n    assert False\n"


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_sample.py"
    file.write_text(text)
    bare = ["-p", "xdist", "-n", "0", "-c", "/dev/null", "--rootdir", str(folder)]
    return subprocess.run(
        [ROOT / "scripts" / "run-tests", *bare, str(file)],
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )


def test_what_succeeds_alone_is_named(tmp_path: Path):
    done = run(tmp_path, SOUND + RACE)
    assert done.returncode == 0, done.stdout
    assert "2 passed" not in done.stdout  # the sound test does not run again
    last = done.stdout.partition("Look for the race:")[2]
    assert last.strip() == "test_sample.py::test_it_is_there_the_second_time"


@pytest.mark.parametrize("text", [FAULT, RACE + FAULT, "import nothing_of_the_kind\n"])
def test_what_fails_twice_fails(tmp_path: Path, text: str):
    done = run(tmp_path, text)
    assert done.returncode != 0 and "Look for the race" not in done.stdout


def test_many_failures_get_no_second_try(tmp_path: Path):
    done = run(tmp_path, "\n".join(f"def test_{n}():\n    assert False\n" for n in range(11)))
    assert done.returncode == 1 and "Once more" not in done.stdout


def test_what_all_succeeds_runs_once(tmp_path: Path):
    done = run(tmp_path, SOUND)
    assert done.returncode == 0 and done.stdout.count(" passed") == 1

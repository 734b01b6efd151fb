"""The kiosk's scripts, without a browser: `node --test` runs each `*.test.mjs` beside this file."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support import programs

FOLDER = Path(__file__).parent
FILES = sorted(file.name for file in FOLDER.glob("*.test.mjs"))


def test_queue_clock_and_store_are_among_them() -> None:
    assert {"queue.test.mjs", "clock.test.mjs", "store.test.mjs"} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_scripts_do_as_they_promise(name: str) -> None:
    node = programs.node()
    assert node, "No node was found. `make test` installs it."
    line = [node, "--test", "--test-reporter=tap", name]
    done = subprocess.run(line, cwd=FOLDER, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    written = len(re.findall(r"^ *test\(", (FOLDER / name).read_text(), re.MULTILINE))
    assert len(re.findall(r"^ *ok \d+ - ", done.stdout, re.MULTILINE)) >= written > 0, done.stdout

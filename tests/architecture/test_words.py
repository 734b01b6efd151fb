"""Variables are named by what they hold: words that say nothing of it stay rare."""

import ast
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "words"))
PLACES = list(SCRIPT["PLACES"])


def check(root: Path) -> subprocess.CompletedProcess[str]:
    """`scripts/words --check` of the tree at `root`."""
    script = [sys.executable, str(root / "scripts" / "words"), "--check"]
    return subprocess.run(script, capture_output=True, text=True)


def plant(root: Path, name: str, code: str) -> None:
    """A file of that name, in a tree that has the script."""
    (root / "scripts").mkdir(exist_ok=True)
    shutil.copy(ROOT / "scripts" / "words", root / "scripts" / "words")
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(code)


def test_words_that_say_nothing_do_not_come_back():
    done = check(ROOT)
    assert done.returncode == 0, done.stderr


def test_every_file_of_the_product_and_of_the_tests_is_looked_at():
    product, tests = (set(SCRIPT["files"](ROOT, place)) for place in PLACES)
    assert Path(__file__) in tests and not product & tests
    for name in ("server/cxserver/clock.py", "sdk/cxsdk/links.py"):
        assert ROOT / name in product


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("server/cxserver/busy.py", "product"),
        ("sdk/cxsdk/busy.py", "product"),
        ("tests/staff/test_busy.py", "tests"),
    ],
)
def test_a_word_beyond_the_ceiling_is_refused_wherever_it_stands(tmp_path, name, place):
    most = int(SCRIPT["CEILING"])
    quiet = "page = 1\n" * (1000 - most)
    plant(tmp_path, name, quiet + "found = 1\n" * most)
    assert check(tmp_path).returncode == 0
    (tmp_path / name).write_text(quiet + "found = 1\n" * (most + 1))
    done = check(tmp_path)
    assert (done.returncode, done.stderr.partition(".")[0]) == (1, f"Too many: found ({place})")


def test_the_quiet_lines_of_the_tests_hide_no_word_of_the_product(tmp_path):
    plant(tmp_path, "server/busy.py", "one = 1\nfound = one\n")
    plant(tmp_path, "tests/test_quiet.py", "page = 1\n" * 5000)
    product, tests = (SCRIPT["per_thousand"](SCRIPT["files"](tmp_path, place)) for place in PLACES)
    assert (product["one"], product["found"], product["told"]) == (1000, 500, 0)
    assert set(tests.values()) == {0}


def test_what_a_package_manager_put_there_is_not_ours(tmp_path):
    plant(tmp_path, "tests/widget/node_modules/gyp/busy.py", "told = 1\n")
    assert check(tmp_path).returncode == 0


def test_no_module_and_no_class_is_called_so():
    words = set(SCRIPT["WORDS"])
    for file in (file for place in PLACES for file in SCRIPT["files"](ROOT, place)):
        assert file.stem not in words, file
        tree = ast.parse(file.read_text(encoding="utf-8"))
        classes = {node.name.lower() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        assert not classes & words, (file, classes & words)

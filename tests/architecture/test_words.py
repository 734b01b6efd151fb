"""Variables are named by what they hold: words that say nothing of it stay rare."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "words"))


def test_words_that_say_nothing_do_not_come_back():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "words", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_tree_full_of_them_is_seen(tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "busy.py").write_text("one = 1\nfound = one\n")
    shares = SCRIPT["per_thousand"](tmp_path)
    assert (shares["one"], shares["found"], shares["told"]) == (1000, 500, 0)


def test_no_module_and_no_class_is_called_so():
    words = set(SCRIPT["WORDS"])
    for file in (*ROOT.glob("server/**/*.py"), *ROOT.glob("sdk/**/*.py")):
        assert file.stem not in words, file
        tree = ast.parse(file.read_text(encoding="utf-8"))
        classes = {node.name.lower() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        assert not classes & words, (file, classes & words)

"""The lists of small defects fit the code: `make mutants` puts each of them in, one at a time."""

import ast
import functools
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "mutants"))
DEFECTS = SCRIPT["read"]()
# Besides the rooms of the server: what its pages, its scripts and the links are made of.
BESIDE = {"sdk", "widget", "migrations", "templates"}


def rooms_of(file: str) -> set[str]:
    """The room a file lies in; a template is also one of the templates."""
    first, *rest = Path(file).parts
    room = rest[1] if first == "server" and len(rest) > 2 else first
    return {room, "templates"} if file.endswith(".html") else {room}


@functools.cache
def names_in(file: str) -> set[str]:
    """The names of a file's tests."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name[:90])
def test_a_defect_changes_one_line_and_names_a_test_that_is_there(defect):
    assert defect.fits(), "its line has changed: write the defect anew"
    file, _, test = defect.test.partition("::")
    assert test.partition("[")[0] in names_in(file)
    assert (ROOT / defect.file).read_text(encoding="utf-8") != defect.spoil(
        (ROOT / defect.file).read_text(encoding="utf-8")
    )


def test_every_room_has_its_defects():
    rooms = {file.parent.name for file in ROOT.glob("server/cxserver/*/__init__.py")}
    spoiled = set().union(*(rooms_of(defect.file) for defect in DEFECTS))
    assert rooms | BESIDE <= spoiled
    assert len(DEFECTS) >= 70


def test_no_defect_is_listed_twice():
    twice = Counter((defect.file, defect.was, defect.now) for defect in DEFECTS)
    assert [defect for defect, n in twice.items() if n > 1] == []


def test_a_list_that_does_not_fit_is_seen():
    """A line that is not there, one that is there twice, and one that stays as it is."""
    defect, file = SCRIPT["Defect"], "server/cxserver/periods.py"
    for was, now in (("nothing of this", "x"), ("", "x"), ("import re", "import re")):
        assert not defect("periods", file, was, now, "").fits()

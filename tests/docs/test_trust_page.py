"""The page for security officers says what was measured, and its words fit the scenarios."""

import re
import runpy
from pathlib import Path
from typing import Any

from tests.docs.test_docs import cells
from tests.faults.proof import Result

ROOT = Path(__file__).parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "trust"))
PAGE = (ROOT / "docs" / "operate" / "trust.md").read_text(encoding="utf-8")


def result(fault: str, engine: str, **numbers: int) -> dict[str, Any]:
    counts = {"attempted": 9, "acknowledged": 8, "stored": 8, "lost": 0, "doubled": 0, "unsaved": 1}
    made = Result(fault=fault, engine=engine, seed=7, control="7 lost", **counts | numbers)
    return vars(made) | {"commit": "abc1234"}


def test_the_page_is_drawn_from_the_results_and_its_words_stay():
    results = [result("F2", "postgresql", lost=3), result("F2", "sqlite"), result("F1", "sqlite")]
    section = SCRIPT["section"](results, "A machine", "May 5, 2026")
    page = SCRIPT["drawn"](PAGE, section)
    rows = [row for row in cells(page) if len(row) == 10]
    assert [(row[0], row[2], row[6]) for row in rows] == [
        ("F1", "SQLite", "0"),
        ("F2", "SQLite", "0"),
        ("F2", "PostgreSQL", "3"),
    ]
    assert "27 attempted, 24 acknowledged, **3 lost, 0 doubled**" in page
    assert "May 5, 2026, commit `abc1234`. A machine." in page
    strip = re.compile(r"<!-- measured -->.*<!-- end -->", re.DOTALL)
    assert strip.sub("", page) == strip.sub("", PAGE)


def test_each_scenario_has_its_line_and_each_line_its_scenario():
    sources = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "faults").glob("test_*.py")
    )
    saved = set(re.findall(r'"(F\d+(?:-\w+)?|flood|nodes)"', sources))
    assert saved == set(SCRIPT["FAULTS"])


def test_nothing_that_was_measured_is_lost_or_doubled():
    rows = [row for row in cells(PAGE) if len(row) == 10]
    assert len(rows) >= len(SCRIPT["FAULTS"])
    assert {(row[6], row[7]) for row in rows} == {("0", "0")}

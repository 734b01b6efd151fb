"""The papers for the security officer: each control names code and tests that exist."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operate" / "authorize"
authorize = runpy.run_path(str(ROOT / "scripts" / "authorize"))
LISTS = {name: authorize["controls_of"](name) for name in ("nist-800-53", "asvs", "wcag")}
CONTROLS = [
    pytest.param(control, id=f"{name} {control['id']}")
    for name, controls in LISTS.items()
    for control in controls
]


@pytest.mark.parametrize("control", CONTROLS)
def test_each_control_names_code_and_tests_that_exist(control):
    assert control["code"] and control["tests"] and len(control["does"]) > 20
    assert list(authorize["faults"](control)) == []


def test_a_test_or_file_that_is_gone_is_told():
    gone = {"code": ["server/gone.py"], "tests": ["tests/sdk/test_token.py::test_gone"]}
    control = LISTS["nist-800-53"][0] | gone
    assert list(authorize["faults"](control)) == [
        "AC-2: there is no file server/gone.py",
        "AC-2: there is no test tests/sdk/test_token.py::test_gone",
    ]


def test_the_accessibility_report_rests_on_a_run_of_all_its_tests():
    assert list(authorize["untested"](LISTS["wcag"])) == []
    more = [*LISTS["wcag"], {"tests": ["tests/staff/test_screen.py::test_of_tomorrow"]}]
    [missing] = authorize["untested"](more)
    assert "test_of_tomorrow: run scripts/accessibility" in missing


def test_the_report_leaves_no_criterion_of_level_a_or_aa_out():
    """WCAG 2.2 has 55 of them; 4.1.1 is gone."""
    text = authorize["HEADS"]["wcag"][1]
    not_applicable = {f"1.2.{n}" for n in range(1, 6)} | {"1.4.2", "2.2.2", "2.3.1", "2.5.4"}
    assert all(number in text for number in ("1.2.1 to 1.2.5", *sorted(not_applicable)[5:]))
    evaluated = {control["id"] for control in LISTS["wcag"]}
    assert evaluated.isdisjoint(not_applicable)
    assert len(evaluated | not_applicable) == 55


@pytest.mark.parametrize("name", LISTS)
def test_the_pages_are_drawn_from_the_list(name):
    drawn = authorize["page"](name, LISTS[name])
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == drawn
    numbers = [control["id"] for control in LISTS[name]]
    assert len(numbers) >= 12 and len(set(numbers)) == len(numbers)


def test_the_bill_of_materials_names_every_package_of_the_server(tmp_path):
    lock, file = ROOT / "requirements" / "server.lock", tmp_path / "sbom.json"
    line = [str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", str(lock)]
    more = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(file)]
    subprocess.run([*line, *more], check=True, capture_output=True)
    bill = json.loads(file.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "cxsdk")
    locked = re.findall(r"^([a-z0-9.-]+)(?:\[\w+\])?==", lock.read_text(encoding="utf-8"), re.M)
    assert {component["name"] for component in bill["components"]} == set(locked)

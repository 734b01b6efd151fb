"""The papers for the security officer: each control names code and tests that exist."""

import json
import re
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operate" / "authorize"
authorize = runpy.run_path(str(ROOT / "scripts" / "authorize"))
LISTS = {name: authorize["controls_of"](name) for name in ("nist-800-53", "asvs", "wcag")}


def named(name: str) -> list[ParameterSet]:
    """The controls of one list, each a test case of its own."""
    return [pytest.param(control, id=f"{name} {control['id']}") for control in LISTS[name]]


# A requirement of ASVS may be unmet; what stands in the other lists is what the software does.
STATED = [*named("nist-800-53"), *named("wcag")]
RATED = named("asvs")
MET = {
    "id": "1.1.1",
    "about": "Anything",
    "status": "met",
    "does": "It does this and that.",
    "code": ["scripts/authorize"],
    "tests": ["tests/docs/test_authorize.py::test_the_pages_are_drawn_from_the_list"],
}
NOT_MET = {"id": "1.1.1", "about": "Anything", "status": "not met", "reason": "Nobody did it."}


@pytest.mark.parametrize("control", STATED)
def test_each_control_names_code_and_tests_that_exist(control):
    assert control["code"] and control["tests"] and len(control["does"]) > 20
    assert list(authorize["faults"](control)) == []


@pytest.mark.parametrize("control", RATED)
def test_each_requirement_is_proven_or_says_why_not(control):
    assert [*authorize["faults"](control), *authorize["form_faults"](control)] == []
    assert len(control.get("does", control.get("reason"))) > 10


@pytest.mark.parametrize(
    ("control", "fault"),
    [
        (MET | {"tests": []}, "'met' without tests"),
        (MET | {"code": []}, "'met' without code"),
        (MET | {"status": "partly"}, "'partly' without lacks"),
        (MET | {"status": "fine"}, "'fine' is no status"),
        (NOT_MET | {"reason": ""}, "'not met' takes a reason and no tests"),
        (
            NOT_MET | {"status": "yours", "tests": MET["tests"]},
            "'yours' takes a reason and no tests",
        ),
    ],
)
def test_a_status_without_its_proof_is_refused(control, fault):
    assert [*authorize["form_faults"](MET), *authorize["form_faults"](NOT_MET)] == []
    assert list(authorize["form_faults"](control)) == [f"1.1.1: {fault}"]


def test_each_number_of_levels_1_and_2_has_one_control():
    levels = authorize["levels_of"]("asvs")
    # 70 of level 1 and 183 of level 2, as the standard itself counts them.
    assert Counter(levels.values()) == {1: 70, 2: 183}
    assert list(authorize["number_faults"](LISTS["asvs"], levels)) == []


def test_a_number_that_is_missing_twice_or_nobodys_is_refused():
    levels, twice, nobodys = {"1.1.1": 2, "1.1.2": 2}, [NOT_MET, MET], NOT_MET | {"id": "1.9.9"}
    assert list(authorize["number_faults"]([*twice, nobodys], levels)) == [
        "1.1.2: no control",
        "1.1.1: 2 controls",
        "1.9.9: no such number",
    ]


def test_the_page_counts_each_status_of_each_chapter():
    text = (FOLDER / "asvs.md").read_text(encoding="utf-8")
    counts = Counter(control["status"] for control in LISTS["asvs"])
    cells = [str(counts[status]) for status in authorize["STATUSES"]]
    assert f"| **all** | {' | '.join(cells)} | {len(LISTS['asvs'])} |" in text
    drawn = [line for line in text.splitlines() if re.match(r"\| \*\*\d", line)]
    assert len(drawn) == len(LISTS["asvs"])
    for chapter in range(1, 18):
        rows = [line for line in drawn if line.startswith(f"| **{chapter}.")]
        assert re.search(rf"^\| {chapter} .*\| {len(rows)} \|$", text, re.MULTILINE)


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

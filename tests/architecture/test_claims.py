"""What a docstring claims to be the only place is the only place."""

import re
from pathlib import Path

import cxserver

ROOT = Path(cxserver.__file__).parent
SOURCES = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.rglob("*.py")}
_CLAIM = re.compile(
    r"\b(?:the (?:only|one) (?:place|way|module)|this one place|nowhere else|"
    r"nothing else in this software)\b",
    re.IGNORECASE,
)
# Each is checked below.
CHECKED = {"accounts/roles.py"}
_CLOCK = re.compile(r"\bdatetime\.now\(|\bdate\.today\(|\btime\.time\(")
_ROLE = re.compile(r"\bRole\.[A-Z_]+\b")


def test_no_module_claims_to_be_the_only_place_without_a_test() -> None:
    assert {name for name, source in SOURCES.items() if _CLAIM.search(source)} == CHECKED


def test_pages_and_the_api_leave_it_to_the_roles_who_may_see_what() -> None:
    rooms = {
        name: source for name, source in SOURCES.items() if name.startswith(("staff/", "api/"))
    }
    assert rooms and not [name for name, source in rooms.items() if _ROLE.search(source)]


def test_the_system_clock_is_read_in_one_module() -> None:
    assert [name for name, source in SOURCES.items() if _CLOCK.search(source)] == ["clock.py"]

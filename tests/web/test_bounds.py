"""A dependency whose insides we override must not change them in an agency's next installation."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]


def requirements():
    """What the server needs, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = map(Requirement, project["optional-dependencies"]["server"])
    return {requirement.name: requirement.specifier for requirement in every}


# uvicorn: its httptools protocol (web/protocol.py). fpdf2: its tags (poster/pdf.py).
@pytest.mark.parametrize("name", ["uvicorn", "fpdf2"])
def test_the_next_minor_version_of_what_we_override_is_not_taken_by_itself(name):
    tried = Version(version(name))
    assert tried in requirements()[name]
    assert f"{tried.major}.{tried.minor + 1}" not in requirements()[name]


# Starlette: the pattern of a mount (web/sub_application.py).
def test_the_next_major_version_of_starlette_is_not_taken_by_itself():
    assert f"{Version(version('starlette')).major + 1}.0" not in requirements()["starlette"]

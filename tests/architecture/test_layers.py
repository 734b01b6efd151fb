"""Starlette stays where the web is, and no new room is forgotten in the list of the others."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
CONTRACT = "Starlette appears only where the web is"
# Rooms of the web, what starts it, and what draws for it.
WEB = {"api", "cli", "demo", "jobs", "pages", "pra", "public", "staff", "web"}


def without_starlette() -> set[str]:
    """The rooms that pyproject.toml keeps Starlette out of."""
    read: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    [sources] = [
        contract["source_modules"]
        for contract in read["tool"]["importlinter"]["contracts"]
        if contract["name"] == CONTRACT
    ]
    return {source.removeprefix("cxserver.") for source in sources}


def rooms(server: Path) -> set[str]:
    """Every package and module at the top of the server."""
    names = {path.parent.name for path in server.glob("*/__init__.py")}
    return names | {path.stem for path in server.glob("*.py") if not path.stem.startswith("__")}


def test_every_room_outside_the_web_is_kept_free_of_starlette(tmp_path: Path) -> None:
    listed = without_starlette()
    assert rooms(CHECKOUT / "server/cxserver") - WEB == listed
    for name in ("telemetry/__init__.py", "shelf.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert rooms(tmp_path) - WEB - listed == {"telemetry", "shelf"}


def test_a_starlette_import_in_a_domain_room_is_refused(tmp_path: Path) -> None:
    for name in ("server", "sdk"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    with (tmp_path / "server/cxserver/comments/query.py").open("a") as file:
        file.write("\nfrom starlette.requests import Request  # noqa\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'server'}:{tmp_path / 'sdk'}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CONTRACT} BROKEN" in done.stdout
    assert "cxserver.comments.query -> starlette " in done.stdout


def test_tests_lie_in_the_rooms_of_what_they_are_about() -> None:
    rooms = {file.parent.name for file in CHECKOUT.glob("server/cxserver/**/*.py")}
    others = {
        "architecture",
        "data",
        "docs",
        "faults",
        "mail",
        "recounts",
        "sdk",
        "support",
        "widget",
    }
    named = {file.parent.name for file in CHECKOUT.glob("tests/*/*.py")}
    assert len(named) > 20 and named <= rooms | others
    assert [file.name for file in CHECKOUT.glob("tests/*.py")] == ["conftest.py"]

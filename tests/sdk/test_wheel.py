"""The built wheel, installed without extras, mints with the network down and loads no server."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from email import message_from_string
from importlib.metadata import distribution
from pathlib import Path

import pytest

from cxsdk import keys

_CHECKOUT = Path(__file__).parents[2]
_SERVER_PACKAGES = ("starlette", "sqlalchemy", "pydantic", "jinja2", "alembic", "cxserver")
# Refuses every socket, as a machine without a network would; and says which server packages came.
_MINT = """
import json, sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise OSError("the network is down")

sys.addaudithook(refuse)
import cxsdk

link = cxsdk.Issuer("https://cx.example.gov", [sys.argv[1]]).issue_link("vet-out", "402")
loaded = sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[2].split()))
print(json.dumps({"link": link, "from": cxsdk.__file__, "loaded": loaded}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=_CHECKOUT,
        check=True,
        capture_output=True,
    )
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and itsdangerous, as `pip install cxsdk` makes it."""
    folder = tmp_path_factory.mktemp("bare")
    # Without pip of its own: Debian may lack `ensurepip`. Ours installs into it.
    venv.create(folder, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    options = ["-q", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *options, str(wheel)], check=True, capture_output=True)
    [packages] = folder.glob("lib/python*/site-packages")
    itsdangerous = distribution("itsdangerous")
    for name in {file.parts[0] for file in itsdangerous.files or ()}:
        shutil.copytree(Path(str(itsdangerous.locate_file(name))), packages / name)
    return folder


def test_the_wheel_carries_what_the_server_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("migrations", "widget", "locale"):
        packed = {
            f"cxserver/{path.relative_to(_CHECKOUT)}"
            for path in (_CHECKOUT / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        assert packed, f"{folder} is empty"
        assert packed <= names, packed - names
    assert not [name for name in names if "__pycache__" in name]
    assert {"cxsdk/py.typed", "cxserver/__main__.py"} <= names


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        tests = [name for name in archive.namelist() if "/tests/" in name or "test_" in name]
    [about] = [top for top in tops if top.endswith(".dist-info")]
    assert tops == {"cxsdk", "cxserver", about} and not tests


def test_the_wheel_needs_itsdangerous_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_string(archive.read(name).decode())
    needs = metadata.get_all("Requires-Dist") or []
    assert [need for need in needs if "extra ==" not in need] == ["itsdangerous>=2.2"]


def test_a_link_is_minted_with_the_network_down(bare: Path) -> None:
    key = keys.Key("vet-out", 1, bytes(range(32))).text
    python = [*_without_network(), str(bare / "bin" / "python"), "-I", "-c"]
    done = _run([*python, _MINT, key, " ".join(_SERVER_PACKAGES)])
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["link"].startswith("https://cx.example.gov/s/vet-out/402/")
    assert report["from"].startswith(str(bare))
    assert report["loaded"] == []


def test_the_server_is_not_there_without_the_extra(bare: Path) -> None:
    done = _run([str(bare / "bin" / "python"), "-I", "-c", "import starlette"])
    assert "No module named 'starlette'" in done.stderr


def test_cx_without_the_extra_says_what_to_install(bare: Path) -> None:
    done = _run([str(bare / "bin" / "cx"), "demo"])
    assert done.returncode != 0
    assert "pip install 'cxsdk[server]'" in done.stderr
    assert "Traceback" not in done.stderr


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, capture_output=True, text=True, env=clean)


def _without_network() -> list[str]:
    """A network namespace with nothing in it, where the kernel lets us make one."""
    command = ["unshare", "--map-root-user", "--net"]
    allowed = shutil.which("unshare") and not subprocess.run([*command, "true"]).returncode
    return command if allowed else []

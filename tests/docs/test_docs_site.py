"""The documents as a site: it builds without a warning, and a broken link stops it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cxsdk

ROOT = Path(__file__).parents[2]
FRONT = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")


def build(folder: Path, source: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Build the site of `source` in `folder`."""
    places = ("--pages", folder / "pages", "-o", folder / "site", "--source", source)
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs", *places], capture_output=True, text=True
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of every page, to spoil."""
    source = tmp_path / "source"
    shutil.copytree(ROOT / "docs", source / "docs")
    for name in FRONT:
        shutil.copy(ROOT / name, source)
    return source


def test_the_site_builds_without_a_warning_and_asks_no_third_party_for_anything(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text and 'stylesheet" href="http' not in text, page
    python = (tmp_path / "site/docs/reference/python/index.html").read_text(encoding="utf-8")
    for name in cxsdk.__all__:
        assert f'id="cxsdk.{name}"' in python or f'id="cxsdk.errors.{name}"' in python, name
    assert 'id="cxserver.settings.Settings.base_url"' in python
    commands = (tmp_path / "site/docs/reference/command-line/index.html").read_text("utf-8")
    assert "cx catalog apply" in commands and "--dry-run" in commands


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        ("See [nothing](nowhere.md).", "nowhere.md"),
        ("See [nothing](../../examples/nowhere.toml).", "nowhere.toml"),
        ("See [nothing](embed.md#nowhere).", "#nowhere"),
    ],
)
def test_a_broken_link_stops_the_build(copied, tmp_path, spoiled, message):
    page = copied / "docs" / "use" / "email.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{spoiled}\n", encoding="utf-8")
    done = build(tmp_path, copied)
    assert done.returncode != 0
    assert message in done.stderr

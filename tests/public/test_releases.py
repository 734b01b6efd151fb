"""Releases of the loader: the newest is found by its numbers."""

import shutil

from cxserver import resources
from cxserver.public import embed


def test_the_newest_release_is_found_by_numbers_not_by_letters(tmp_path, monkeypatch):
    released = resources.folder("widget") / "released" / embed.newest().version
    for version in ("1.2.0", "1.10.0", "1.9.3"):
        shutil.copytree(released, tmp_path / "released" / version)
    (tmp_path / "released" / "hashes.txt").touch()
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path)
    embed.releases.cache_clear()
    try:
        assert list(embed.releases()) == ["1.2.0", "1.9.3", "1.10.0"]
        assert embed.newest().version == "1.10.0"
    finally:
        embed.releases.cache_clear()

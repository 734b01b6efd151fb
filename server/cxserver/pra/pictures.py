"""Pictures of screens, taken with Chromium: of the pages themselves."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops

from cxserver.errors import NotFound
from cxserver.pra.shots import Shot

PROGRAMS = (
    *("chromium", "chromium-browser", "google-chrome", "chrome", "msedge"),
    "chromium-headless-shell",
)
# Longer than any survey: what is left over is cut off.
_HEIGHT, _SCALE = 6000, 2
_MARGIN = 16 * _SCALE
_TIMEOUT = 60


def find(wanted: str = "") -> str:
    """A Chromium on this machine. Raises NotFound."""
    for name in (wanted,) if wanted else PROGRAMS:
        result = shutil.which(name)
        if result:
            return result
    raise NotFound(
        f"No {wanted or 'Chromium or Chrome'} is installed, and pictures need one. "
        "Install it, name it with --chromium, or skip the pictures with --without-pictures."
    )


def take(program: str, shot: Shot, folder: Path) -> Path:
    """Save the picture of one screen as `<name>.png`. Raises NotFound when the program fails."""
    file = folder / f"{shot.name}.png"
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(shot.html, encoding="utf-8")
        raw = Path(scratch) / "picture.png"
        _run([program, *_options(scratch, shot.width), f"--screenshot={raw}", page.as_uri()])
        if not raw.exists():
            raise NotFound(f"{program} took no picture of “{shot.title}”.")
        _trim(raw, file)
    return file


def _options(scratch: str, width: int) -> list[str]:
    options = [
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        f"--force-device-scale-factor={_SCALE}",
        f"--window-size={width},{_HEIGHT}",
        f"--user-data-dir={scratch}/profile",
        "--virtual-time-budget=2000",
    ]
    # As root Chromium refuses its own sandbox; the page is ours.
    return [*options, "--no-sandbox"] if os.geteuid() == 0 else options


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(  # noqa: S603  # the browser that whoever runs `cx pra request` has named
            command, check=True, capture_output=True, timeout=_TIMEOUT
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotFound(f"{command[0]} could not take a picture: {error}") from error


def _trim(raw: Path, file: Path) -> None:
    """Cut off the empty rest below the page."""
    with Image.open(raw) as opened:
        picture = opened.convert("RGB")
    empty = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    inked = ImageChops.difference(picture, empty).getbbox()
    bottom = min(picture.height, (inked[3] if inked else picture.height) + _MARGIN)
    picture.crop((0, 0, picture.width, bottom)).save(file, optimize=True)

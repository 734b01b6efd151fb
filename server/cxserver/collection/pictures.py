"""Pictures of every screen that people see, taken with Chromium: of the pages themselves."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageChops

from cxserver import resources
from cxserver.catalog.directory import Agency, Service
from cxserver.errors import NotFound
from cxserver.instrument.answers import Problem
from cxserver.respond import screen
from cxserver.respond.screen import Values, View

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# A telephone, and longer than any survey: what is left over is cut off.
_WIDTH, _HEIGHT, _SCALE = 390, 4000, 2
_MARGIN = 16 * _SCALE
_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen: the name of its picture, what it shows, and the page itself."""

    name: str
    title: str
    language: str
    html: str


def shots(agency: Agency, service: Service, office: str) -> list[Shot]:
    """Every screen of the service's survey, in every language of it."""
    return [
        shot
        for language in service.survey.languages
        for shot in _in_language(agency, service, office, language)
    ]


def find(wanted: str = "") -> str:
    """A Chromium on this machine. Raises NotFound."""
    for name in (wanted,) if wanted else PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    raise NotFound(
        f"No {wanted or 'Chromium or Chrome'} is installed here, and pictures need one. "
        "Install it, name it with --chromium, or leave the pictures out: --without-pictures."
    )


def take(program: str, shot: Shot, folder: Path) -> Path:
    """Save the picture of one screen as `<name>.png`. Raises NotFound when the program fails."""
    file = folder / f"{shot.name}.png"
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(shot.html, encoding="utf-8")
        raw = Path(scratch) / "picture.png"
        _run([program, *_options(scratch), f"--screenshot={raw}", page.as_uri()])
        if not raw.exists():
            raise NotFound(f"{program} took no picture of “{shot.title}”.")
        _trim(raw, file)
    return file


def _in_language(agency: Agency, service: Service, office: str, language: str) -> Iterator[Shot]:
    view = View(agency, service, service.survey, office, language, "", _static)
    wrong = (Problem("satisfaction", "required"), Problem("trust", "required"))
    for name, title, shown in (
        ("1-survey", "The survey as it opens", view),
        ("2-good", "After a good rating", replace(view, values=Values(5, 5))),
        ("3-poor", "After a poor rating", replace(view, values=Values(2, 2))),
        ("4-mistake", "When an answer is missing", replace(view, problems=wrong)),
    ):
        yield Shot(f"{language}-{name}", title, language, screen.survey_page(shown))
    # The statement of the Paperwork Reduction Act, which people unfold.
    rights = screen.survey_page(view).replace("<details>", "<details open>")
    yield Shot(f"{language}-5-rights", "With the statement unfolded", language, rights)
    thanks = screen.thanks_page(agency=agency, language=language, static=_static)
    yield Shot(f"{language}-6-thanks", "After sending", language, thanks)


def _static(name: str) -> str:
    return (resources.folder("widget") / name).as_uri()


def _options(scratch: str) -> list[str]:
    options = [
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        f"--force-device-scale-factor={_SCALE}",
        f"--window-size={_WIDTH},{_HEIGHT}",
        f"--user-data-dir={scratch}/profile",
        "--virtual-time-budget=2000",
    ]
    # As root Chromium refuses its own sandbox; the page is ours.
    return [*options, "--no-sandbox"] if os.geteuid() == 0 else options


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT)  # noqa: S603
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

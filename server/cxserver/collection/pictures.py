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
from cxserver.collection import kioskstage
from cxserver.errors import NotFound
from cxserver.instrument.answers import Problem
from cxserver.instrument.scale import FIVE_POINT
from cxserver.instrument.survey import Survey
from cxserver.respond import screen
from cxserver.respond.screen import Values, View

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# Longer than any survey: what is left over is cut off.
_TELEPHONE, _TABLET, _HEIGHT, _SCALE = 390, 800, 6000, 2
# For the picture of one that may be replied to. It opens nothing: nobody was given it.
_CODE = "XXXX-XXXX-XXXX-XXXX"
_MARGIN = 16 * _SCALE
_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen: the name of its picture, what it shows, and the page itself."""

    name: str
    title: str
    language: str
    html: str
    width: int = _TELEPHONE


def shots(agency: Agency, service: Service, office: str, base_url: str) -> list[Shot]:
    """Every screen of the service's survey, in every language of it; replies are read at
    `base_url`.
    """
    return [
        shot
        for language in service.survey.languages
        for shot in _in_language(
            View(agency, service, service.survey, office, language, "", _static), base_url
        )
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
        _run([program, *_options(scratch, shot.width), f"--screenshot={raw}", page.as_uri()])
        if not raw.exists():
            raise NotFound(f"{program} took no picture of “{shot.title}”.")
        _trim(raw, file)
    return file


def _in_language(view: View, base_url: str) -> Iterator[Shot]:
    service, language = view.service, view.language
    for name, title, shown in (
        ("1-survey", "The survey as it opens", view),
        ("2-good", "After the best rating", replace(view, values=_rated(service.survey, -1))),
        ("3-poor", "After the worst rating", replace(view, values=_rated(service.survey, 0))),
        ("4-mistake", "When an answer is missing", replace(view, problems=_missing(view.survey))),
    ):
        yield Shot(f"{language}-{name}", title, language, screen.survey_page(shown))
    # The statement of the Paperwork Reduction Act, which people unfold.
    rights = screen.survey_page(view).replace("<details>", "<details open>")
    yield Shot(f"{language}-5-rights", "With the statement unfolded", language, rights)
    code = _CODE if service.replies else None
    thanks = screen.thanks_page(
        agency=view.agency, language=language, static=_static, base_url=base_url, code=code
    )
    yield Shot(f"{language}-6-thanks", "After sending", language, thanks)
    if "kiosk" in service.definition.get("channels", ()):
        yield from _at_the_kiosk(view)


def _rated(survey: Survey, end: int) -> Values:
    """Both ratings at one end of their scales: 0 is the worst, -1 the best."""
    satisfaction = FIVE_POINT.points[end] if survey.asks_satisfaction else None
    return Values(satisfaction, survey.trust_scale.points[end], scale=survey.trust_scale.name)


def _missing(survey: Survey) -> tuple[Problem, ...]:
    trust = Problem("trust", "required", len(survey.trust_scale.points))
    return (Problem("satisfaction", "required"), trust) if survey.asks_satisfaction else (trust,)


def _at_the_kiosk(view: View) -> Iterator[Shot]:
    page = screen.kiosk_page(
        agency=view.agency,
        service=view.service,
        office_name=view.office_name,
        office="",
        release="",
        path="",
        static=_static,
    )
    for part, name, title in (
        ("survey", "7-kiosk", "The survey on a tablet at the exit"),
        ("thanks", "8-kiosk-thanks", "The tablet after sending"),
    ):
        shown = kioskstage.show(page, part, view.language)
        yield Shot(f"{view.language}-{name}", title, view.language, shown, _TABLET)


def _static(name: str) -> str:
    return (resources.folder("widget") / name).as_uri()


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

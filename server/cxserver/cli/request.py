"""`cx request`: all that OMB asks to see before a collection is approved, in one folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from cxserver import db
from cxserver.catalog import directory
from cxserver.catalog.directory import Agency, Directory, Service
from cxserver.cli.console import Data, app, database, err, settings
from cxserver.errors import NotFound
from cxserver.intake import meter
from cxserver.pra import pictures, request, shots
from cxserver.pra.estimate import Burden
from cxserver.pra.request import Request
from cxserver.pra.shots import Shot


@app.command("request")
def make(
    service: Annotated[str, typer.Argument(help="The service whose survey is to be approved.")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="A new or empty folder.")],
    audience: Annotated[str, typer.Option(help="Who is asked, in your words.")] = "",
    frequency: Annotated[str, typer.Option(help="How often, in your words.")] = "",
    responses: Annotated[
        int | None, typer.Option(min=1, help="Answers to ask for. Default: as approved now.")
    ] = None,
    chromium: Annotated[str, typer.Option(help="The Chromium or Chrome to use.")] = "",
    without_pictures: Annotated[
        bool, typer.Option("--without-pictures", help="Leave the pictures of the screens out.")
    ] = False,
    data: Data = None,
) -> None:
    """A request pack for OMB: questions in every language, every screen, audience, burden."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"{folder} is not an empty folder.", param_hint="--output")
    program = "" if without_pictures else pictures.find(chromium)
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        measured = meter.read(connection).get(service)
    agency, found = _service(known, service)
    allowed = found.clearance
    burden = Burden(responses or allowed.approved_responses, allowed.burden_minutes)
    asked = Request(agency, found, burden, audience, frequency, measured)
    base_url = settings(data).base_url
    every = shots.make(agency, found, _office(known, found), base_url) if program else []
    _write(asked, every, program, folder)
    err.print(f"{folder / 'request.html'}: open it, correct it, attach it.", soft_wrap=True)


def _service(known: Directory, slug: str) -> tuple[Agency, Service]:
    if known.agency is None or slug not in known.services:
        raise NotFound(f"There is no service '{slug}' in the catalogue.")
    return known.agency, known.services[slug]


def _office(known: Directory, service: Service) -> str:
    """The name on the pictures: the first office that is open."""
    named = sorted(known.offices[slug].name for slug, is_open in service.offices.items() if is_open)
    return named[0] if named else service.name


def _write(asked: Request, every: list[Shot], program: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if every:
        (folder / "pictures").mkdir()
    for shot in track(every, "Taking pictures", console=err, transient=True):
        pictures.take(program, shot, folder / "pictures")
    for code in asked.service.survey.languages:
        file = folder / f"questions-{code}.txt"
        file.write_text(request.text(asked, code), encoding="utf-8")
    # Last: who finds it finds the rest.
    (folder / "request.html").write_text(request.page(asked, every), encoding="utf-8")

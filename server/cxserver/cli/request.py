"""`cx pra request`: what OMB asks to see before it approves a survey, in one folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from cxserver import db
from cxserver.catalog import directory, names
from cxserver.catalog.directory import Agency, Directory, Service
from cxserver.cli.console import QUARTER, Data, app, database, err, settings
from cxserver.errors import NotFound
from cxserver.intake import meter
from cxserver.pra import pictures, request, shots
from cxserver.pra.estimate import Burden
from cxserver.pra.request import Request
from cxserver.pra.shots import Shot

pra = typer.Typer(
    help="Ask OMB to approve a survey; see how much of it is used.", no_args_is_help=True
)
app.add_typer(pra, name="pra", rich_help_panel=QUARTER)


@pra.command("request")
def make(
    service: Annotated[str, typer.Argument(help="The service whose survey OMB should approve.")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="A new or empty folder.")],
    audience: Annotated[str, typer.Option(help="Who you ask, in your words.")] = "",
    frequency: Annotated[str, typer.Option(help="How often you ask, in your words.")] = "",
    responses: Annotated[
        int | None,
        typer.Option(min=1, help="How many answers to ask for. Default: as approved now."),
    ] = None,
    chromium: Annotated[str, typer.Option(help="The Chromium or Chrome program to use.")] = "",
    without_pictures: Annotated[
        bool, typer.Option("--without-pictures", help="Skip the pictures of the screens.")
    ] = False,
    data: Data = None,
) -> None:
    """Write a request to OMB to approve a survey.

    The folder holds the questions, pictures of every screen, the audience and the burden.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"{folder} is not an empty folder.", param_hint="--output")
    program = "" if without_pictures else pictures.find(chromium)
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        measured = meter.read(connection).get(service)
    agency, surveyed = _service(known, service)
    allowed = surveyed.clearance
    burden = Burden(responses or allowed.approved_responses, allowed.burden_minutes)
    pra_request = Request(agency, surveyed, burden, audience, frequency, measured)
    base_url = settings(data).base_url
    every = shots.make(agency, surveyed, _office(known, surveyed), base_url) if program else []
    _write(pra_request, every, program, folder)
    err.print(
        f"Wrote {folder / 'request.html'}. Open it, correct it and attach it.", soft_wrap=True
    )


def _service(known: Directory, slug: str) -> tuple[Agency, Service]:
    names.check_service(known, slug)
    if known.agency is None:
        raise NotFound("There is no agency in the catalog.")
    return known.agency, known.services[slug]


def _office(known: Directory, service: Service) -> str:
    """The name on the pictures: the first office that is open."""
    named = sorted(known.offices[slug].name for slug, is_open in service.offices.items() if is_open)
    return named[0] if named else service.name


def _write(pra_request: Request, every: list[Shot], program: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if every:
        (folder / "pictures").mkdir()
    for shot in track(every, "Taking pictures", console=err, transient=True):
        pictures.take(program, shot, folder / "pictures")
    for code in pra_request.service.survey.languages:
        file = folder / f"questions-{code}.txt"
        file.write_text(request.text(pra_request, code), encoding="utf-8")
    # Last: who finds it finds the rest.
    (folder / "request.html").write_text(request.page(pra_request, every), encoding="utf-8")

"""`cx quarter write` and `cx quarter formats`: a fiscal quarter's files for OMB."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from cxserver import clock, db
from cxserver.cli.console import (
    QUARTER,
    Data,
    Json,
    app,
    database,
    err,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.quarter import answers, filing, fiscal
from cxserver.quarter.filing import Filed, Order
from cxserver.quarter.formats import fits

quarter = typer.Typer(
    help="Prepare, check and record a quarter's files for OMB.", no_args_is_help=True
)
app.add_typer(quarter, name="quarter", rich_help_panel=QUARTER)

Name = Annotated[str, typer.Argument(help="Such as 2026Q1: October to December 2025.")]
Shape = Annotated[str, typer.Option("--format", help="OMB's file format: v1, wide or v2.")]
Service = Annotated[str | None, typer.Option(help="Only this service.")]
Flagged = Annotated[bool, typer.Option("--with-flagged", help="Also include flagged answers.")]


@quarter.command()
def write(
    name: Name,
    folder: Annotated[Path, typer.Option("-o", "--output", help="The new folder.")],
    form: Shape = "v2",
    service: Service = None,
    with_flagged: Flagged = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write a quarter's files for OMB into a folder.

    Adds a manifest, the fields to type in, instructions and a summary.
    """
    with database(settings(data)) as engine:
        wanted = order(name, form, service, with_flagged)
        total = _total(engine, wanted)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("Filing", total=total)
            filed = filing.write(
                db.source(engine),
                wanted,
                clock.now(),
                folder,
                lambda rows: progress.advance(task, rows),
            )
    _tell(filed, name, folder)
    if json:
        files = [file.name for each in filed.entries for file in each.files]
        say_json(
            {
                "folder": str(folder),
                "answers": filed.answers,
                "draft": filed.draft,
                "waiting_comments": filed.waiting,
                "files": files,
                "digest": filed.digest,
            }
        )


@quarter.command()
def formats(json: Json = False) -> None:
    """Show which instruments fit which OMB file format."""
    if json:
        say_json(
            [
                {
                    "instrument": kind,
                    **{form: said.why if said else "" for form, said in row.items()},
                    "remark": fits.remark(fits.KINDS[kind]),
                }
                for kind, row in fits.table()
            ]
        )
        return
    table = plain_table("Which instrument fits which format", "instrument", *fits.FORMATS)
    for kind, row in fits.table():
        table.add_row(kind, *("no" if row[form] else "yes" for form in fits.FORMATS))
    out.print(table)
    for kind, row in fits.table():
        for said in {refusal for refusal in row.values() if refusal}:
            out.print(f"{kind}: {said.why}.\n  Fix: {said.cure}.", soft_wrap=True)
        if remark := fits.remark(fits.KINDS[kind]):
            out.print(f"{kind}: {remark}.", soft_wrap=True)


def order(name: str, form: str, service: str | None, with_flagged: bool) -> Order:
    """What was asked for. Raises NotFound, BadParameter."""
    if form not in fits.FORMATS:
        known = ", ".join(fits.FORMATS)
        raise typer.BadParameter(f"'{form}' is not one of {known}.", param_hint="--format")
    return Order(fiscal.named(name), form, service, with_flagged)


def _total(engine: Engine, wanted: Order) -> int | None:
    # The other formats are made of the counts, and done at once.
    if wanted.form != "v2":
        return None
    with db.read(engine) as connection:
        return answers.total(connection, wanted.quarter, wanted.service)


def _tell(filed: Filed, name: str, folder: Path) -> None:
    for item in filed.left_out:
        err.print(
            f"Skipped {item.survey}, {item.answers:,} answers. {item.refusal.why}.\n"
            f"  Fix: {item.refusal.cure}.",
            soft_wrap=True,
        )
    if filed.waiting:
        err.print(
            f"{filed.waiting:,} comments are not approved yet, so their question_4 is empty. "
            f"To see them: cx review list {name}",
            soft_wrap=True,
        )
    draft = " This is a draft, because the quarter has not ended." if filed.draft else ""
    err.print(f"Saved {filed.answers:,} answers in {folder}.{draft}", soft_wrap=True)

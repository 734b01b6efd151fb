"""`cx import list` and `cx import undo`: the imported files, and how to remove one."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.catalog import fingerprints
from cxserver.cli.console import (
    RESULTS,
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
from cxserver.errors import ServerError
from cxserver.imports import taken, undoing
from cxserver.imports.taken import Taken

imports = typer.Typer(
    help="Import past answers and counts from other systems.", no_args_is_help=True
)
app.add_typer(imports, name="import", rich_help_panel=RESULTS)


@imports.command("list")
def list_imports(data: Data = None, json: Json = False) -> None:
    """List imported files."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        result = taken.read(connection)
    if json:
        say_json([_as_json(item) for item in result])
        return
    if not result:
        out.print("Nothing was imported yet. To print a sample map: cx import run --example csv")
        return
    heads = ("file", "from", "service", "period", "answers", "skipped", "when")
    table = plain_table("", "import", *heads)
    for item in result:
        numbers = (f"{item.answers:,}", f"{item.rejected:,}")
        names = (escape(item.file), item.form, ", ".join(item.services), item.period)
        table.add_row(item.id, *names, *numbers, f"{item.at:%Y-%m-%d %H:%M}")
    out.print(table)


@imports.command()
def undo(
    id: Annotated[str, typer.Argument(help="The import's id, from `cx import list`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it. You can't undo this.")] = False,
    data: Data = None,
) -> None:
    """Remove an import and all its answers."""
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine:
        if not yes:
            with db.read(engine) as connection:
                imported = taken.named(connection, id)
                worked = undoing.cases(connection, imported)
            raise ServerError(
                f"This would remove {_what(imported, worked)} for good. To do it, add --yes."
            )
        with db.write(engine) as connection:
            journal = Journal(fingerprints.read(connection, chosen.root_key_path))
            imported = taken.named(connection, id)
            gone = undoing.undo(connection, imported)
            about = f"import {imported.id}: {imported.answers:,} answers from {imported.file}"
            journal.write(connection, COMMAND, "undo import", about, "done", now)
        erasures.note(engine, chosen.backups)
    err.print(f"Removed {_what(imported, gone.cases)}.", soft_wrap=True, markup=False)


def _what(imported: Taken, worked: int) -> str:
    cases = f", with {worked:,} comments that staff opened" if worked else ""
    services = ", ".join(imported.services)
    return (
        f"import {imported.id} ({imported.file}: "
        f"{imported.answers:,} answers of {services}, {imported.period}){cases}"
    )


def _as_json(imported: Taken) -> dict[str, Any]:
    return {
        "id": imported.id,
        "file": imported.file,
        "from": imported.form,
        "services": imported.services,
        "surveys": [survey.name for survey in imported.surveys],
        "first": imported.first.isoformat() if imported.first else None,
        "last": imported.last.isoformat() if imported.last else None,
        "answers": imported.answers,
        "left_out": imported.rejected,
        "at": imported.at.isoformat(),
    }

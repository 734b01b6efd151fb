"""`cx import list` and `cx import undo`: the imported files, and how to remove one."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import rootkey
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
                one = taken.named(connection, id)
                worked = undoing.cases(connection, one)
            raise ServerError(
                f"This would remove {_what(one, worked)} for good. To do it, add --yes."
            )
        journal = Journal(rootkey.read(chosen.root_key_path))
        with db.write(engine) as connection:
            one = taken.named(connection, id)
            gone = undoing.undo(connection, one)
            about = f"import {one.id}: {one.answers:,} answers from {one.file}"
            journal.write(connection, COMMAND, "undo import", about, "done", now)
    err.print(f"Removed {_what(one, gone.cases)}.", soft_wrap=True, markup=False)


def _what(one: Taken, worked: int) -> str:
    cases = f", with {worked:,} comments that staff opened" if worked else ""
    services = ", ".join(one.services)
    return (
        f"import {one.id} ({one.file}: {one.answers:,} answers of {services}, {one.period}){cases}"
    )


def _as_json(one: Taken) -> dict[str, Any]:
    return {
        "id": one.id,
        "file": one.file,
        "from": one.form,
        "services": one.services,
        "surveys": [survey.name for survey in one.surveys],
        "first": one.first.isoformat() if one.first else None,
        "last": one.last.isoformat() if one.last else None,
        "answers": one.answers,
        "left_out": one.rejected,
        "at": one.at.isoformat(),
    }

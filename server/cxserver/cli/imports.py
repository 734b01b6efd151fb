"""`cx imports`, and `cx import --undo`: which files were taken in, and out they go again."""

from pathlib import Path
from typing import Any

from rich.markup import escape

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import rootkey
from cxserver.cli.console import (
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


@app.command("imports")
def list_imports(data: Data = None, json: Json = False) -> None:
    """Every file that `cx import` took in: what, of which service and days, how many, when."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        found = taken.read(connection)
    if json:
        say_json([_as_json(one) for one in found])
        return
    if not found:
        out.print("Nothing was imported. `cx import --example csv` shows how to begin.")
        return
    heads = ("file", "from", "service", "period", "answers", "left out", "when")
    table = plain_table("", "import", *heads)
    for one in found:
        numbers = (f"{one.answers:,}", f"{one.rejected:,}")
        names = (escape(one.file), one.form, ", ".join(one.services), one.period)
        table.add_row(one.id, *names, *numbers, f"{one.at:%Y-%m-%d %H:%M}")
    out.print(table)


def undo(id: str, yes: bool, data: Path | None) -> None:
    """Take an import out, if that was confirmed. Raises ServerError."""
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine:
        if not yes:
            with db.read(engine) as connection:
                one = taken.named(connection, id)
                worked = undoing.cases(connection, one)
            raise ServerError(f"{_what(one, worked)} would go for good. If you mean it: --yes")
        journal = Journal(rootkey.read(chosen.root_key_path))
        with db.write(engine) as connection:
            one = taken.named(connection, id)
            gone = undoing.undo(connection, one)
            about = f"import {one.id}: {one.answers:,} answers from {one.file}"
            journal.write(connection, COMMAND, "undo import", about, "done", now)
    err.print(f"{_what(one, gone.cases)} is out again.", soft_wrap=True, markup=False)


def _what(one: Taken, worked: int) -> str:
    cases = f", with {worked:,} comments that staff had opened" if worked else ""
    services = ", ".join(one.services)
    return (
        f"Import {one.id} ({one.file}: {one.answers:,} answers of {services}, {one.period}){cases}"
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

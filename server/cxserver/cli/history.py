"""`cx import`: past answers and counts of other systems, as series that are closed."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from cxserver import clock
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
from cxserver.history import importing, shape
from cxserver.history.importing import Batch, Summary
from cxserver.history.shape import FORMS, Form

_KNOWN = ", ".join(FORMS)


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="The CSV file, in UTF-8.")] = None,
    form: Annotated[str, typer.Option("--from", help=f"{_KNOWN}.")] = "csv",
    map: Annotated[
        Path | None, typer.Option("--map", help="TOML: what its names mean in the catalogue.")
    ] = None,
    example: Annotated[
        str, typer.Option("--example", help="Print a map for this format, and do nothing.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come, and change nothing.")
    ] = False,
    skip_rejected: Annotated[
        bool, typer.Option("--skip-rejected", help="Leave out rows that cannot be taken.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take past answers or counts in, whole or not at all; every row left out is told."""
    if example:
        typer.echo(shape.example(_form(example, "--example")), nl=False)
        return
    if file is None or map is None:
        raise typer.BadParameter("FILE and --map are needed. `--example csv` prints a map.")
    given = importing.batch(file, _form(form, "--from"), shape.read(map))
    now = clock.now()
    with (
        database(settings(data)) as engine,
        Progress(console=err, transient=True) as progress,
    ):
        reading = progress.add_task("Reading", total=given.sheet.size)
        found = importing.look(engine, given, now.date(), lambda n: progress.advance(reading, n))
        taken = not dry_run and (skip_rejected or not found.rejected) and found.total > 0
        if taken:
            writing = progress.add_task("Writing", total=given.sheet.size)
            importing.take(engine, given, found, now, lambda n: progress.advance(writing, n))
    _tell(given, found, taken, json)
    if found.rejected and not (skip_rejected or dry_run):
        cure = "Mend them, or leave them out with --skip-rejected."
        raise ServerError(f"{len(found.rejected):,} rows; nothing was imported. {cure}")
    if not found.total:
        raise ServerError("There is nothing in it to import.")


def _form(text: str, hint: str) -> Form:
    if text not in FORMS:
        raise typer.BadParameter(f"'{text}' is not one of {_KNOWN}.", param_hint=hint)
    return text


def _tell(given: Batch, found: Summary, taken: bool, json: bool) -> None:
    for one in found.rejected:
        err.print(str(one), soft_wrap=True, markup=False)
    if found.hidden:
        err.print(
            f"{found.hidden:,} taps left out: they were on the list that was not on the screen "
            "when the answer was sent.",
            soft_wrap=True,
        )
    if json:
        say_json(_as_json(found, taken))
        return
    if not found.total:
        return
    table = plain_table(f"What {given.name} holds", "survey", "answers", "first day", "last day")
    for survey, people in found.people.items():
        days = (found.begins[survey].isoformat(), found.ends[survey].isoformat())
        table.add_row(found.named[survey].name, f"{people:,}", *days)
    out.print(table)
    offices = f"{len(found.offices)} {'office' if len(found.offices) == 1 else 'offices'}"
    done = "imported" if taken else "found; nothing was changed"
    err.print(f"{found.total:,} answers at {offices} {done}.", soft_wrap=True)


def _as_json(found: Summary, taken: bool) -> dict[str, Any]:
    return {
        "imported": found.total if taken else 0,
        "answers": found.total,
        "offices": sorted(found.offices),
        "surveys": [
            {
                "survey": found.named[survey].name,
                "answers": people,
                "first": found.begins[survey].isoformat(),
                "last": found.ends[survey].isoformat(),
            }
            for survey, people in found.people.items()
        ],
        "hidden_taps": found.hidden,
        "rejected": [
            {
                "file": one.file,
                "line": one.line,
                "column": one.column,
                "rule": one.rule,
                "cure": one.cure,
            }
            for one in found.rejected
        ],
    }

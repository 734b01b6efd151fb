"""`cx import run`: past answers and counts from other systems, as closed series."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import fingerprints
from cxserver.cli.console import (
    Data,
    Json,
    database,
    err,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.cli.imports import imports
from cxserver.errors import ServerError
from cxserver.imports import filed, rejected, shape, taking
from cxserver.imports.overlap import Overlap
from cxserver.imports.shape import FORMS, Form
from cxserver.imports.summary import Summary
from cxserver.imports.taking import Batch

_KNOWN = ", ".join(FORMS)


@imports.command()
def run(
    file: Annotated[Path | None, typer.Argument(help="The CSV file, in UTF-8.")] = None,
    form: Annotated[str, typer.Option("--from", help=f"The file's format: {_KNOWN}.")] = "csv",
    map: Annotated[
        Path | None, typer.Option("--map", help="A TOML file that says what the columns mean.")
    ] = None,
    example: Annotated[
        str, typer.Option("--example", help="Print a sample map for this format, and stop.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be imported. Change nothing.")
    ] = False,
    skip_rejected: Annotated[
        bool, typer.Option("--skip-rejected", help="Skip rows with errors.")
    ] = False,
    header: Annotated[
        Path | None,
        typer.Option("--header", help="The v1 header file. Default: the one next to FILE, if any."),
    ] = None,
    also: Annotated[
        bool,
        typer.Option("--also", help="Import it even if answers overlap: these are other people."),
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Import past answers or counts from a file.

    Skipped rows are listed. Without --skip-rejected, one bad row stops the import.
    """
    if example:
        typer.echo(shape.example(_form(example, "--example")), nl=False)
        return
    if file is None or map is None:
        raise typer.BadParameter("Give a FILE and a --map. To print a sample map: --example csv")
    kind = _form(form, "--from")
    beside = header or (filed.beside(file) if kind == "v1" else None)
    given = taking.batch(file, kind, shape.read(map), beside)
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, Progress(console=err, transient=True) as progress:
        reading = progress.add_task("Reading", total=given.sheet.size)
        result = taking.look(db.source(engine), given, now, lambda n: progress.advance(reading, n))
        sound = (skip_rejected or not result.rejected) and (also or not result.overlaps)
        taken = sound and not dry_run and result.total > 0
        if taken:
            writing = progress.add_task("Writing", total=result.rows)
            with db.write(engine) as connection:
                journal = Journal(fingerprints.read(connection, chosen.root_key_path))
                taking.take(
                    connection,
                    given,
                    result,
                    now,
                    lambda n: progress.advance(writing, n),
                    also=also,
                )
                about = f"import {given.id}: {result.total:,} answers from {given.name}"
                journal.write(connection, COMMAND, "import", about, "done", now)
    _tell(given, result, taken, json)
    _refuse(result, dry_run, skip_rejected, also)


def _refuse(summary: Summary, dry_run: bool, skip_rejected: bool, also: bool) -> None:
    """Raises ServerError when nothing was imported and something should have been."""
    if summary.rejected and not (skip_rejected or dry_run):
        cure = "Fix them, or skip them with --skip-rejected."
        raise ServerError(
            f"{len(summary.rejected):,} rows have errors. Nothing was imported. {cure}"
        )
    if summary.overlaps and not (also or dry_run):
        raise ServerError("Nothing was imported, because the same people would count twice.")
    if not summary.total:
        raise ServerError("The file has nothing to import.")


def _form(text: str, hint: str) -> Form:
    if text not in FORMS:
        raise typer.BadParameter(f"'{text}' is not one of {_KNOWN}.", param_hint=hint)
    return text


def _tell(given: Batch, summary: Summary, taken: bool, json: bool) -> None:
    for text in [
        *rejected.sentences(summary.rejected),
        *map(str, summary.overlaps),
        *summary.notes,
    ]:
        err.print(text, soft_wrap=True, markup=False)
    if summary.hidden:
        err.print(
            f"Skipped {summary.hidden:,} taps on the list that was not on the screen when the "
            "answer was sent.",
            soft_wrap=True,
        )
    if json:
        say_json(_as_json(given, summary, taken))
        return
    if not summary.total:
        return
    table = plain_table(f"In {given.name}", "survey", "answers", "first day", "last day")
    for pile in summary.piles:
        days = (day.isoformat() for day in pile.days)
        table.add_row(summary.named[pile.survey].name, f"{pile.people:,}", *days)
    out.print(table)
    if given.header is not None:
        err.print(f"Also read {given.header.name}.", soft_wrap=True, markup=False)
    offices = f"{len(summary.offices)} {'office' if len(summary.offices) == 1 else 'offices'}"
    done = "imported" if taken else "found. Nothing was changed"
    err.print(f"{summary.total:,} answers at {offices} {done}.", soft_wrap=True)
    if taken:
        err.print(f"This is import {given.id}. To remove it: cx import undo {given.id}")


def _as_json(given: Batch, summary: Summary, taken: bool) -> dict[str, Any]:
    return {
        "id": given.id,
        "imported": summary.total if taken else 0,
        "answers": summary.total,
        "offices": sorted(summary.offices),
        "surveys": [
            {
                "survey": summary.named[pile.survey].name,
                "answers": pile.people,
                "first": pile.days[0].isoformat(),
                "last": pile.days[1].isoformat(),
            }
            for pile in summary.piles
        ],
        "overlaps": [_overlap(overlap) for overlap in summary.overlaps],
        "notes": summary.notes,
        "hidden_taps": summary.hidden,
        "rejected": [
            {
                "file": item.file,
                "line": item.line,
                "column": item.column,
                "rule": item.rule,
                "cure": item.cure,
            }
            for item in summary.rejected
        ],
    }


def _overlap(overlap: Overlap) -> dict[str, Any]:
    return {
        "import": overlap.other.id if overlap.other else None,
        "answers_there": overlap.there,
        "answers_here": overlap.in_file,
        "first": overlap.first,
        "last": overlap.last,
    }

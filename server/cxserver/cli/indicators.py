"""`cx indicators`: waits, calls and visits out of the agency's own systems, from a CSV file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from cxserver import clock, db
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
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
from cxserver.imports import sheet
from cxserver.imports.rejected import Rejection
from cxserver.imports.sheet import Sheet
from cxserver.quarter import fiscal
from cxserver.quarter import indicators as service_levels
from cxserver.quarter.indicators import Batch

indicators = typer.Typer(help="Service-level numbers of your own.", no_args_is_help=True)
app.add_typer(indicators, name="indicators")

# Every one of a quarter stands on the staff page and in OMB's file.
MOST = 20_000
# What is shown of a file in which nothing is right; --json tells every row.
_SHOWN = 50


@indicators.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: service, name, unit, period, office, value.")],
    who: Annotated[str, typer.Option("--who", help="Who says so.")] = "command line",
    data: Data = None,
    json: Json = False,
) -> None:
    """Take a file of indicators whole, or not at all; every row that cannot be taken is told."""
    given = sheet.read(file, file.read_bytes())
    _check_columns(given)
    with database(settings(data)) as engine:
        with db.read(engine) as connection:
            known = directory.load(connection)
        batch, rejected = _read(given, known)
        if not rejected:
            _write(engine, batch, who)
    if json:
        taken = 0 if rejected else len(batch.indicators)
        say_json({"imported": taken, "rejected": [_as_json(one) for one in rejected]})
    for one in rejected[:_SHOWN]:
        err.print(str(one), soft_wrap=True, markup=False)
    if rejected:
        more = len(rejected) - _SHOWN
        rest = f" {more:,} more are not shown; --json tells them all." if more > 0 else ""
        every = len(rejected) + len(batch.indicators)
        raise ServerError(f"{len(rejected):,} of {every:,} rows; nothing was imported.{rest}")
    _tell_strangers(known, batch)
    many = "indicator" if len(batch.indicators) == 1 else "indicators"
    err.print(f"{len(batch.indicators):,} {many} imported.")


@indicators.command("list")
def list_indicators(
    quarter: Annotated[str, typer.Argument(help="Such as 2026Q1.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """The indicators of a quarter and of its fiscal year."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        found = service_levels.read(connection, period)
    every = [one for each in found.values() for one in each]
    if json:
        names = ("period", "service", "office", "name", "unit", "value", "number")
        say_json([{name: getattr(one, name) for name in names} for one in every])
        return
    if not every:
        out.print(f"There are no indicators of {quarter} or its year yet: cx indicators import.")
        return
    table = plain_table("", "service", "office", "period", "name", "value", "unit")
    for one in every:
        table.add_row(one.service, one.office, one.period, one.name, one.value, one.unit)
    out.print(table)


def _check_columns(given: Sheet) -> None:
    missing = [names[0] for names in service_levels.COLUMNS if not set(names) & set(given.columns)]
    if missing:
        raise ServerError(
            f"{given.name}, line 1: there is no column '{missing[0]}'. The columns there are: "
            f"{', '.join(given.columns)[:300]}. Cure: save it as CSV with commas, and name the "
            "columns service, name, unit, period, office (it may be left out) and value."
        )
    rows = given.size - 1
    if rows > MOST + 1:
        raise ServerError(
            f"{given.name} has {rows:,} lines; at most {MOST:,} are taken at once. Cure: give the "
            "numbers of the service instead of each office, or cut the file into several."
        )


def _read(given: Sheet, known: Directory) -> tuple[Batch, list[Rejection]]:
    """What the file holds, and every row that cannot be taken, by its line."""
    broken: list[Rejection] = []
    offices = {slug: tuple(one.offices) for slug, one in known.services.items()}
    batch = service_levels.parse(_rows(given, broken), offices)
    unfit = [
        Rejection(given.name, line, one.column, one.rule, one.cure) for line, one in batch.rejected
    ]
    if not (batch.indicators or unfit or broken):
        raise ServerError(f"{given.name} names its columns and has no row: nothing to import.")
    return batch, sorted([*broken, *unfit], key=lambda one: one.line)


def _rows(given: Sheet, broken: list[Rejection]) -> Iterator[tuple[int, Mapping[str, str]]]:
    for line in given.lines():
        if line.fault:
            fault = line.fault
            broken.append(Rejection(given.name, line.number, fault.column, fault.rule, fault.cure))
        # A spreadsheet program writes rows of commas behind the last one.
        elif any(text.strip() for text in line.cells.values()):
            yield line.number, line.cells


def _write(engine: Engine, batch: Batch, who: str) -> None:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Writing", total=len(batch.indicators))
        with db.write(engine) as connection:
            service_levels.put(
                connection, batch, who, clock.now(), lambda rows: progress.advance(task, rows)
            )


def _tell_strangers(known: Directory, batch: Batch) -> None:
    """Numbers of a service that the catalogue does not have are kept, and appear in no file."""
    strange = sorted({one.service for one in batch.indicators} - set(known.services))
    if strange:
        err.print(f"Not in the catalogue, so in no file: {', '.join(strange)}.", soft_wrap=True)


def _as_json(one: Rejection) -> dict[str, str | int]:
    names = ("file", "line", "column", "rule", "cure")
    return {name: getattr(one, name) for name in names}

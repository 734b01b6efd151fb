"""`cx indicators`: waits, calls and visits from the agency's own systems, in a CSV file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from cxserver import clock, db
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.cli import audit_line
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
from cxserver.errors import ServerError
from cxserver.imports import sheet
from cxserver.imports.rejected import Rejection
from cxserver.imports.sheet import Sheet
from cxserver.quarter import fiscal
from cxserver.quarter import indicators as service_levels
from cxserver.quarter.indicators import Batch
from cxserver.settings import Settings

indicators = typer.Typer(
    help="Import and list your own service-level numbers.", no_args_is_help=True
)
app.add_typer(indicators, name="indicators", rich_help_panel=QUARTER)

# Every one of a quarter stands on the staff page and in OMB's file.
MOST = 20_000
# We show this many bad rows; --json lists every one.
_SHOWN = 50


@indicators.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: service, name, unit, period, office, value.")],
    who: Annotated[
        str, typer.Option("--who", help="Your name or email address, for the log.")
    ] = "command line",
    data: Data = None,
    json: Json = False,
) -> None:
    """Import indicators from a CSV file.

    One bad row stops the import. Bad rows are listed.
    """
    given = sheet.read(file, file.read_bytes())
    _check_columns(given)
    chosen = settings(data)
    with database(chosen) as engine:
        with db.read(engine) as connection:
            known = directory.load(connection)
        batch, rejected = _read(given, known)
        if not rejected:
            _write(engine, chosen, batch, f"{file.name} by {who}", who)
    if json:
        taken = 0 if rejected else len(batch.indicators)
        say_json({"imported": taken, "rejected": [_as_json(item) for item in rejected]})
    for item in rejected[:_SHOWN]:
        err.print(str(item), soft_wrap=True, markup=False)
    if rejected:
        more = len(rejected) - _SHOWN
        rest = f" {more:,} more are not shown. To list them all, add --json." if more > 0 else ""
        every = len(rejected) + len(batch.indicators)
        raise ServerError(
            f"{len(rejected):,} of {every:,} rows have errors. Nothing was imported.{rest}"
        )
    _tell_strangers(known, batch)
    many = "indicator" if len(batch.indicators) == 1 else "indicators"
    err.print(f"{len(batch.indicators):,} {many} imported.")


@indicators.command("list")
def list_indicators(
    quarter: Annotated[str, typer.Argument(help="Such as 2026Q1.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """List the indicators of a quarter and its fiscal year."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        result = service_levels.read(connection, period)
    every = [item for each in result.values() for item in each]
    if json:
        names = ("period", "service", "office", "name", "unit", "value", "number")
        say_json([{name: getattr(item, name) for name in names} for item in every])
        return
    if not every:
        out.print(f"No indicators for {quarter} or its year yet. To add them: cx indicators import")
        return
    table = plain_table("", "service", "office", "period", "name", "value", "unit")
    for item in every:
        table.add_row(item.service, item.office, item.period, item.name, item.value, item.unit)
    out.print(table)


def _check_columns(given: Sheet) -> None:
    missing = [names[0] for names in service_levels.COLUMNS if not set(names) & set(given.columns)]
    if missing:
        raise ServerError(
            f"{given.name}, line 1: there is no column '{missing[0]}'. The file has these columns: "
            f"{', '.join(given.columns)[:300]}. Fix: save it as CSV with commas, and name the "
            "columns service, name, unit, period, office (optional) and value."
        )
    rows = given.size - 1
    if rows > MOST + 1:
        raise ServerError(
            f"{given.name} has {rows:,} lines; the limit is {MOST:,}. Fix: give one number for "
            "the service instead of one for each office, or split the file."
        )


def _read(given: Sheet, known: Directory) -> tuple[Batch, list[Rejection]]:
    """What the file holds, and every row that cannot be taken, by its line."""
    broken: list[Rejection] = []
    offices = {slug: tuple(service.offices) for slug, service in known.services.items()}
    batch = service_levels.parse(_rows(given, broken), offices)
    unfit = [
        Rejection(given.name, line, fault.column, fault.rule, fault.cure)
        for line, fault in batch.rejected
    ]
    if not (batch.indicators or unfit or broken):
        raise ServerError(f"{given.name} has column names but no rows. There is nothing to import.")
    return batch, sorted([*broken, *unfit], key=lambda item: item.line)


def _rows(given: Sheet, broken: list[Rejection]) -> Iterator[tuple[int, Mapping[str, str]]]:
    for line in given.lines():
        if line.fault:
            fault = line.fault
            broken.append(Rejection(given.name, line.number, fault.column, fault.rule, fault.cure))
        # A spreadsheet program writes rows of commas behind the last one.
        elif any(text.strip() for text in line.cells.values()):
            yield line.number, line.cells


def _write(engine: Engine, chosen: Settings, batch: Batch, about: str, who: str) -> None:
    now, result = clock.now(), f"indicators: {len(batch.indicators)}"
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Writing", total=len(batch.indicators))
        with db.write(engine) as connection:
            service_levels.put(
                connection, batch, who, now, lambda rows: progress.advance(task, rows)
            )
            audit_line.write(connection, chosen, "import indicators", about, now, result)


def _tell_strangers(known: Directory, batch: Batch) -> None:
    """Numbers of a service that the catalog does not have are kept, and appear in no file."""
    strange = sorted({indicator.service for indicator in batch.indicators} - set(known.services))
    if strange:
        err.print(f"Not in the catalog, so not in any file: {', '.join(strange)}.", soft_wrap=True)


def _as_json(rejection: Rejection) -> dict[str, str | int]:
    names = ("file", "line", "column", "rule", "cure")
    return {name: getattr(rejection, name) for name in names}

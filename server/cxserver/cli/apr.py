"""`cx apr`: the indicators of a fiscal year for the performance report and plan (§280.12)."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cxserver import db
from cxserver.catalog import directory
from cxserver.cli.console import Data, Json, app, database, err, say_json, settings
from cxserver.errors import ServerError
from cxserver.quarter import apr as indicators
from cxserver.quarter import apr_file
from cxserver.quarter.apr import Targets


@app.command()
def apr(
    fiscal_year: Annotated[int, typer.Argument(min=2019, max=2099, help="Such as 2026.")],
    file: Annotated[
        Path, typer.Option("-o", "--output", help="The file: .xlsx, or .html to print.")
    ],
    targets: Annotated[
        Path | None, typer.Option(help="CSV: service, measure, target (trust, ease, Wait time …).")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Trust, satisfaction, drivers and service levels of a year: target, actual, n."""
    if file.suffix not in (".xlsx", ".html"):
        raise typer.BadParameter(f"{file} ends neither with .xlsx nor with .html.")
    wanted = _targets(targets) if targets else {}
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        rows = indicators.read(connection, known, fiscal_year, wanted)
    if not rows:
        raise ServerError(f"There is nothing to tell of fiscal year {fiscal_year}.")
    if file.suffix == ".xlsx":
        file.write_bytes(apr_file.xlsx(rows, known, fiscal_year))
    else:
        file.write_text(apr_file.html(rows, known, fiscal_year), encoding="utf-8")
    err.print(f"{len(rows):,} rows in {file}.", soft_wrap=True, markup=False)
    if json:
        say_json([asdict(row) for row in rows])


def _targets(file: Path) -> Targets:
    with file.open(encoding="utf-8-sig", newline="") as text:
        try:
            return indicators.targets(csv.DictReader(text, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ServerError(f"{file} is no CSV in UTF-8: {error}") from None

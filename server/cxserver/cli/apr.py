"""`cx quarter apr`: a fiscal year's indicators for the performance report and plan (§280.12)."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cxserver import db
from cxserver.catalog import directory
from cxserver.cli.console import Data, Json, database, err, say_json, settings
from cxserver.cli.quarter import quarter
from cxserver.errors import ServerError
from cxserver.quarter import apr as indicators
from cxserver.quarter import apr_file
from cxserver.quarter.apr import Targets


@quarter.command()
def apr(
    fiscal_year: Annotated[int, typer.Argument(min=2019, max=2099, help="Such as 2026.")],
    file: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write: .xlsx, or .html to print.")
    ],
    targets: Annotated[
        Path | None, typer.Option(help="A CSV file with the columns service, measure and target.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write a year's indicators for the performance report.

    For each indicator: target, actual and number of answers (§280.12).
    """
    if file.suffix not in (".xlsx", ".html"):
        raise typer.BadParameter(f"{file} must end in .xlsx or .html.")
    wanted = _targets(targets) if targets else {}
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        rows = indicators.read(connection, known, fiscal_year, wanted)
    if not rows:
        raise ServerError(f"There are no numbers for fiscal year {fiscal_year}.")
    if file.suffix == ".xlsx":
        file.write_bytes(apr_file.xlsx(rows, known, fiscal_year))
    else:
        file.write_text(apr_file.html(rows, known, fiscal_year), encoding="utf-8")
    err.print(f"Saved {len(rows):,} rows in {file}.", soft_wrap=True, markup=False)
    if json:
        say_json([asdict(row) for row in rows])


def _targets(file: Path) -> Targets:
    with file.open(encoding="utf-8-sig", newline="") as text:
        try:
            return indicators.targets(csv.DictReader(text, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ServerError(f"{file} is not a CSV file in UTF-8: {error}") from None

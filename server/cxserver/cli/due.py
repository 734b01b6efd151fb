"""`cx quarter due`: what is due to OMB in a fiscal year, and when to be reminded."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from cxserver import clock, db
from cxserver.catalog import directory
from cxserver.cli.console import Data, Json, database, out, plain_table, say_json, settings
from cxserver.cli.quarter import quarter
from cxserver.errors import ServerError
from cxserver.quarter import due as calendar
from cxserver.quarter import fiscal
from cxserver.quarter.due import Due


@quarter.command()
def due(
    fiscal_year: Annotated[
        int | None,
        typer.Option("--fiscal-year", min=2019, max=2099, help="Default: this fiscal year."),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what is due to OMB in a fiscal year, and when."""
    year = fiscal_year or fiscal.year_of(_today(data))
    every = calendar.of_year(year)
    if json:
        say_json({"fiscal_year": year, "due": [_as_json(item) for item in every]})
        return
    table = plain_table(
        f"Fiscal year {year} (A-11 §280)",
        "what",
        "section",
        "by the rule",
        "published",
        "reminders",
    )
    for item in every:
        days = ", ".join(_said(day) for day in item.reminders)
        published = _said(item.published) if item.published else "–"
        table.add_row(item.what, item.section, _said(item.rule), published, days)
    out.print(table)
    if any(item.published not in (None, item.rule) for item in every):
        out.print("If the two dates differ, use the earlier one. The reminders do.")


def _today(data: Path | None) -> date:
    """The agency's date. The list needs no database: without one it is the date in UTC."""
    now = clock.now()
    with suppress(ServerError, SQLAlchemyError):
        with database(settings(data)) as engine, db.read(engine) as connection:
            return directory.today(connection, now)
    return now.date()


def _said(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _as_json(deadline: Due) -> dict[str, Any]:
    return {
        "what": deadline.what,
        "section": deadline.section,
        "rule": deadline.rule.isoformat(),
        "published": deadline.published.isoformat() if deadline.published else None,
        "day": deadline.day.isoformat(),
        "reminders": [day.isoformat() for day in deadline.reminders],
    }

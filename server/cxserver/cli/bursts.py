"""`cx kiosk unflag`: somebody checked, and the many quick answers were real."""

from datetime import date
from typing import Annotated

import typer
from sqlalchemy import Engine

from cxserver import db
from cxserver.catalog import directory, names
from cxserver.catalog.directory import Directory
from cxserver.cli.console import Data, Json, database, out, say_json, settings
from cxserver.cli.dates import DayAtOffice
from cxserver.cli.kiosk import kiosks_app
from cxserver.intake import reflag


@kiosks_app.command()
def unflag(
    service: Annotated[str, typer.Argument(help="The service's short name in the catalog.")],
    office: Annotated[str, typer.Argument(help="The office's short name.")],
    day: DayAtOffice,
    hour: Annotated[
        int | None, typer.Option(min=0, max=23, help="Only this hour at the office, such as 14.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Put the flags back.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how many answers would change.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Remove burst flags from kiosk answers that you checked."""
    find, change = (reflag.lifted, reflag.put_back) if again else (reflag.flagged, reflag.lift)
    with database(settings(data)) as engine:
        known = _known(engine, service, office)
        zone = known.offices[office].zone
        with db.read(engine) as connection:
            rows = find(connection, service, office, day, zone, hour)
        count = len(rows) if dry_run else len(change(engine, known, rows))
    if json:
        selection = {"service": service, "office": office, "day": str(day), "hour": hour}
        say_json({**selection, "again": again, "dry_run": dry_run, "answers": count})
    else:
        out.print(_sentence(count, day, again=again, dry_run=dry_run), soft_wrap=True)


def _known(engine: Engine, service: str, office: str) -> Directory:
    with db.read(engine) as connection:
        known = directory.load(connection)
    names.check_office(known, office, service)
    return known


def _sentence(count: int, day: date, *, again: bool, dry_run: bool) -> str:
    if not count:
        return f"{day}: " + (
            "no flags were removed." if again else "no answers are flagged as a burst."
        )
    done = "put back" if again else "removed"
    flags = f"burst flags {'would be' if dry_run else 'were'} {done}"
    return f"{day}: {flags} on {count:,} answer{'' if count == 1 else 's'}."

"""`cx kiosk unflag`: somebody has looked, and it was a school class, not a burst."""

from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy import Engine

from cxserver import db
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.cli.console import Data, Json, database, out, say_json, settings
from cxserver.cli.kiosk import kiosks_app
from cxserver.errors import NotFound
from cxserver.intake import reflag


@kiosks_app.command()
def unflag(
    service: Annotated[str, typer.Argument(help="The service's slug, as in the catalogue.")],
    office: Annotated[str, typer.Argument(help="The office's slug.")],
    day: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The office's own date."),
    ],
    hour: Annotated[
        int | None, typer.Option(min=0, max=23, help="Only this hour of the office's clock: 14.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Undo: put the flags back.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many answers; change nothing.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take the burst flags off answers of kiosks: somebody looked, and they were honest."""
    find, change = (reflag.lifted, reflag.put_back) if again else (reflag.flagged, reflag.lift)
    with database(settings(data)) as engine:
        known = _known(engine, service, office)
        zone = known.offices[office].zone
        with db.read(engine) as connection:
            rows = find(connection, service, office, day.date(), zone, hour)
        count = len(rows) if dry_run else len(change(engine, known, rows))
    if json:
        told = {"service": service, "office": office, "day": str(day.date()), "hour": hour}
        say_json({**told, "again": again, "dry_run": dry_run, "answers": count})
    else:
        out.print(_sentence(count, day.date(), again=again, dry_run=dry_run), soft_wrap=True)


def _known(engine: Engine, service: str, office: str) -> Directory:
    with db.read(engine) as connection:
        known = directory.load(connection)
    if service not in known.services or office not in known.services[service].offices:
        raise NotFound(f"There is no office {office} of {service}. `cx catalog apply` makes them.")
    return known


def _sentence(count: int, day: date, *, again: bool, dry_run: bool) -> str:
    if not count:
        return f"{day}: " + (
            "no flag was taken off." if again else "nothing is flagged as a burst."
        )
    done = "put back" if again else "taken off"
    told = f"the burst flag {'would be' if dry_run else 'is'} {done}:"
    return f"{day}: {told} {count:,} answer{'' if count == 1 else 's'}."

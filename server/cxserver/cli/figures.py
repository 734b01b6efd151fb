"""`cx quarter volumes`, `cx quarter reflect`: what people of the agency add to the counts."""

import re
from typing import Annotated

import typer
from sqlalchemy import Connection

from cxserver import clock, db
from cxserver.catalog import directory, names
from cxserver.cli import audit_line
from cxserver.cli.console import (
    Data,
    Json,
    database,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.cli.quarter import quarter as quarter_app
from cxserver.errors import ServerError
from cxserver.quarter import fiscal, reflections
from cxserver.quarter import volumes as counted
from cxserver.quarter.formats import channels
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume

volumes = typer.Typer(help="Enter and list customers served.", no_args_is_help=True)
quarter_app.add_typer(volumes, name="volumes")

Quarter = Annotated[str, typer.Argument(help="Such as 2026Q1.")]
Service = Annotated[str, typer.Argument(help="The service's short name in the catalog.")]
# A number below zero gets its own message, unlike text that is not a number.
_WHOLE = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})", re.ASCII)
Who = Annotated[str, typer.Option("--who", help="Your name or email address, for the log.")]


@volumes.command("set")
def set_(
    quarter: Quarter,
    service: Service,
    channel: Annotated[
        str, typer.Argument(help="Such as email, sms, web, phone, kiosk, poster or site.")
    ],
    served: Annotated[str, typer.Option(help="How many customers you served.")],
    offered: Annotated[str, typer.Option(help="How many of them were offered the survey.")],
    source: Annotated[str, typer.Option(help="Where the numbers come from.")],
    who: Who,
    data: Data = None,
) -> None:
    """Enter customers served and customers offered the survey."""
    period = fiscal.named(quarter)
    names.check_choice("channel", channel, channels.BY_NAME)
    people = (_people(served, "--served"), _people(offered, "--offered"))
    chosen, now = settings(data), clock.now()
    volume = Volume(*people, source, who, now)
    with database(chosen) as engine, db.write(engine) as connection:
        _check_service(connection, service)
        counted.put(connection, period, service, channel, volume)
        about = f"{quarter} {service} {channel} by {who}"
        audit_line.write(connection, chosen, "tell of a quarter", about, now)
    out.print(
        f"{service}, {channel}, {quarter}: {volume.served:,} served, {volume.offered:,} offered."
    )


@volumes.command("list")
def list_volumes(quarter: Quarter, data: Data = None, json: Json = False) -> None:
    """List a quarter's customer numbers and their sources."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        result = sorted(counted.read(connection, period).items())
    if json:
        say_json(
            [
                {
                    "service": service,
                    "channel": channel,
                    "served": volume.served,
                    "offered": volume.offered,
                    "source": volume.source,
                    "who": volume.who,
                    "at": volume.at.isoformat(),
                }
                for (service, channel), volume in result
            ]
        )
        return
    if not result:
        out.print(f"No customer numbers for {quarter} yet. To enter them: cx quarter volumes set")
        return
    table = plain_table("", "service", "channel", "served", "offered", "source", "who", "when")
    for (service, channel), volume in result:
        numbers = (f"{volume.served:,}", f"{volume.offered:,}")
        table.add_row(
            service, channel, *numbers, volume.source, volume.who, f"{volume.at:%Y-%m-%d}"
        )
    out.print(table)


@quarter_app.command()
def reflect(
    quarter: Quarter,
    service: Service,
    who: Who,
    reflection: Annotated[str | None, typer.Option(help="What the numbers mean.")] = None,
    accomplishments: Annotated[str | None, typer.Option(help="What you improved recently.")] = None,
    data: Data = None,
) -> None:
    """Save a service's reflection on its quarter."""
    period = fiscal.named(quarter)
    if reflection is None and accomplishments is None:
        raise ServerError('Add --reflection "…", --accomplishments "…", or both.')
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        _check_service(connection, service)
        before = reflections.read(connection, period).get(service)
        said = Reflection(
            _kept(reflection, before.reflection if before else ""),
            _kept(accomplishments, before.accomplishments if before else ""),
            who,
            now,
        )
        reflections.put(connection, period, service, said)
        about = f"{quarter} {service} by {who}"
        audit_line.write(connection, chosen, "tell of a quarter", about, now)
    missing = [
        name
        for name, text in (
            ("reflection", said.reflection),
            ("accomplishments", said.accomplishments),
        )
        if not text
    ]
    out.print(
        f"Saved. Still missing: {', '.join(missing)}." if missing else "Saved. Both are written."
    )


def _check_service(connection: Connection, service: str) -> None:
    names.check_service(directory.load(connection), service)


def _kept(given: str | None, before: str) -> str:
    return before if given is None else given


def _people(text: str, option: str) -> int:
    """A whole number, as people copy it: 12000 or 12,000."""
    if not _WHOLE.fullmatch(text.strip()):
        raise typer.BadParameter(
            f"'{text}' is not a whole number, such as 12000 or 12,000.", param_hint=option
        )
    return int(text.replace(",", ""))

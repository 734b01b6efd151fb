"""`cx volumes`, `cx reflect`, `cx indicators`: what people of the agency add to the counts."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from cxserver import clock, db
from cxserver.catalog import directory
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
from cxserver.errors import NotFound, ServerError
from cxserver.reporting.quarter import channels, fiscal, reflections
from cxserver.reporting.quarter import indicators as service_levels
from cxserver.reporting.quarter import volumes as counted
from cxserver.reporting.quarter.indicators import Batch
from cxserver.reporting.quarter.reflections import Reflection
from cxserver.reporting.quarter.volumes import Volume

volumes = typer.Typer(help="Customers served, and offered the survey.", no_args_is_help=True)
indicators = typer.Typer(help="Service-level numbers of your own.", no_args_is_help=True)
app.add_typer(volumes, name="volumes")
app.add_typer(indicators, name="indicators")

Quarter = Annotated[str, typer.Argument(help="Such as 2026Q1.")]
Service = Annotated[str, typer.Argument(help="The service's short name.")]
Who = Annotated[str, typer.Option("--who", help="Who says so.")]


@volumes.command("set")
def set_(
    quarter: Quarter,
    service: Service,
    channel: Annotated[str, typer.Argument(help="email, sms, web, phone, kiosk, poster, site …")],
    served: Annotated[int, typer.Option(help="Customers served.")],
    offered: Annotated[int, typer.Option(help="Of them: offered the survey, not: opened it.")],
    source: Annotated[str, typer.Option(help="Where the numbers come from.")],
    who: Who,
    data: Data = None,
) -> None:
    """Tell how many customers were served, and offered the survey, by a channel."""
    period = fiscal.named(quarter)
    if channel not in channels.BY_NAME:
        raise NotFound(f"'{channel}' is not one of {', '.join(channels.BY_NAME)}.")
    volume = Volume(served, offered, source, who, clock.now())
    with database(settings(data)) as engine, db.write(engine) as connection:
        _check_service(connection, service)
        counted.put(connection, period, service, channel, volume)
    out.print(f"{service}, {channel}, {quarter}: {served:,} served, {offered:,} offered.")


@volumes.command("list")
def list_volumes(quarter: Quarter, data: Data = None, json: Json = False) -> None:
    """The volumes of a quarter, with their sources."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        found = sorted(counted.read(connection, period).items())
    if json:
        say_json(
            [
                {
                    "service": service,
                    "channel": channel,
                    "served": one.served,
                    "offered": one.offered,
                    "source": one.source,
                    "who": one.who,
                    "at": one.at.isoformat(),
                }
                for (service, channel), one in found
            ]
        )
        return
    table = plain_table("", "service", "channel", "served", "offered", "source", "who", "when")
    for (service, channel), one in found:
        numbers = (f"{one.served:,}", f"{one.offered:,}")
        table.add_row(service, channel, *numbers, one.source, one.who, f"{one.at:%Y-%m-%d}")
    out.print(table)


@app.command()
def reflect(
    quarter: Quarter,
    service: Service,
    who: Who,
    reflection: Annotated[str | None, typer.Option(help="What the numbers mean.")] = None,
    accomplishments: Annotated[str | None, typer.Option(help="What was done of late.")] = None,
    data: Data = None,
) -> None:
    """Write what a service makes of its quarter; a text that is not given stays as it was."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.write(engine) as connection:
        _check_service(connection, service)
        before = reflections.read(connection, period).get(service)
        said = Reflection(
            _kept(reflection, before.reflection if before else ""),
            _kept(accomplishments, before.accomplishments if before else ""),
            who,
            clock.now(),
        )
        reflections.put(connection, period, service, said)
    missing = [
        name
        for name, text in (
            ("reflection", said.reflection),
            ("accomplishments", said.accomplishments),
        )
        if not text
    ]
    out.print(
        f"Kept. Still to write: {', '.join(missing)}." if missing else "Kept. Both are there."
    )


@indicators.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: service, name, unit, period, office, value.")],
    who: Who = "command line",
    data: Data = None,
    json: Json = False,
) -> None:
    """Take a file of indicators whole, or not at all; every row that cannot be taken is told."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        try:
            rows: list[Mapping[str, str | None]] = list(csv.DictReader(text, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ServerError(f"{file} is no CSV in UTF-8: {error}") from None
    batch = service_levels.parse(rows)
    if not batch.rejected:
        with database(settings(data)) as engine, db.write(engine) as connection:
            service_levels.put(connection, batch, who, clock.now())
            _tell_strangers(connection, batch)
    if json:
        rejected = [{"line": line, "reason": reason} for line, reason in batch.rejected]
        taken = 0 if rejected else len(batch.indicators)
        say_json({"imported": taken, "rejected": rejected})
    for line, reason in batch.rejected:
        err.print(f"line {line}: {reason}", soft_wrap=True, markup=False)
    if batch.rejected:
        raise ServerError(f"{len(batch.rejected)} of {len(rows)} rows; nothing was imported.")
    err.print(f"{len(batch.indicators)} indicators imported.")


@indicators.command("list")
def list_indicators(quarter: Quarter, data: Data = None, json: Json = False) -> None:
    """The indicators of a quarter and of its fiscal year."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        found = service_levels.read(connection, period)
    every = [one for each in found.values() for one in each]
    if json:
        names = ("period", "service", "office", "name", "unit", "value", "number")
        say_json([{name: getattr(one, name) for name in names} for one in every])
        return
    table = plain_table("", "service", "office", "period", "name", "value", "unit")
    for one in every:
        table.add_row(one.service, one.office, one.period, one.name, one.value, one.unit)
    out.print(table)


def _tell_strangers(connection: Connection, batch: Batch) -> None:
    """Numbers of a service that the catalogue does not have are kept, and appear in no file."""
    known = directory.load(connection).services
    strange = sorted({one.service for one in batch.indicators} - set(known))
    if strange:
        err.print(f"Not in the catalogue, so in no file: {', '.join(strange)}.", soft_wrap=True)


def _check_service(connection: Connection, service: str) -> None:
    if service not in directory.load(connection).services:
        raise NotFound(f"There is no service '{service}' in the catalogue.")


def _kept(given: str | None, before: str) -> str:
    return before if given is None else given

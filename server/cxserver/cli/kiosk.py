"""`cx kiosk …`: pair kiosks, revoke them, see how they are."""

import io
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import segno
import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.catalog import directory, fingerprints, kiosks, linkkeys, names, pairings
from cxserver.catalog.directory import Directory, Office, date_at
from cxserver.catalog.kiosks import Device
from cxserver.catalog.pairings import Pairing
from cxserver.cli import kioskwords
from cxserver.cli.console import (
    LINKS,
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
from cxserver.doctor import installation
from cxserver.errors import NotFound

kiosks_app = typer.Typer(help="Pair, list and revoke kiosks.", no_args_is_help=True)
app.add_typer(kiosks_app, name="kiosk", rich_help_panel=LINKS)

Service = Annotated[str, typer.Argument(help="The service's short name in the catalog.")]
Where = Annotated[str, typer.Argument(help="The office's short name.")]
_PLACE = 'Where it stands, such as "East door".'
_LONGEST = 200
# Ten columns need this width. With less, each kiosk gets two lines.
_WIDE = 130


@kiosks_app.command()
def pair(
    service: Service,
    office: Where,
    place: Annotated[str, typer.Option(help=_PLACE)],
    pin: Annotated[
        str | None, typer.Option(help="Six digits for the staff corner. Default: random.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print a code and PIN that make a tablet a kiosk.

    The code works once, for 10 minutes.
    """
    place = _checked(place)
    if pin is not None and not pairings.PIN.match(pin):
        raise typer.BadParameter("use six digits, such as 402615.", param_hint="--pin")
    chosen, now = settings(data), clock.now()
    pin = pin or pairings.new_pin()
    wanted = Pairing(service, office, place, pairings.hash_pin(pin))
    with database(chosen) as engine, db.write(engine) as connection:
        roots = fingerprints.read(connection, chosen.root_key_path)
        linkkeys.check_exists(connection, service, office)
        unit = _open_office(directory.load(connection), service, office)
        others = kiosks.places(connection, service, office)
        code = pairings.offer(connection, roots, wanted, now)
    ends = now + pairings.LIVES
    address = f"{chosen.base_url}/k"
    if json:
        fields = {"service": service, "office": office, "place": place, "address": address}
        say_json(fields | {"code": code, "pin": pin, "valid_until": ends.isoformat()})
        return
    _show(address, code, pin, place, ends.astimezone(unit.zone))
    if installation.is_loopback(urlsplit(address).hostname or ""):
        err.print(
            f"warning: Only this machine can open {address}. "
            "Set CX_BASE_URL to the https address of your server.",
            markup=False,
        )
    if alike := [other for other in others if other != place and _folded(other) == _folded(place)]:
        err.print(f"warning: “{alike[0]}” is also paired. Is it a different place?", markup=False)


@kiosks_app.command()
def revoke(
    service: Service,
    office: Where,
    place: Annotated[str, typer.Option(help=_PLACE)],
    data: Data = None,
) -> None:
    """Revoke the kiosk at one place.

    Within two minutes it shows that it is out of service.
    """
    with database(settings(data)) as engine, db.write(engine) as connection:
        linkkeys.check_exists(connection, service, office)
        today = directory.today(connection, clock.now())
        n = kiosks.withdraw(connection, service, office, place, today)
        others = kiosks.places(connection, service, office)
    if n == 0:
        there = f"Paired: {', '.join(f'“{other}”' for other in others)}. " if others else ""
        raise NotFound(
            f"No kiosk of {service} at {office} is paired as “{place}”. {there}"
            "To list them: cx kiosk list"
        )
    out.print(
        f"“{place}” of {service} at {office} is revoked. Answers still on it are sent when you "
        "pair it again.",
        soft_wrap=True,
        markup=False,
    )


@kiosks_app.command("list")
def list_kiosks(
    service: Annotated[str, typer.Option(help="Only this service.")] = "",
    office: Annotated[str, typer.Option(help="Only this office.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List kiosks: last contact, waiting answers, clock."""
    now = clock.now()
    with database(settings(data)) as engine, db.read(engine) as connection:
        everything = directory.load(connection)
        names.check_office(everything, office or None, service or None)
        offices = everything.offices
        result = kiosks.known(connection, everything.today(now), service, office)
    if json:
        say_json([_as_json(device, offices.get(device.office), now) for device in result])
        return
    if not result:
        out.print('No kiosks yet. To pair one: cx kiosk pair SERVICE OFFICE --place "East door"')
        return
    if out.width < _WIDE:
        for device in result:
            card = kioskwords.card(device, offices.get(device.office), now)
            out.print(card, markup=False, soft_wrap=True)
        return
    table = plain_table("", "place", *("office", "service", "state", "last seen", "waiting"))
    for name in ("set aside", "clock", "today", "flagged"):
        table.add_column(name, justify="right")
    for device in result:
        row = kioskwords.row(device, offices.get(device.office), now)
        table.add_row(*map(escape, row))
    out.print(table)


def _checked(place: str) -> str:
    place = place.strip()
    if not place or len(place) > _LONGEST or not place.isprintable():
        raise typer.BadParameter(f"use 1 to {_LONGEST} printable characters.", param_hint="--place")
    return place


def _folded(place: str) -> str:
    return " ".join(place.casefold().split())


def _open_office(known: Directory, service: str, office: str) -> Office:
    given, unit = known.services[service], known.offices[office]
    if given.closed or unit.closed or not given.offices[office]:
        raise NotFound(f"Service '{service}' is closed at office '{office}'.")
    return unit


def _show(address: str, code: str, pin: str, place: str, ends: datetime) -> None:
    picture = io.StringIO()
    segno.make_qr(f"{address}?code={code}", error="m").terminal(out=picture, compact=True)
    typer.echo(f"To pair “{place}”, open this address on the tablet:\n\n    {address}\n")
    typer.echo(f"Type the code   {code}   (or scan this picture and press the button).\n")
    typer.echo(picture.getvalue())
    typer.echo(f"The code works once, until {ends:%H:%M %Z}.")
    typer.echo(f"The staff PIN of this kiosk is   {pin}   Write it down. We won't show it again.")
    typer.echo("A kiosk paired for this place before is revoked when this one pairs.")
    typer.echo("To see it: cx kiosk list")


def _as_json(device: Device, office: Office | None, now: datetime) -> dict[str, Any]:
    today = date_at(office, now)
    answers, flagged = device.answers_on(today)
    fields: dict[str, Any] = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in asdict(device).items()
        # Its PIN is six digits: whoever has the hash has the PIN in a day.
        if name not in ("pin", "proof", "day", "answers", "flagged", "state")
    }
    state = kioskwords.state(device, office, now)
    counts = {"answers_today": answers, "flagged_today": flagged}
    return fields | {"state": state, "said": device.state} | counts

"""`cx kiosk …` and `cx kiosks`: pair devices, withdraw them, see how they are."""

import io
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import segno
import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.catalog import directory, kiosks, linkkeys, pairings, rootkey
from cxserver.catalog.directory import Directory, Office, date_at
from cxserver.catalog.kiosks import Device
from cxserver.catalog.pairings import Pairing
from cxserver.cli import kioskwords
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
from cxserver.doctor import installation
from cxserver.errors import NotFound

kiosks_app = typer.Typer(help="Devices at the exits: pair and withdraw them.", no_args_is_help=True)
app.add_typer(kiosks_app, name="kiosk")

Service = Annotated[str, typer.Argument(help="The service's slug, as in the catalogue.")]
Where = Annotated[str, typer.Argument(help="The office's slug.")]
_PLACE = 'Where it stands: "East door".'
_LONGEST = 200
# Ten columns need so much; where there is less, each device is told in two lines.
_WIDE = 130


@kiosks_app.command()
def pair(
    service: Service,
    office: Where,
    place: Annotated[str, typer.Option(help=_PLACE)],
    pin: Annotated[
        str | None, typer.Option(help="Six digits for the staff corner. [default: by chance]")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print a code, good for 10 minutes, that makes a device the screen of one office."""
    place = _checked(place)
    if pin is not None and not pairings.PIN.match(pin):
        raise typer.BadParameter("six digits, please, such as 402615.", param_hint="--pin")
    chosen, now = settings(data), clock.now()
    pin = pin or pairings.new_pin()
    roots = rootkey.read(chosen.root_key_path)
    wanted = Pairing(service, office, place, pairings.hash_pin(pin))
    with database(chosen) as engine, db.write(engine) as connection:
        linkkeys.check_exists(connection, service, office)
        unit = _open_office(directory.load(connection), service, office)
        others = kiosks.places(connection, service, office)
        code = pairings.offer(connection, roots, wanted, now)
    ends = now + pairings.LIVES
    address = f"{chosen.base_url}/k"
    if json:
        told = {"service": service, "office": office, "place": place, "address": address}
        say_json(told | {"code": code, "pin": pin, "valid_until": ends.isoformat()})
        return
    _show(address, code, pin, place, ends.astimezone(unit.zone))
    if installation.is_loopback(urlsplit(address).hostname or ""):
        err.print(
            f"warning: Only this machine can open {address}. "
            "Set CX_BASE_URL to the https address of your server.",
            markup=False,
        )
    if alike := [other for other in others if other != place and _folded(other) == _folded(place)]:
        err.print(f"warning: “{alike[0]}” is paired, too. Is it another place?", markup=False)


@kiosks_app.command()
def revoke(
    service: Service,
    office: Where,
    place: Annotated[str, typer.Option(help=_PLACE)],
    data: Data = None,
) -> None:
    """Withdraw the device at a place. Within two minutes it says that it is out of service."""
    with database(settings(data)) as engine, db.write(engine) as connection:
        linkkeys.check_exists(connection, service, office)
        n = kiosks.withdraw(connection, service, office, place, clock.now().date())
        others = kiosks.places(connection, service, office)
    if n == 0:
        there = f"There are: {', '.join(f'“{other}”' for other in others)}." if others else ""
        raise NotFound(
            f"No device of {service} at {office} is paired as “{place}”. {there} See `cx kiosks`."
        )
    out.print(
        f"“{place}” of {service} at {office} is withdrawn. What it holds stays on it, and is sent "
        "when it is paired again.",
        soft_wrap=True,
        markup=False,
    )


@app.command("kiosks")
def list_kiosks(
    service: Annotated[str, typer.Option(help="This service only.")] = "",
    office: Annotated[str, typer.Option(help="This office only.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """How the devices are: heard of when, what they hold, how their clocks go."""
    now = clock.now()
    with database(settings(data)) as engine, db.read(engine) as connection:
        if service:
            linkkeys.check_exists(connection, service, office or None)
        offices = directory.load(connection).offices
        if office and office not in offices:
            raise NotFound(f"There is no office '{office}' in the catalogue.")
        found = kiosks.known(connection, now.date(), service, office)
    if json:
        say_json([_as_json(device, offices.get(device.office), now) for device in found])
        return
    if not found:
        out.print('No device is paired here. `cx kiosk pair SERVICE OFFICE --place "East door"`')
        return
    if out.width < _WIDE:
        for device in found:
            told = kioskwords.card(device, offices.get(device.office), now)
            out.print(told, markup=False, soft_wrap=True)
        return
    table = plain_table("", "place", *("office", "service", "state", "last seen", "waiting"))
    for name in ("set aside", "clock", "today", "flagged"):
        table.add_column(name, justify="right")
    for device in found:
        row = kioskwords.row(device, offices.get(device.office), now)
        table.add_row(*map(escape, row))
    out.print(table)


def _checked(place: str) -> str:
    place = place.strip()
    if not place or len(place) > _LONGEST or not place.isprintable():
        raise typer.BadParameter(
            f"1 to {_LONGEST} letters, digits, signs or spaces, please.", param_hint="--place"
        )
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
    typer.echo(f"Pair “{place}”: on the device, open\n\n    {address}\n")
    typer.echo(f"and type the code   {code}   (or scan this, and press the button)\n")
    typer.echo(picture.getvalue())
    typer.echo(f"The code is valid until {ends:%H:%M %Z}, once.")
    typer.echo(f"The staff PIN of the device is   {pin}   Write it down: it is not shown again.")
    typer.echo("The device that was paired for this place before is withdrawn when this one pairs.")
    typer.echo("Then `cx kiosks` lists it.")


def _as_json(device: Device, office: Office | None, now: datetime) -> dict[str, Any]:
    today = date_at(office, now)
    answers, flagged = device.answers_on(today)
    told: dict[str, Any] = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in asdict(device).items()
        # Its PIN is six digits: whoever has the hash has the PIN in a day.
        if name not in ("pin", "day", "answers", "flagged", "state")
    }
    state = kioskwords.state(device, office, now)
    counts = {"answers_today": answers, "flagged_today": flagged}
    return told | {"state": state, "said": device.state} | counts

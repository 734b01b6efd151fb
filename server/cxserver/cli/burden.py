"""`cx pra burden`: what was approved under the Paperwork Reduction Act, and what was used of it."""

from datetime import date
from typing import Any

from cxserver import clock, db
from cxserver.catalog import directory
from cxserver.catalog.directory import Clearance, Directory
from cxserver.cli.console import Data, Json, database, out, plain_table, say_json, settings
from cxserver.cli.request import pra
from cxserver.intake import meter
from cxserver.intake.meter import TimeTaken


@pra.command()
def burden(data: Data = None, json: Json = False) -> None:
    """Show how many approved answers and hours are used."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        times = meter.read(connection)
    today = known.today(clock.now())
    clearances = [_clearance(clearance, today) for clearance in _clearances(known)]
    services = [_service(known, slug, time) for slug, time in times.items()]
    if json:
        say_json({"clearances": clearances, "services": services})
        return
    if not clearances:
        out.print("There is no OMB clearance yet. To add it: cx catalog apply FILE")
        return
    head = ("answers", "of", "used", "hours", "of", "expires", "state")
    table = plain_table("Approved and used", "clearance", *head)
    for clearance in clearances:
        table.add_row(*_cells(clearance))
    out.print(table)
    _say_times(services)


def _clearances(known: Directory) -> list[Clearance]:
    used = {service.clearance.slug: service.clearance for service in known.services.values()}
    return [used[slug] for slug in sorted(used)]


def _clearance(clearance: Clearance, today: date) -> dict[str, Any]:
    hours = clearance.burden_minutes / 60
    return {
        "clearance": clearance.slug,
        "omb_control_number": clearance.omb_control_number,
        "used": clearance.used,
        "approved": clearance.approved_responses,
        "hours_used": round(clearance.used * hours, 1),
        "hours_approved": round(clearance.approved_responses * hours, 1),
        "expires": clearance.expires.isoformat(),
        "state": _state(clearance, today),
    }


def _state(clearance: Clearance, today: date) -> str:
    if clearance.expires < today:
        return "expired"
    return "spent" if clearance.is_spent else "in force"


def _cells(clearance: dict[str, Any]) -> tuple[str, ...]:
    return (
        clearance["clearance"],
        f"{clearance['used']:,}",
        f"{clearance['approved']:,}",
        f"{clearance['used'] / clearance['approved']:.0%}",
        f"{clearance['hours_used']:,}",
        f"{clearance['hours_approved']:,}",
        clearance["expires"],
        clearance["state"],
    )


def _service(known: Directory, slug: str, time: TimeTaken) -> dict[str, Any]:
    service = known.services.get(slug)
    return {
        "service": slug,
        "n": time.n,
        "p50_seconds": round(time.p50),
        "p90_seconds": round(time.p90),
        "approved_seconds": 60 * service.clearance.burden_minutes if service else None,
    }


def _say_times(services: list[dict[str, Any]]) -> None:
    if not services:
        out.print("No times yet. We measure from opening the page to sending the answer.")
        return
    head = ("timed", "median", "90th percentile", "approved")
    table = plain_table("Seconds from opening to sending", "service", *head)
    for service in services:
        numbers = (service["p50_seconds"], service["p90_seconds"], service["approved_seconds"])
        table.add_row(service["service"], f"{service['n']:,}", *(str(n or "–") for n in numbers))
    out.print(table)

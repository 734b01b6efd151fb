"""GET /staff/places: the links put up somewhere, the devices at the exits, and how they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog import kiosks, placements
from cxserver.catalog.directory import Directory, date_at
from cxserver.catalog.kiosks import Device
from cxserver.catalog.placements import Placement
from cxserver.disclosure import ENOUGH
from cxserver.results import table
from cxserver.results.question import Filters
from cxserver.results.scopes import Scope
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.guard import Room, Visit

# As `cx doctor` has it: who was not heard of for a day is silent.
SILENT = timedelta(hours=24)
# Time to print a poster again and to hang it up.
SOON = timedelta(days=30)
# A device renews its link 30 days before its end: with fewer something keeps it from that.
ENDING = timedelta(days=21)
_KINDS = {"kiosk": "Kiosk", "poster": "Poster", "site": "Website"}


@dataclass(frozen=True, slots=True)
class State:
    """How something is, in words, and whether somebody has to see to it."""

    words: str
    needs_care: bool = False


def show(request: Request, visit: Visit) -> Response:
    """Two lists: devices, and links that were put up."""
    asked = Filters.read(request.query_params, visit.reading())
    scope, today = asked.of_office(), visit.now.date()
    with visit.read() as connection:
        devices = [one for one in kiosks.known(connection, today) if _holds(scope, one)]
        links = [one for one in placements.known(connection, today) if _holds(scope, one)]
    # A device tells of itself; the note that its link was made adds nothing.
    links = [one for one in links if one.kind != "kiosk"]
    states = [state(one, visit.now) for one in devices] + [hangs(one, today) for one in links]
    numbers = as_tables(devices, links, visit.directory, visit.now)
    if request.query_params.get("format") == "csv":
        return download.response("places", joined(numbers))
    return guard.page(
        visit,
        "places.html",
        asked=asked,
        devices=numbers[0],
        links=numbers[1],
        care=sum(one.needs_care for one in states),
        summary=summary(states),
    )


def state(one: Device, now: datetime) -> State:
    """How a device is."""
    if one.withdrawn is not None:
        return State(f"Revoked on {day(one.withdrawn)}.")
    if one.expires is not None and one.expires <= now:
        return State(f"Its link ended on {day(one.expires.date())}. Pair it again.", True)
    if one.seen is None:
        return State("No contact yet. Is it turned on?", True)
    if now - one.seen > SILENT:
        told = f"Silent since {day(one.seen.date())}. Look at its power and its network."
        return State(told + _waiting(one), True)
    if one.aside:
        return State(
            f"Has {_answers(one.aside)} the server did not take. See its staff page.", True
        )
    if one.expires is not None and one.expires - now < ENDING:
        return State(
            f"Works. Its link ends on {day(one.expires.date())}; see to its network.", True
        )
    return State("Works." + _waiting(one))


def hangs(one: Placement, today: date) -> State:
    """How a link is that was put up somewhere."""
    if one.expires < today:
        return State(f"Ended on {day(one.expires)}. Take it down, or put up a new one.", True)
    if one.expires - today <= SOON:
        return State(f"Ends on {day(one.expires)}. Make the new one now.", True)
    return State(f"Good until {day(one.expires)}.")


def summary(states: Iterable[State]) -> str:
    """How many need somebody."""
    found = list(states)
    care = sum(one.needs_care for one in found)
    if not found:
        return "No kiosk, poster or website link is known here."
    if not care:
        return "All is well: nothing here needs you."
    return f"{care} of {len(found)} {'needs' if care == 1 else 'need'} somebody."


def as_tables(
    devices: Iterable[Device], links: Iterable[Placement], directory: Directory, now: datetime
) -> tuple[Table, Table]:
    """The devices and the links."""
    head = ("Place", "Kind", "Office", "Service", "How it is")
    paired = tuple(
        _row(one.place, "kiosk", one, state(one, now), directory)
        + (_answers_today(one, directory, now), _heard(one))
        for one in devices
    )
    hung = tuple(_row(one.place, one.kind, one, hangs(one, now.date()), directory) for one in links)
    return (
        Table("Kiosks", (*head, "Answers today", "Last contact (UTC)"), paired),
        Table("Posters and website links", head, hung),
    )


def joined(both: tuple[Table, Table]) -> Table:
    """Both as one, for a file."""
    empty = (table.nothing(), table.nothing())
    return Table(
        "Links and kiosks",
        both[0].head,
        (*both[0].rows, *(row + empty for row in both[1].rows)),
    )


def day(one: date) -> str:
    """A day in words."""
    return f"{one:%b} {one.day}, {one.year}"


def _row(
    place: str, kind: str, one: Device | Placement, how: State, directory: Directory
) -> tuple[Cell, ...]:
    office, service = directory.offices.get(one.office), directory.services.get(one.service)
    return (
        table.name(place or "unnamed"),
        table.plain(_KINDS.get(kind, kind)),
        table.plain(office.name if office else one.office),
        table.plain(service.name if service else one.service),
        Cell(("Needs you: " if how.needs_care else "") + how.words, how.words),
    )


def _answers_today(device: Device, directory: Directory, now: datetime) -> Cell:
    today = date_at(directory.offices.get(device.office), now)
    return table.count(device.answers_on(today)[0])


def _heard(one: Device) -> Cell:
    told = f"{one.seen:%Y-%m-%d %H:%M}" if one.seen else "–"
    return table.plain(told)


def _waiting(one: Device) -> str:
    return f" {_answers(one.waiting)} wait on it." if one.waiting >= ENOUGH else ""


def _answers(n: int) -> str:
    return f"{n:,} {'answer' if n == 1 else 'answers'}"


def _holds(scope: Scope, one: Device | Placement) -> bool:
    return (scope.services is None or one.service in scope.services) and (
        scope.offices is None or one.office in scope.offices
    )


ROOMS = (Room("/places", show, roles.EVERYONE, label="Links and kiosks"),)

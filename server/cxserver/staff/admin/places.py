"""GET /staff/places: the links put up somewhere, the devices at the exits, and how they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog import kiosks, placements
from cxserver.catalog.directory import Directory, date_at
from cxserver.catalog.kiosks import Device
from cxserver.catalog.placements import Placement
from cxserver.disclosure import ENOUGH
from cxserver.intake import refused_links
from cxserver.intake.refused_links import RefusedLinks
from cxserver.results import table
from cxserver.results.question import Filters
from cxserver.results.scopes import Scope
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit

# Time to print a poster again and to hang it up.
SOON = timedelta(days=30)
# Links that did not open are listed for so many days.
_REFUSED_DAYS = 30
_KINDS = {"kiosk": "Kiosk", "poster": "Poster", "site": "Website"}


@dataclass(frozen=True, slots=True)
class State:
    """How something is, in words, and whether somebody has to see to it."""

    words: str
    needs_care: bool = False


def show(request: Request, visit: Visit) -> Response:
    """Two lists: devices, and links that were put up."""
    filters = Filters.read(request.query_params, visit.reading())
    scope, today = filters.of_office(), visit.directory.today(visit.now)
    since = today - timedelta(days=_REFUSED_DAYS)
    with visit.read() as connection:
        devices = [item for item in kiosks.known(connection, today) if _holds(scope, item)]
        links = [item for item in placements.known(connection, today) if _holds(scope, item)]
        refused = [item for item in refused_links.read(connection, since) if _may_see(scope, item)]
    # A device tells of itself; the note that its link was made adds nothing.
    links = [link for link in links if link.kind != "kiosk"]
    states = [state(device, visit.directory, visit.now) for device in devices] + [
        hangs(link, today) for link in links
    ]
    numbers = as_tables(devices, links, visit.directory, visit.now)
    if request.query_params.get("format") == "csv":
        if request.query_params.get("list") == "refused":
            return download.response("links-that-did-not-open", refusals(refused, visit.directory))
        return download.response("places", joined(numbers))
    return guard.page(
        visit,
        "places.html",
        filters=filters,
        devices=numbers[0],
        links=numbers[1],
        refused=refusals(refused, visit.directory),
        faults=sum(item.is_fault for item in refused),
        care=sum(place_state.needs_care for place_state in states),
        summary=summary(states),
    )


def state(device: Device, directory: Directory, now: datetime) -> State:
    """How a device is."""
    at = partial(date_at, directory.offices.get(device.office))
    if device.withdrawn is not None:
        return State(f"Revoked on {day(device.withdrawn)}.")
    if device.expires is not None and device.expires <= now:
        return State(f"Its link ended on {day(at(device.expires))}. Pair it again.", True)
    if device.seen is None:
        return State("No contact yet. Is it turned on?", True)
    if device.is_silent(now):
        text = f"Silent since {day(at(device.seen))}. Look at its power and its network."
        return State(text + _waiting(device), True)
    if device.aside:
        return State(
            f"Has {_answers(device.aside)} the server did not take. See its staff page.", True
        )
    if device.is_unrenewed(now) and device.expires is not None:
        return State(
            f"Works. Its link ends on {day(at(device.expires))}; see to its network.", True
        )
    return State("Works." + _waiting(device))


def hangs(placement: Placement, today: date) -> State:
    """How a link is that was put up somewhere."""
    if placement.expires < today:
        return State(f"Ended on {day(placement.expires)}. Take it down, or put up a new one.", True)
    if placement.expires - today <= SOON:
        return State(f"Ends on {day(placement.expires)}. Make the new one now.", True)
    return State(f"Good until {day(placement.expires)}.")


def summary(states: Iterable[State]) -> str:
    """How many need somebody."""
    result = list(states)
    care = sum(item.needs_care for item in result)
    if not result:
        return "No kiosk, poster or website link is known here."
    if not care:
        return "All is well: nothing here needs you."
    return f"{care} of {len(result)} {'needs' if care == 1 else 'need'} somebody."


def as_tables(
    devices: Iterable[Device], links: Iterable[Placement], directory: Directory, now: datetime
) -> tuple[Table, Table]:
    """The devices and the links."""
    head = ("Place", "Kind", "Office", "Service", "How it is")
    paired = tuple(
        _row(device.place, "kiosk", device, state(device, directory, now), directory)
        + (_answers_today(device, directory, now), _heard(device))
        for device in devices
    )
    today = directory.today(now)
    hung = tuple(_row(link.place, link.kind, link, hangs(link, today), directory) for link in links)
    return (
        Table("Kiosks", (*head, "Answers today", "Last contact (UTC)"), paired),
        Table("Posters and website links", head, hung),
    )


def refusals(counted: Iterable[RefusedLinks], directory: Directory) -> Table:
    """The genuine links that did not open."""
    head = ("Service", "Office", "How often", "Last", "Why, and what to do")
    rows = tuple(_refusal(item, directory) for item in counted)
    return Table(f"Links that did not open, last {_REFUSED_DAYS} days", head, rows)


def _refusal(item: RefusedLinks, directory: Directory) -> tuple[Cell, ...]:
    office = directory.offices.get(item.office)
    service = directory.services.get(item.service)
    return (
        table.name(service.name if service else item.service),
        table.name(office.name if office else item.office or "other offices"),
        table.plain(f"{item.n:,}", item.n),
        table.plain(day(item.last)),
        table.plain(item.text(directory)),
    )


def _may_see(scope: Scope, item: RefusedLinks) -> bool:
    # An office that does not exist is nobody's: who sees every office of the service sees it.
    return (scope.services is None or item.service in scope.services) and (
        scope.offices is None or item.office in scope.offices
    )


def joined(both: tuple[Table, Table]) -> Table:
    """Both as one, for a file."""
    empty = (table.nothing(), table.nothing())
    return Table(
        "Links and kiosks",
        both[0].head,
        (*both[0].rows, *(row + empty for row in both[1].rows)),
    )


def day(when: date) -> str:
    """A day in words."""
    return f"{when:%b} {when.day}, {when.year}"


def _row(
    place: str, kind: str, device: Device | Placement, how: State, directory: Directory
) -> tuple[Cell, ...]:
    office, service = directory.offices.get(device.office), directory.services.get(device.service)
    return (
        table.name(place or "unnamed"),
        table.plain(_KINDS.get(kind, kind)),
        table.plain(office.name if office else device.office),
        table.plain(service.name if service else device.service),
        Cell(("Needs you: " if how.needs_care else "") + how.words, how.words),
    )


def _answers_today(device: Device, directory: Directory, now: datetime) -> Cell:
    today = date_at(directory.offices.get(device.office), now)
    return table.count(device.answers_on(today)[0])


def _heard(device: Device) -> Cell:
    text = f"{device.seen:%Y-%m-%d %H:%M}" if device.seen else "–"
    return table.plain(text)


def _waiting(device: Device) -> str:
    return f" {_answers(device.waiting)} wait on it." if device.waiting >= ENOUGH else ""


def _answers(n: int) -> str:
    return f"{n:,} {'answer' if n == 1 else 'answers'}"


def _holds(scope: Scope, device: Device | Placement) -> bool:
    return (scope.services is None or device.service in scope.services) and (
        scope.offices is None or device.office in scope.offices
    )


ROUTES = (
    GuardedRoute("/places", show, roles.EVERYONE, label="Links and kiosks", group="Collecting"),
)

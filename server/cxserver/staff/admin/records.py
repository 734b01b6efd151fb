"""GET /staff/records: what is kept how long, what is due, and the legal holds that stop a deletion.

Nothing is deleted from here: the nightly job does it, and the command, which shows it first.
"""

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.backups import erasures
from cxserver.catalog.directory import Directory
from cxserver.errors import Conflict, NotFound
from cxserver.records import deletions, due, holds, rules
from cxserver.records.holds import Cover, Hold
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

ALL = "all"
_LONGEST = 400
_LATEST = 20
_FIELDS = ("service", "office", "from", "to", "why")


def show(request: Request, visit: Visit) -> Response:
    """The page as it is."""
    return _page(visit, {})


def place(request: Request, visit: Visit) -> Response:
    """Place a hold, or say what is missing."""
    typed = {name: _field(visit, name) for name in _FIELDS}
    problem = _problem(visit, typed)
    if problem:
        return _page(visit, typed, problem=problem, status=422)
    who, known = visit.member, visit.directory
    try:
        with visit.write() as connection:
            hold = holds.place(connection, known, _cover(typed), typed["why"], who.email, visit.now)
            about = hold.about(who.email)
            visit.staff.journal.write(connection, who, holds.PLACE, about, "done", visit.now)
    except NotFound as error:
        return _page(visit, typed, problem=str(error), status=422)
    return _done(visit)


def lift(request: Request, visit: Visit) -> Response:
    """Lift a hold, or say what is missing."""
    id, reason, who = _field(visit, "id"), _field(visit, "why"), visit.member
    if not reason:
        problem = "Say why the hold is lifted: others will want to know."
        return _page(visit, {}, lifting=id, problem=problem, status=422)
    try:
        with visit.write() as connection:
            hold = holds.lift(connection, id, reason, who.email, visit.now)
            about = hold.about(who.email)
            visit.staff.journal.write(connection, who, holds.LIFT, about, "done", visit.now)
    except (NotFound, Conflict) as error:
        return _page(visit, {}, lifting=id, reason=reason, problem=str(error), status=409)
    return _done(visit)


def _done(visit: Visit) -> Response:
    erasures.note(visit.staff.engine, visit.staff.settings.backups)
    return RedirectResponse(f"{visit.path}/records", 303)


def _page(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    lifting: str = "",
    reason: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    known = visit.directory
    with visit.read() as connection:
        every = holds.read(connection)
        items = due.due(connection, known, visit.now)
        past = deletions.latest(connection, _LATEST)
    return guard.page(
        visit,
        "records.html",
        status=status,
        rules=rules.all_rules(known),
        totals=due.totals(items),
        # How many they are tells of single people, and goes to those alone who hold the rows.
        counted=roles.holds_rows(visit.member),
        standing=[hold for hold in every if not hold.lifted_at],
        lifted=[hold for hold in reversed(every) if hold.lifted_at],
        covers={hold.id: covers(known, hold) for hold in every},
        past=past,
        service_names={service.slug: service.name for service in known.services.values()}
        | {"": "All services"},
        services=_named(known.services),
        offices=_named(known.offices),
        may_act=visit.member.role in roles.RECORD_KEEPERS,
        typed=typed,
        lifting=lifting,
        reason=reason,
        problem=problem,
    )


def covers(known: Directory, hold: Hold) -> str:
    """What a hold is about, by the names of the catalog."""
    cover = hold.cover
    service = known.services.get(cover.service or "")
    office = known.offices.get(cover.office or "")
    what = service.name if service else cover.service or "All services"
    where = office.name if office else cover.office or "all offices"
    since = f", from {cover.first}" if cover.first else ""
    until = f", through {cover.last}" if cover.last else ""
    return f"{what}, {where}{since}{until}"


def _problem(visit: Visit, typed: Mapping[str, str]) -> str:
    """What is wrong with what was typed; "" for nothing."""
    if typed["service"] not in (ALL, *visit.directory.services):
        return "Service: choose one, or all services."
    try:
        cover = _cover(typed)
    except ValueError:
        return "Days: enter them as 2026-11-04."
    if cover.first and cover.last and cover.first > cover.last:
        return "Days: the first day is after the last."
    if not typed["why"]:
        return "Reason: write it down, such as the name of the case."
    return ""


def _cover(typed: Mapping[str, str]) -> Cover:
    """Raises ValueError for a day that is none."""
    return Cover(
        None if typed["service"] == ALL else typed["service"],
        typed["office"] or None,
        date.fromisoformat(typed["from"]) if typed["from"] else None,
        date.fromisoformat(typed["to"]) if typed["to"] else None,
    )


def _named(things: Mapping[str, object]) -> list[tuple[str, str]]:
    return sorted(
        ((slug, str(getattr(thing, "name", slug))) for slug, thing in things.items()),
        key=lambda pair: pair[1],
    )


def _field(visit: Visit, name: str) -> str:
    return " ".join((visit.form.get(name) or [""])[0].split())[:_LONGEST]


ROUTES = (
    GuardedRoute("/records", show, roles.RECORD_READERS, label="Records", group="Running"),
    GuardedRoute(
        "/records/hold", place, roles.RECORD_KEEPERS, methods=("POST",), words={"why": "Reason"}
    ),
    GuardedRoute(
        "/records/lift", lift, roles.RECORD_KEEPERS, methods=("POST",), words={"why": "Reason"}
    ),
)

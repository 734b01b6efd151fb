"""GET and POST /staff/quarantine: answers that are in no count, taken out and put back.

Taking out goes in two steps: the first counts, the second does it. Nothing is deleted.
"""

from collections.abc import Mapping
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.backups import erasures
from cxserver.errors import Conflict, ExclusionRefused, NotFound
from cxserver.instrument import flags
from cxserver.intake import exclusions, quarantine
from cxserver.intake.quarantine import Selection
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

_LONGEST = 400
_FIELDS = ("service", "office", "channel", "from", "to", "flag", "why")
# What a flag means to somebody who has to choose one.
FLAGS = {
    flags.FLOOD: "too many at once",
    flags.BACKDATED: "dated back",
    flags.RUSH: "burst: too fast",
    flags.SAME: "burst: all alike",
    flags.FAST: "answered in two seconds",
    flags.CLOCK: "the device's clock was wrong",
}


def enter(request: Request, visit: Visit) -> Response:
    """Show what is out, count what would be, or do it."""
    if request.method == "GET":
        return _page(visit, {})
    if _field(visit, "id"):
        return _restore(visit)
    typed = {name: _field(visit, name) for name in _FIELDS}
    problem = _problem(visit, typed)
    if problem:
        return _page(visit, typed, problem=problem, status=422)
    if _field(visit, "confirm") == "yes":
        return _take_out(visit, typed)
    n = len(quarantine.counted(visit.connection, _selection(typed)))
    return _page(visit, typed, matching=n)


def _take_out(visit: Visit, typed: Mapping[str, str]) -> Response:
    selection, who = _selection(typed), visit.member.email
    try:
        with visit.write() as connection:
            done = quarantine.quarantine(
                connection, visit.directory, selection, typed["why"], who, visit.now
            )
            about = f"{quarantine.described(selection)} ({', '.join(done.ids)})"
            result = f"{done.answers} answers"
            visit.staff.journal.write(
                connection, visit.member, "quarantine answers", about, result, visit.now
            )
    except (NotFound, Conflict, ExclusionRefused) as error:
        return _page(visit, typed, problem=str(error), status=409)
    erasures.note(visit.staff.engine, visit.staff.settings.backups)
    return RedirectResponse(f"{visit.path}/quarantine", 303)


def _restore(visit: Visit) -> Response:
    service, id = _field(visit, "service"), _field(visit, "id")
    if service not in visit.directory.services:
        raise HTTPException(404)
    try:
        with visit.write() as connection:
            exclusions.restore(
                connection, visit.directory, service, id, visit.member.email, visit.now
            )
            visit.staff.journal.write(
                connection, visit.member, "restore answers", f"{service} ({id})", "done", visit.now
            )
    except (NotFound, Conflict, ExclusionRefused) as error:
        return _page(visit, {}, problem=str(error), status=409)
    erasures.note(visit.staff.engine, visit.staff.settings.backups)
    return RedirectResponse(f"{visit.path}/quarantine", 303)


def _page(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    problem: str = "",
    matching: int | None = None,
    status: int = 200,
) -> Response:
    with visit.read() as connection:
        actions = quarantine.actions(connection, list(visit.directory.services))
    services = sorted(visit.directory.services.values(), key=lambda item: item.name)
    channels = sorted({name for item in services for name in item.definition["channels"]})
    offices = sorted(visit.directory.offices.values(), key=lambda item: item.name)
    return guard.page(
        visit,
        "quarantine.html",
        status=status,
        actions=actions,
        service_names={service.slug: service.name for service in services},
        services=[(service.slug, service.name) for service in services],
        offices=[(office.slug, office.name) for office in offices],
        channels=[(name, name) for name in channels],
        flags=FLAGS,
        typed=typed,
        problem=problem,
        matching=matching,
    )


def _problem(visit: Visit, typed: Mapping[str, str]) -> str:
    """What is wrong with what was typed; "" for nothing."""
    if typed["service"] not in visit.directory.services:
        return "Choose a service."
    if not typed["why"]:
        return "Say why. Your colleagues and the audit log will want to know."
    try:
        selection = _selection(typed)
    except ValueError:
        return "Enter days as 2026-11-04."
    if selection.first and selection.last and selection.first > selection.last:
        return "The first day is after the last."
    return ""


def _selection(typed: Mapping[str, str]) -> Selection:
    """Raises ValueError for a day that is none."""
    return Selection(
        typed["service"],
        typed["office"] or None,
        typed["channel"] or None,
        date.fromisoformat(typed["from"]) if typed["from"] else None,
        date.fromisoformat(typed["to"]) if typed["to"] else None,
        typed["flag"] or None,
    )


def _field(visit: Visit, name: str) -> str:
    return (visit.form.get(name) or [""])[0].strip()[:_LONGEST]


ROUTES = (
    GuardedRoute(
        "/quarantine",
        enter,
        roles.ROW_HOLDERS,
        methods=("GET", "POST"),
        label="Quarantine",
        group="Running",
        words={"why": "Why"},
    ),
)

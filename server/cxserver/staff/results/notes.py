"""GET and POST /staff/notes: the dated notes of the charts, and what became of the scores since."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver.accounts import roles
from cxserver.errors import Conflict
from cxserver.results import chart_notes, note_effects, wording
from cxserver.results.chart_notes import Draft, Note, NoteRefused, Writer
from cxserver.results.question import Filters
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

_FIELDS = ("day", "service", "office", "text")
_PAGES = 1000


def show(request: Request, visit: Visit) -> Response:
    """The notes; or the form of one of them, to change it."""
    filters = Filters.read(request.query_params, visit.reading())
    id = request.query_params.get("note", "")
    note = _to_change(visit, id) if id else None
    return _page(visit, filters, note, _as_stored(note, filters))


def write(request: Request, visit: Visit) -> Response:
    """One of the three buttons was pressed. What was typed is never lost."""
    act = _ACTS.get(_field(visit, "act"))
    if act is None:
        raise HTTPException(422, "Press one of the buttons of the page.")
    note = _to_change(visit, _field(visit, "id")) if act is not _add else None
    try:
        act(visit, note)
    except NoteRefused as refused:
        return _again(visit, note, refused, 422)
    except Conflict as conflict:
        return _again(visit, _to_change(visit, _field(visit, "id")), conflict, 409)
    return RedirectResponse(f"{visit.path}/notes", 303)


def _add(visit: Visit, _: Note | None) -> None:
    wanted = chart_notes.draft(_typed(visit), visit.reading())
    with visit.write() as connection:
        id = chart_notes.add(connection, wanted, _writer(visit), visit.now)
        _log(connection, visit, "add a dated note", id, wanted)


def _save(visit: Visit, note: Note | None) -> None:
    assert note is not None  # noqa: S101  # it is looked for before
    wanted = chart_notes.draft(_typed(visit), visit.reading(), note)
    with visit.write() as connection:
        chart_notes.change(connection, note.id, wanted, _field(visit, "seen"), visit.now)
        _log(connection, visit, "change a dated note", note.id, wanted)


def _delete(visit: Visit, note: Note | None) -> None:
    assert note is not None  # noqa: S101  # it is looked for before
    with visit.write() as connection:
        chart_notes.remove(connection, note.id, _field(visit, "seen"))
        _log(connection, visit, "delete a dated note", note.id, note)


def _log(connection: Connection, visit: Visit, what: str, id: str, about: Draft | Note) -> None:
    """A line in the audit log: which note, of which day, about what; not its words."""
    place = " ".join(name for name in (about.service, about.office) if name) or "whole agency"
    named = f"note {id}: {about.day}, {place}"
    visit.staff.journal.write(connection, visit.member, what, named, "done", visit.now)


def _to_change(visit: Visit, id: str) -> Note:
    """A note that this person may change. Raises NotFound for any other, as for none."""
    everything = Filters.read({}, visit.reading())
    note = chart_notes.find(visit.reading(), everything, id)
    writes = roles.writes_notes(visit.member)
    if not writes or not chart_notes.may_change(visit.reading(), note, _writer(visit)):
        raise HTTPException(404, "You cannot change this note. Its writer can, and who leads it.")
    return note


def _again(visit: Visit, note: Note | None, problem: Exception, status: int) -> Response:
    """The form as it was typed, and what keeps it from being taken."""
    filters = Filters.read({}, visit.reading())
    field = problem.field if isinstance(problem, NoteRefused) else ""
    return _page(visit, filters, note, _typed(visit), str(problem), field, status)


def _page(
    visit: Visit,
    filters: Filters,
    note: Note | None,
    typed: Mapping[str, str],
    problem: str = "",
    field: str = "",
    status: int = 200,
) -> Response:
    reader, number = visit.reading(), _number(visit)
    notes, more = chart_notes.listed(reader, filters, number)
    around = [note_effects.fetch(reader, item) for item in notes]
    writes, who = roles.writes_notes(visit.member), _writer(visit)
    changing = {item.id for item in notes if writes and chart_notes.may_change(reader, item, who)}
    visit.end_reading()
    surveys = wording.versions(visit.directory)
    return guard.page(
        visit,
        "notes.html",
        status=status,
        filters=filters,
        notes=[(item.note, note_effects.work_out(item, surveys)) for item in around],
        changing=changing,
        number=number,
        more=more,
        note=note,
        typed=typed,
        problem=problem,
        field=field,
        longest=chart_notes.LONGEST,
        choices=_choices(visit, filters) if writes else {},
    )


def _choices(visit: Visit, filters: Filters) -> dict[str, list[tuple[str, str]]]:
    """What a note of this person may be about; without "all" where they lead a part alone."""
    offered = filters.choices()
    every_office = [] if visit.scope.offices is not None else [("", "All offices")]
    leads_part = visit.scope.services is not None and visit.scope.offices is None
    every_service = [] if leads_part else [("", "All services")]
    return {
        "service": [*every_service, *offered["service"]],
        "office": [*every_office, *offered["office"]],
    }


def _as_stored(note: Note | None, filters: Filters) -> dict[str, str]:
    """The form as it is drawn first: of a note, or of what the charts showed."""
    if note is None:
        shown = {"service": filters.service or "", "office": filters.office or ""}
        return dict.fromkeys(_FIELDS, "") | shown
    return {
        "day": str(note.day),
        "text": note.text,
        "service": note.service or "",
        "office": note.office or "",
    }


def _typed(visit: Visit) -> dict[str, str]:
    return {name: _field(visit, name) for name in _FIELDS}


def _field(visit: Visit, name: str) -> str:
    return visit.form.get(name, [""])[0].replace("\x00", "").strip()


def _writer(visit: Visit) -> Writer:
    return Writer(visit.member.id, visit.member.email)


def _number(visit: Visit) -> int:
    """Which page of the list; the first for whatever is none."""
    asked = visit.request.query_params.get("page", "")
    return min(_PAGES, max(1, int(asked))) if asked.isdecimal() and len(asked) < 6 else 1


_ACTS: Mapping[str, Callable[[Visit, Note | None], None]] = {
    "note": _add,
    "save": _save,
    "delete": _delete,
}

ROUTES = (
    GuardedRoute("/notes", show, roles.EVERYONE),
    GuardedRoute(
        "/notes/write",
        write,
        roles.NOTE_WRITERS,
        methods=("POST",),
        words={"text": "What happened"},
    ),
)

"""Dated notes: what happened on a day, written by the staff, for the charts of what it is about.

A note is about a service or all, at an office (with those below it) or all. Whoever leads all of
that may write it; it may be changed by who wrote it, and by whoever leads all of that.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, or_, select, update

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.errors import Conflict, NotFound, ServerError
from cxserver.instrument import cleaning
from cxserver.periods import Span
from cxserver.results import question, scopes
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.scopes import Names, Scope

LONGEST = 120
# More notes than these are on the next page of the list: each is compared before and after.
PAGE = 10
_FIRST = date(2000, 1, 1)
# What is planned may be noted: so many days ahead.
_AHEAD = timedelta(days=366)
_CHANGED = "Somebody changed this note since you opened it."


class NoteRefused(ServerError):
    """A note that cannot be taken: what is wrong with `field`, and what to write instead."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a member's id and email address."""

    member: str
    email: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a note is to say. None is all: services, offices."""

    day: date
    text: str
    service: str | None
    office: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is stored; `at` is when it was last changed."""

    id: str
    day: date
    service: str | None
    office: str | None
    text: str
    member: str
    who: str
    at: datetime
    edits: int

    @property
    def version(self) -> str:
        """Names this state of it: whoever changes a note says which state they saw."""
        return str(self.edits)

    @property
    def date(self) -> str:
        """Its day, short."""
        return f"{self.day:%b} {self.day.day}"

    def place(self, directory: Directory) -> str:
        """What it is about, in names."""
        names = [
            known[slug].name if slug in known else slug
            for slug, known in (
                (self.service, directory.services),
                (self.office, directory.offices),
            )
            if slug
        ]
        return ", ".join(names) or "the whole agency"

    def line(self, directory: Directory) -> str:
        """What stands beneath a chart."""
        return f"{self.date}: {self.text} ({self.place(directory)})"

    def scope(self, directory: Directory) -> Scope:
        """The answers that it is about."""
        return Scope(
            services=_services(directory, self.service), offices=_offices(directory, self.office)
        )


def draft(typed: Mapping[str, str], reader: Reading, note: Note | None = None) -> Draft:
    """The note that was typed: `day`, `service`, `office`, `text`. Raises NoteRefused.

    A `note` that is changed may stay about what it is about, whoever leads that.
    """
    today = question.today_of(reader.directory, reader.now)
    wanted = Draft(
        _day(typed.get("day", ""), today),
        _text(typed.get("text", "")),
        typed.get("service") or None,
        typed.get("office") or None,
    )
    if note is None or (note.service, note.office) != (wanted.service, wanted.office):
        _check_scope(wanted, reader)
    return wanted


def listed(reader: Reading, filters: Filters, page: int = 1) -> tuple[list[Note], bool]:
    """The notes about anything in what is asked for, the newest first; and whether older follow."""
    query = _about(_seen(reader.directory, filters)).order_by(
        tables.chart_notes.c.day.desc(), tables.chart_notes.c.id
    )
    rows = reader.connection.execute(query.limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [Note(*row) for row in rows[:PAGE]], len(rows) > PAGE


def find(reader: Reading, filters: Filters, id: str) -> Note:
    """A note about something in what is asked for. Raises NotFound."""
    query = _about(_seen(reader.directory, filters)).where(tables.chart_notes.c.id == id)
    row = reader.connection.execute(query).first()
    if row is None:
        raise NotFound("There is no such note, or no longer.")
    return Note(*row)


def on_chart(connection: Connection, filters: Filters, span: Span) -> tuple[Note, ...]:
    """The notes of these days that are about all that a chart shows, the oldest first."""
    columns = tables.chart_notes.c
    query = (
        _about(_covering(filters))
        .where(columns.day >= span.start, columns.day < span.end)
        .order_by(columns.day, columns.id)
    )
    return tuple(Note(*row) for row in connection.execute(query))


def leads(reader: Reading, service: str | None, office: str | None) -> bool:
    """Whether all that such a note is about is this person's to lead."""
    whose, known = reader.scope, reader.directory
    services, offices = _services(known, service), _offices(known, office)
    if whose.offices is not None:
        return offices is not None and offices <= whose.offices
    return whose.services is None or (services is not None and services <= whose.services)


def may_change(reader: Reading, note: Note, who: Writer) -> bool:
    """Whether this person wrote it, or leads all that it is about."""
    return note.member == who.member or leads(reader, note.service, note.office)


def add(connection: Connection, wanted: Draft, who: Writer, now: datetime) -> str:
    """Write a note; gives its id."""
    id = secrets.token_hex(16)
    values = {**_values(wanted), "member": who.member, "who": who.email, "at": now}
    connection.execute(insert(tables.chart_notes).values(id=id, **values))
    return id


def change(connection: Connection, id: str, wanted: Draft, seen: str, now: datetime) -> None:
    """Change a note. Raises Conflict where it is not as it was `seen`."""
    _check_seen(connection, id, seen)
    table = tables.chart_notes
    connection.execute(
        update(table)
        .where(table.c.id == id)
        .values(at=now, version=table.c.version + 1, **_values(wanted))
    )


def remove(connection: Connection, id: str, seen: str) -> None:
    """Delete a note. Raises Conflict where it is not as it was `seen`."""
    _check_seen(connection, id, seen)
    connection.execute(delete(tables.chart_notes).where(tables.chart_notes.c.id == id))


def _check_seen(connection: Connection, id: str, seen: str) -> None:
    columns = tables.chart_notes.c
    query = select(columns.version).where(columns.id == id).with_for_update()
    if str(connection.execute(query).scalar()) != seen:
        raise Conflict(_CHANGED)


def _values(wanted: Draft) -> dict[str, Any]:
    return {
        "day": wanted.day,
        "text": wanted.text,
        "service": wanted.service,
        "office": wanted.office,
    }


def _day(typed: str, today: date) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise NoteRefused("day", "Date: write the day as 2026-10-05.") from None
    if not _FIRST <= day <= today + _AHEAD:
        last = today + _AHEAD
        raise NoteRefused("day", f"Date: choose a day from {_FIRST} to {last}.")
    return day


def _text(typed: str) -> str:
    text = " ".join(cleaning.clean(typed).split())
    if not text:
        raise NoteRefused("text", "What happened: write it in a few words.")
    if len(text) > LONGEST:
        long = f"What happened: {len(text)} characters are too long. Use {LONGEST} or fewer."
        raise NoteRefused("text", long)
    return text


def _check_scope(wanted: Draft, reader: Reading) -> None:
    known = reader.directory
    if wanted.service and wanted.service not in known.services:
        raise NoteRefused("service", "Service: choose one of the list.")
    if wanted.office and wanted.office not in known.offices:
        raise NoteRefused("office", "Office: choose one of the list.")
    if leads(reader, wanted.service, wanted.office):
        return _check_given(wanted, known)
    if reader.scope.offices is not None:
        raise NoteRefused("office", "Office: choose your office, or one below it.")
    raise NoteRefused("service", "Service: choose a service that you lead.")


def _check_given(wanted: Draft, known: Directory) -> None:
    """That the service is given at the office: else no chart would ever show the note."""
    if wanted.service is None or wanted.office is None:
        return
    below = scopes.subtree(known, wanted.office)
    if not any(
        below & known.services[slug].offices.keys()
        for slug in scopes.with_parts(known, wanted.service)
    ):
        service, office = known.services[wanted.service].name, known.offices[wanted.office].name
        raise NoteRefused("office", f"Office: {office} does not give {service}. Choose another.")


def _services(directory: Directory, service: str | None) -> Names:
    return None if service is None else scopes.with_parts(directory, service)


def _offices(directory: Directory, office: str | None) -> Names:
    if office is None:
        return None
    return scopes.subtree(directory, office) if office in directory.offices else frozenset({office})


def _about(scope: Scope) -> Select[Any]:
    """The notes about these services or all, and about these offices or all."""
    columns = tables.chart_notes.c
    query = select(tables.chart_notes)
    for column, names in ((columns.service, scope.services), (columns.office, scope.offices)):
        if names is not None:
            query = query.where(or_(column.is_(None), column.in_(sorted(names))))
    return query


def _seen(directory: Directory, filters: Filters) -> Scope:
    """The services and offices a note may name to be about anything in what is asked for."""
    asked = filters.of_office()
    if asked.services is None and asked.offices is None:
        return Scope()
    services = {item.slug for item in filters.services_in(asked)}
    journeys = {
        slug for slug in directory.services if scopes.with_parts(directory, slug) & services
    }
    above = {up for item in filters.offices for up in question.line_up(directory, item.slug)}
    return Scope(services=frozenset(services | journeys), offices=frozenset(above))


def _covering(filters: Filters) -> Scope:
    """The services and offices a note may name to be about all that is asked for."""
    directory = filters.directory
    services = {item.slug for item in filters.services_in(filters.of_office())}
    covering = {
        slug for slug in directory.services if services <= scopes.with_parts(directory, slug)
    }
    common: set[str] | None = None
    for item in filters.offices:
        above = set(question.line_up(directory, item.slug))
        common = above if common is None else common & above
        if not common:
            break
    return Scope(services=frozenset(covering), offices=frozenset(common or ()))

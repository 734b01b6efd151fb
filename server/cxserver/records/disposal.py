"""Delete what is due: a day of a service in one transaction, with its line in the audit log.

Counts stay. Of a comment the words go and the row stays; an answer takes with it whatever hangs on
it: case, notes, reply, alerts and the review for OMB.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, case, delete, func, insert, null, select

from cxserver import db, tables
from cxserver.audit import anchor
from cxserver.audit.journal import Journal
from cxserver.catalog.directory import Directory
from cxserver.comments import redaction
from cxserver.comments.striking import Cut
from cxserver.intake import cut_tables, store
from cxserver.records import due, holds, log_disposal
from cxserver.records.holds import Standing
from cxserver.records.rules import Kind, Rule
from cxserver.response_id import ResponseId

DISPOSE = anchor.DISPOSE
_CASE = (tables.case_notes, tables.handovers, tables.cases)
_HANGS = (*_CASE, tables.alert_letters, tables.alerts, tables.replies, tables.comment_reviews)
# Rows that one statement names.
_SLICE = 500
_TOUCHED = ("responses", "audit", *(table.name for table in _HANGS))


@dataclass(frozen=True, slots=True)
class Officer:
    """Who deletes, and the log that says so."""

    who: str
    journal: Journal


@dataclass(frozen=True, slots=True)
class Disposed:
    """So many records of a day of a service were deleted under a rule."""

    rule: Rule
    day: date
    n: int


def dispose(
    engine: Engine,
    known: Directory,
    officer: Officer,
    now: datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> list[Disposed]:
    """Delete all that is due and under no hold, day by day, as long as `go_on` says so."""
    with db.read(engine) as connection:
        listed = [item for item in due.due(connection, known, now) if not item.hold]
    days = [key for key, _ in groupby(listed, key=lambda item: (item.rule, item.day))]
    result: list[Disposed] = []
    for rule, day in days:
        if not go_on():
            break
        work = partial(_dispose_day, known=known, rule=rule, day=day, officer=officer, now=now)
        if n := store.run(engine, work):
            result.append(Disposed(rule, day, n))
    if result:
        db.forget_rows(engine, _TOUCHED)
    return result


def erase(
    connection: Connection,
    known: Directory,
    rule: tuple[str, Kind],
    day: date,
    offices: Sequence[str],
    now: datetime,
    id: str,
) -> int:
    """Delete the records of one kind of a service's day at these offices; how many.

    Which days they were is written down: counts of those days can no longer be counted again.
    """
    service, kind = rule
    db.lock(connection, store.COUNTS_LOCK, service)
    rows = _rows(connection, service, day, offices)
    if not rows:
        return 0
    if kind is Kind.COMMENTS:
        gone = _redact(connection, known, rows, now)
    elif kind is Kind.CASES:
        gone = _delete_hanging(connection, rows, _CASE, tables.cases)
    elif kind is Kind.REPLIES:
        gone = _delete_hanging(connection, rows, (tables.replies,), tables.replies)
    else:
        gone = dict.fromkeys((row.id for row in rows), 1)
    counted = _counted_through(connection, known, service, day, offices)
    if kind is Kind.ANSWERS:
        _delete_answers(connection, service, day, offices, rows)
    totals = {
        office: sum(gone.get(row.id, 0) for row in rows if row.office == office)
        for office in offices
    }
    for office, n in totals.items():
        if n:
            through = counted.get(office) if kind is Kind.ANSWERS else None
            _note(connection, (service, kind, office, day), id, n, through, now)
    return sum(totals.values())


def _dispose_day(
    connection: Connection,
    known: Directory,
    rule: Rule,
    day: date,
    officer: Officer,
    now: datetime,
) -> int:
    if rule.kind is Kind.AUDIT:
        who, journal = officer.who, officer.journal
        return log_disposal.dispose_day(connection, known, rule, day, who, journal, now)
    # A hold that was placed since the list was made counts.
    db.lock(connection, holds.LOCK)
    standing = Standing(known, holds.read(connection))
    items = list(due.of_rule(connection, known, rule, standing, now, day))
    offices = [item.office for item in items if not item.hold]
    id = secrets.token_hex(8)
    n = erase(connection, known, (rule.service, rule.kind), day, offices, now, id)
    if n:
        places = f"{len(offices):,} {'office' if len(offices) == 1 else 'offices'}"
        about = f"disposal {id} ({rule.kind} of {rule.service}, {day}, {places}); rule: {rule}"
        officer.journal.write(connection, officer.who, DISPOSE, about, f"{n} deleted", now)
    return n


def _rows(
    connection: Connection, service: str, day: date, offices: Iterable[str]
) -> list[Row[Any]]:
    response = tables.responses.c
    query = select(response.service, response.day, response.id, response.office).where(
        response.service == service, response.day == day, response.office.in_(list(offices))
    )
    return list(connection.execute(query))


def _redact(
    connection: Connection, known: Directory, rows: Sequence[Row[Any]], now: datetime
) -> dict[str, int]:
    """The words of the people go; what the staff wrote about them in its own words stays."""
    service, day = rows[0].service, rows[0].day
    response = tables.responses.c
    query = select(response.id).where(
        response.service == service, response.day == day, due.has_words(known, service)
    )
    worded = set(connection.execute(query).scalars())
    free, everything = redaction.typed(known, service), Cut(everything=True)
    redacted = sorted(row.id for row in rows if row.id in worded)
    for id in redacted:
        redaction.redact(connection, ResponseId(service, day, id), free, everything, now)
    return dict.fromkeys(redacted, 1)


def _delete_hanging(
    connection: Connection, rows: Sequence[Row[Any]], some: Iterable[Table], counted: Table
) -> dict[str, int]:
    """Delete from these tables what hangs on the rows; how many of `counted`, by response."""
    service, day = rows[0].service, rows[0].day
    gone: dict[str, int] = {}
    for at in range(0, len(rows), _SLICE):
        ids = [row.id for row in rows[at : at + _SLICE]]
        for table in some:
            same = (table.c.service == service, table.c.day == day, table.c.response.in_(ids))
            if table is counted:
                gone |= dict.fromkeys(
                    connection.execute(select(table.c.response).where(*same)).scalars(), 1
                )
            connection.execute(delete(table).where(*same))
    return gone


def _delete_answers(
    connection: Connection,
    service: str,
    day: date,
    offices: Sequence[str],
    rows: Sequence[Row[Any]],
) -> None:
    _delete_hanging(connection, rows, _HANGS, tables.cases)
    response = tables.responses.c
    connection.execute(
        delete(tables.responses).where(
            response.service == service, response.day == day, response.office.in_(offices)
        )
    )


def _counted_through(
    connection: Connection, known: Directory, service: str, day: date, offices: Sequence[str]
) -> dict[str, date]:
    """The last day on which an answer of each office counts, but for those that were imported."""
    response = tables.responses.c
    imported = sorted(cut_tables.imported(known.services[service]))
    counted = case((response.survey.in_(imported), null()), else_=response.counted_day)
    query = (
        select(response.office, func.max(counted))
        .where(response.service == service, response.day == day)
        .where(response.office.in_(offices))
        .group_by(response.office)
    )
    return {office: through for office, through in connection.execute(query) if through}


def _note(
    connection: Connection,
    key: tuple[str, Kind, str, date],
    id: str,
    n: int,
    through: date | None,
    now: datetime,
) -> None:
    """Write down that a day was deleted. More of it may come later, out of an import."""
    service, kind, office, day = key
    table = tables.disposals
    same = (
        table.c.service == service,
        table.c.kind == kind.value,
        table.c.office == office,
        table.c.day == day,
    )
    if before := connection.execute(select(table).where(*same)).first():
        n += before.n
        through = max(filter(None, (through, before.counted_through)), default=None)
        connection.execute(delete(table).where(*same))
    values: dict[str, object] = {"service": service, "kind": kind.value, "office": office}
    values |= {"day": day, "n": n, "disposal": id, "counted_through": through, "at": now}
    connection.execute(insert(table).values(**values))

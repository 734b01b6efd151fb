"""Bring the database to what a catalog says: one transaction, nothing deleted, done once.

What the file no longer names is closed; what comes back is opened again. A survey whose words
changed gets a new version, and the old versions stay as people saw them.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, select

from cxserver import tables
from cxserver.catalog import directory
from cxserver.catalog.changes import Change, Changes
from cxserver.catalog.fault import Fault
from cxserver.catalog.model import Catalog, Service
from cxserver.errors import CatalogRefused
from cxserver.instrument import survey as survey_text

Row = dict[str, Any]
Key = tuple[Any, ...]

# Of whatever the file names. That something closes or opens again is told by a word of its own.
_OPEN: Row = {"closed": False, "closed_on": None}


@dataclass(slots=True)
class _Plan:
    """Rows to insert and to update, and the same in words."""

    inserts: list[tuple[Table, list[Row]]] = field(default_factory=list)
    updates: list[tuple[Table, list[Row]]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def plan(connection: Connection, catalog: Catalog, today: date) -> Changes:
    """What `apply` would change. Raises CatalogRefused for another agency's database."""
    return Changes(tuple(_plan(connection, catalog, today).changes))


def apply(connection: Connection, catalog: Catalog, today: date) -> Changes:
    """Make the database agree with `catalog`, in the caller's one transaction."""
    planned = _plan(connection, catalog, today)
    for table, rows in planned.inserts:
        connection.execute(table.insert(), rows)
    for table, rows in planned.updates:
        connection.execute(_update(table), [_parameters(table, row) for row in rows])
    if planned.changes:
        directory.bump(connection)
    return Changes(tuple(planned.changes))


def _plan(connection: Connection, catalog: Catalog, today: date) -> _Plan:
    _refuse_another_agency(connection, catalog)
    planned = _Plan()
    compare = partial(_compare, connection, planned, today)
    compare(tables.agencies, "agency", _agency_rows(catalog))
    compare(tables.clearances, "clearance", _clearance_rows(catalog))
    numbers = _versions(connection, planned, catalog, today)
    compare(tables.services, "service", _service_rows(catalog, numbers))
    compare(tables.offices, "office", _office_rows(catalog))
    compare(tables.service_offices, "place", _place_rows(catalog))
    return planned


def _refuse_another_agency(connection: Connection, catalog: Catalog) -> None:
    # One database, one agency. Another agency's file would close every service in it.
    stored = connection.execute(select(tables.agencies.c.slug)).scalar()
    if stored is not None and stored != catalog.agency.slug:
        raise CatalogRefused(
            [
                Fault(
                    "the catalog",
                    "agency.slug",
                    f"is '{catalog.agency.slug}', but this database belongs to '{stored}'; "
                    "nothing was changed",
                )
            ]
        )


def _agency_rows(catalog: Catalog) -> list[Row]:
    agency = catalog.agency
    return [{"slug": agency.slug, "definition": dict(agency.definition)}]


def _clearance_rows(catalog: Catalog) -> list[Row]:
    return [
        {
            "slug": clearance.slug,
            "omb_control_number": clearance.omb_control_number,
            "expires": clearance.expires,
            "burden_minutes": clearance.burden_minutes,
            "approved_responses": clearance.approved_responses,
        }
        for clearance in catalog.clearances
    ]


def _service_rows(catalog: Catalog, numbers: dict[str, int]) -> list[Row]:
    return [
        {
            "slug": service.slug,
            "definition": dict(service.definition),
            "clearance": service.clearance,
            "survey": numbers[service.slug],
            **_OPEN,
        }
        for service in catalog.services
    ]


def _office_rows(catalog: Catalog) -> list[Row]:
    return [
        {
            "slug": office.slug,
            "name": office.name,
            "timezone": office.timezone,
            "parent": office.parent,
            "serves": office.serves,
            "reads_within_days": office.reads_within_days,
            **_OPEN,
        }
        for office in catalog.offices
    ]


def _place_rows(catalog: Catalog) -> list[Row]:
    return [
        {"service": service.slug, "office": office, **_OPEN}
        for service in catalog.services
        for office in service.offices
    ]


def _versions(
    connection: Connection, planned: _Plan, catalog: Catalog, today: date
) -> dict[str, int]:
    """The survey number of each service; a new one where the words are not the newest version's.

    Words that come back from an older version get a number of their own: a trend over the
    numbers must show that something changed twice. Imported versions are nobody's to return to.
    """
    newest, last = _newest(connection)
    numbers: dict[str, int] = {}
    rows: list[Row] = []
    for service in catalog.services:
        n, stored = newest.get(service.slug, (0, ""))
        mark = survey_text.fingerprint(service.survey)
        if mark != stored:
            n = last.get(service.slug, 0) + 1
            rows.append(_version_row(service, n, mark, today))
            planned.changes.append(Change("add", "survey", f"{service.slug}/{n}"))
        numbers[service.slug] = n
    if rows:
        planned.inserts.append((tables.surveys, rows))
    return numbers


def _newest(connection: Connection) -> tuple[dict[str, tuple[int, str]], dict[str, int]]:
    """The newest version that people are asked with, and the newest number of all."""
    columns = tables.surveys.c
    stored = connection.execute(select(tables.surveys).order_by(columns.n)).all()
    own = [row for row in stored if not survey_text.from_json(row.definition).origin]
    return (
        {row.service: (row.n, row.fingerprint) for row in own},
        {row.service: row.n for row in stored},
    )


def _version_row(service: Service, n: int, mark: str, today: date) -> Row:
    return {
        "service": service.slug,
        "n": n,
        "fingerprint": mark,
        "definition": survey_text.to_json(replace(service.survey, n=n)),
        "first_used": today,
    }


def _compare(
    connection: Connection, planned: _Plan, today: date, table: Table, kind: str, wanted: list[Row]
) -> None:
    """Plan the inserts, changes, closings and reopenings of one table."""
    stored = {_key(table, row): row for row in map(_row, connection.execute(select(table)))}
    fresh = [row for row in wanted if _key(table, row) not in stored]
    changed: list[Row] = []
    for row in wanted:
        old = stored.pop(_key(table, row), row)
        if old != row:
            changed.append(row)
            planned.changes.append(_changed(kind, table, old, row))
    planned.changes += [
        Change("add", kind, _name(table, row), row.get("name", "")) for row in fresh
    ]
    # What is left is in the database only. Tables without `closed` keep such rows as they are.
    gone = [row for row in stored.values() if row.get("closed") is False]
    planned.changes += [Change("close", kind, _name(table, row)) for row in gone]
    changed += [{**row, "closed": True, "closed_on": today} for row in gone]
    if fresh:
        planned.inserts.append((table, fresh))
    if changed:
        planned.updates.append((table, changed))


def _row(row: Any) -> Row:
    return dict(row._mapping)


def _key(table: Table, row: Row) -> Key:
    return tuple(row[column.name] for column in table.primary_key)


def _name(table: Table, row: Row) -> str:
    return " at ".join(str(part) for part in _key(table, row))


def _changed(kind: str, table: Table, old: Row, new: Row) -> Change:
    action = "reopen" if old.get("closed") else "change"
    before = {**old, **old.get("definition", {})}
    after = {**new, **new.get("definition", {})}
    differing = [
        f"{key} {_shown(before.get(key))} → {_shown(after.get(key))}"
        for key in after
        if key not in ("definition", *_OPEN) and before.get(key) != after[key]
    ]
    return Change(action, kind, _name(table, new), ", ".join(differing))


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _update(table: Table) -> Update:
    # The old key stands under its own name: a bind parameter named like a column would set it.
    keys = set(table.primary_key)
    return (
        table.update()
        .where(*(column == bindparam(f"old_{column.name}") for column in keys))
        .values({column.name: bindparam(column.name) for column in table.c if column not in keys})
    )


def _parameters(table: Table, row: Row) -> Row:
    keys = {column.name for column in table.primary_key}
    return {f"old_{name}" if name in keys else name: value for name, value in row.items()}

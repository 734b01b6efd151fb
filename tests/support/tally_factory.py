"""Counts as the tallies give them, and how they get there: for tests of what follows from them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from cxserver import db, tables
from cxserver.catalog import check
from cxserver.instrument.survey import Survey
from cxserver.intake import cut_tables, store
from cxserver.intake.entry import Tally
from cxserver.results.slices import Slice
from tests.support.house import CATALOGUE, NOW


def surveys(service: str = "permits", **versions: Mapping[str, Any]) -> dict[str, Survey]:
    """Version 1 of a service of the house; `v2={…}` adds versions that differ from it."""
    report = check.text(CATALOGUE, "test.toml", NOW.date())
    assert report.catalog is not None
    [current] = [each.survey for each in report.catalog.services if each.slug == service]
    first = replace(current, n=1)
    every = {first.name: first}
    for name, differs in versions.items():
        version = replace(first, n=int(name[1:]), **differs)
        every[version.name] = version
    return every


def changed_wording(survey: Survey, **words: Any) -> dict[str, Any]:
    """What differs in a version with other words in English."""
    english = replace(survey.wording["en"], **words)
    return {"wording": {**survey.wording, "en": english}}


def slice_of(
    top: int, n: int, drivers: Mapping[str, tuple[int, int]] | None = None, /, **group: str
) -> Slice:
    """`top` of `n` people gave a 5 for trust and satisfaction, the others a 2."""
    points = {value: count for value, count in (("5", top), ("2", n - top)) if count}
    taps = {
        f"driver:{code}": {"positive": positive, "negative": negative}
        for code, (positive, negative) in (drivers or {}).items()
    }
    wanted = {"survey": "permits/1", "language": "en", "channel": "email", **group}
    return slice_of_counts(
        wanted, {"response": {"all": n}, "trust": points, "satisfaction": points, **taps}
    )


def slice_of_counts(group: Mapping[str, str], measured: Mapping[str, Mapping[str, int]]) -> Slice:
    """A slice of these counts, each measure apart."""
    counts = {(name, value): n for name, values in measured.items() for value, n in values.items()}
    return Slice(group, counts)


def write_tallies(engine: Engine, added: Mapping[Tally, int]) -> None:
    """Write these counts, released as if the batch of each had closed on its day; and the services
    they are of as far as they are not there. The months are drawn as if they were over.
    """
    services = tables.services
    with db.write(engine) as connection:
        store.count(connection, added)
        store.count(connection, added, store.RELEASED)
        _draw(connection)
        there = set(connection.execute(select(services.c.slug)).scalars())
        rows = [
            {"slug": slug, "definition": {}, "clearance": "umbrella", "survey": 1, "closed": False}
            for slug in sorted({tally[0] for tally in added} - there)
        ]
        if rows:
            connection.execute(insert(services), rows)


def _draw(connection: Connection) -> None:
    """The cut tables of all months, as of one import."""
    released = tables.released.c
    cut_tables.erase_import(connection, "filled")
    versions: dict[tuple[str, date], set[int]] = {}
    query = select(released.service, released.day, released.survey).where(
        released.level == "office-month"
    )
    for service, month, n in connection.execute(query.distinct()):
        versions.setdefault((service, month), set()).add(n)
    for (service, month), some in versions.items():
        cut_tables.draw_import(connection, service, month, "filled", some)

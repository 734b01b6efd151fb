"""The keys of the tables: what a database that is split by service, or shared by two, relies on."""

import pytest
from sqlalchemy import Table

from cxserver import tables

# They grow with every answer, or with every comment that somebody acts on.
HOT = (
    *("responses", "use_keys", "tallies", "choices", "released", "released_choices", "batches"),
    *("exclusions", "batch_changes", "alerts", "cases", "case_notes", "replies", "comment_reviews"),
    *("alert_letters", "findings", "handovers"),
)
# What two colleagues may have open at the same time.
EDITED = (
    *("cases", "replies", "comment_reviews", "volumes", "reflections", "indicators"),
    *("staff_members", "chart_notes", "findings"),
)


def named(name: str) -> Table:
    return tables.metadata.tables[name]


@pytest.mark.parametrize("name", HOT)
def test_the_key_of_a_table_that_grows_begins_with_the_service(name: str) -> None:
    assert next(iter(named(name).primary_key.columns)).name == "service"


@pytest.mark.parametrize("name", sorted(tables.metadata.tables))
def test_no_table_has_a_foreign_key(name: str) -> None:
    assert not named(name).foreign_keys


@pytest.mark.parametrize("name", EDITED)
def test_a_record_that_staff_edit_has_a_version(name: str) -> None:
    version = named(name).columns["version"]
    assert not version.nullable and version.server_default is not None


def test_a_use_once_key_is_found_by_service_and_month() -> None:
    assert tables.use_keys.primary_key.columns.keys() == ["service", "bucket", "key_hash"]


def test_what_is_released_has_the_shape_of_the_tallies() -> None:
    for source, released in (
        (tables.tallies, tables.released),
        (tables.choices, tables.released_choices),
    ):
        assert source.columns.keys() == released.columns.keys()
        assert source.primary_key.columns.keys() == released.primary_key.columns.keys()

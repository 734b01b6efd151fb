"""The migrations build the tables the code knows, and say what to do where they did not run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from cxserver import db, resources, tables
from cxserver.errors import DatabaseNewer, DatabaseUnfit
from cxserver.settings import Settings


@pytest.fixture
def empty_engine(empty_database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables, open."""
    engine = db.open_engine(Settings(data_dir=tmp_path, database_url=empty_database_url))
    yield engine
    engine.dispose()


def test_migrations_build_the_tables_that_the_code_knows(empty_engine: Engine) -> None:
    db.migrate(empty_engine)
    with empty_engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_migrations_check_what_the_code_says_is_checked(sqlite_engine: Engine) -> None:
    """Alembic compares columns, keys and indexes, but no checks."""
    built = inspect(sqlite_engine)
    checks = {
        (table.name, check.name, str(check.sqltext))
        for table in tables.metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert len(checks) >= 2
    assert checks == {
        (table.name, check["name"], check["sqltext"])
        for table in tables.metadata.sorted_tables
        for check in built.get_check_constraints(table.name)
    }


def test_migrating_twice_changes_nothing(empty_engine: Engine) -> None:
    db.migrate(empty_engine)
    db.migrate(empty_engine)
    db.check_migrated(empty_engine)


def test_a_database_without_tables_says_what_to_do(empty_engine: Engine) -> None:
    with pytest.raises(DatabaseUnfit, match="no tables yet. Run `cx migrate`"):
        db.check_migrated(empty_engine)


def test_an_old_database_says_what_to_do(engine: Engine) -> None:
    db.check_migrated(engine)
    with db.write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(DatabaseUnfit, match="at version 0000.*Run `cx migrate`"):
        db.check_migrated(engine)


def test_the_newest_file_is_the_head() -> None:
    """`check_migrated` reads the files' numbers, to spare every command the loading of Alembic."""
    folder = resources.folder("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    newest = max(file.name for file in (folder / "versions").glob("[0-9]*.py"))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert newest.partition("_")[0] == head


ROW = {
    "service": "permits",
    "day": "2026-11-04",
    "office": "riverside",
    "channel": "email",
    "language": "en",
    "survey": 1,
    "answered_hour": "2026-11-04 15:00:00",
    "delay": "4",
    "trust": 1,
    "satisfaction": 5,
    "drivers": '["ease"]',
    "comment": "Línea 1\nLínea 2",
    "questions": "{}",
    "flags": "",
    "counted_day": "2026-11-04",
}


@pytest.mark.parametrize("changed", [{"trust": 6}, {"trust": -1}, {"satisfaction": 0}])
def test_the_new_table_refuses_what_no_scale_has(engine: Engine, changed: dict) -> None:
    row = {**ROW, "id": "f" * 32, **changed}
    marks = ", ".join(f":{name}" for name in row)
    with pytest.raises(IntegrityError), db.write(engine) as connection:
        connection.execute(
            text(f"INSERT INTO responses ({', '.join(row)}) VALUES ({marks})"), [row]
        )


def test_on_sqlite_the_new_table_still_remembers_no_order(sqlite_engine: Engine) -> None:
    with db.read(sqlite_engine) as connection:
        made = connection.execute(
            text("SELECT sql FROM sqlite_master WHERE name = 'responses'")
        ).scalar_one()
    assert made.rstrip().endswith("WITHOUT ROWID")
    assert "BETWEEN 0 AND 5" in made and "satisfaction BETWEEN 1 AND 5" in made


def test_a_database_newer_than_the_software_says_so(engine: Engine) -> None:
    with db.write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    for step in (db.migrate, db.check_migrated):
        with pytest.raises(DatabaseNewer, match="older than its database.* at version 0999"):
            step(engine)


def test_a_version_that_no_release_has_is_not_migrated(engine: Engine) -> None:
    with db.write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(DatabaseUnfit, match="at version 0000.*empty database"):
        db.migrate(engine)

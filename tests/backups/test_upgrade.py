"""From the tables of an earlier release to today's and back again, with data in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, MetaData, select, text

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.comments import cases
from cxserver.intake import recount
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Writer
from cxserver.settings import Settings
from tests.support.comment_factory import add_comments
from tests.support.house import House, answer
from tests.support.restored_places import cluster_of, empty_place, run
from tests.support.staff_accounts import sign_in

# What the tables were when each of these migrations was the newest: all but the last.
VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
EARLIER = sorted(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))[:-1]
# Changed by what the commands do themselves, and left out of backups.
APART = {"alembic_version", "audit", "root_keys", "staff_sessions", "staff_invites", "pairings"}


def contents(connection: Connection, shape: MetaData) -> dict[str, list[str]]:
    """Every row of the tables and columns of a shape."""
    return {
        table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
        for table in shape.sorted_tables
        if table.name not in APART
    }


def shape_of(engine: Engine) -> MetaData:
    shape = MetaData()
    shape.reflect(engine)
    return shape


def fill(old: Engine, house: House) -> dict[str, list[str]]:
    """Put a house's rows into tables of an earlier release; what they are there."""
    shape = shape_of(old)
    with db.read(house.engine) as source, db.write(old) as target:
        for table in shape.sorted_tables:
            rows = source.execute(select(table)).all() if table.name != "alembic_version" else []
            if rows:
                target.execute(table.insert(), [dict(row._mapping) for row in rows])
    with db.read(old) as connection:
        return contents(connection, shape)


def live_in(house: House) -> None:
    """Rows in the tables that came later, too: a case, a legal hold, a dated note."""
    now = house.clock.now
    [row] = add_comments(house, "third")
    with db.write(house.engine) as connection:
        cases.read(connection, row, "riverside", now)
        cases.note(connection, row, "kim@example.gov", "Call back", now)
        draft = chart_notes.Draft(now.date(), "New form live", None, None)
        chart_notes.add(connection, draft, Writer("", "kim@example.gov"), now)
    run(house.settings, "records", "hold", "permits", "--why", "Smith v. X", "--who", "Lee")


@pytest.fixture(params=EARLIER)
def earlier(
    request: pytest.FixtureRequest, house: House, tmp_path: Path
) -> Iterator[tuple[Settings, MetaData, dict[str, list[str]]]]:
    """An installation of an earlier release that was lived in."""
    add_comments(house, "first", "second")
    live_in(house)
    with house.client() as client:
        answer(client, house.mint())
        sign_in(house, client, Role.ANALYST)
    with empty_place(house, tmp_path / "earlier", cluster_of(house, request)) as place:
        engine = db.open_engine(place)
        db.migrate(engine, request.param)
        before = fill(engine, house)
        shape = shape_of(engine)
        engine.dispose()
        yield place, shape, before


def check_same(place: Settings, shape: MetaData, before: dict[str, list[str]]) -> None:
    engine = db.open_engine(place)
    db.check_migrated(engine)
    with db.read(engine) as connection:
        assert contents(connection, shape) == before
    assert recount.differences(db.source(engine)) == []
    engine.dispose()


def test_an_upgrade_keeps_every_row(earlier: Any) -> None:
    place, shape, before = earlier
    assert len(before["responses"]) == 4
    assert "Run `cx migrate`" in run(place, "results", fails=True)
    run(place, "migrate")
    check_same(place, shape, before)
    run(place, "audit", "verify")


def test_a_backup_of_before_the_upgrade_comes_back(
    earlier: Any, house: House, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place, shape, before = earlier
    run(place, "backup", tmp_path / "disk")
    [folder] = (path for path in (tmp_path / "disk").iterdir() if path.is_dir())
    run(place, "migrate")
    add = tmp_path / "again"
    with empty_place(house, add, cluster_of(house, request)) as again:
        run(again, "restore", folder)
        lasting = {name: rows for name, rows in before.items() if name != "use_keys"}
        engine = db.open_engine(again)
        with db.read(engine) as connection:
            now = contents(connection, shape)
            assert {name: now[name] for name in lasting} == lasting
        assert len(now["use_keys"]) == len(before["responses"])
        assert recount.differences(db.source(engine)) == []
        engine.dispose()


def test_after_a_newer_release_the_backup_of_before_brings_this_one_back(
    house: House, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    add_comments(house, "first", "second")
    run(house.settings, "backup", tmp_path / "disk")
    with db.write(house.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
        connection.execute(text("CREATE TABLE of_a_newer_release (n INTEGER)"))
    said = run(house.settings, "results", fails=True)
    assert "This software is older than its database" in said
    for command in (("backup",), ("copy", "--to", f"sqlite:///{tmp_path / 'x'}")):
        assert "older than its database" in run(house.settings, *command, fails=True)
    [folder] = (path for path in (tmp_path / "disk").iterdir() if path.is_dir())
    with empty_place(house, tmp_path / "back", cluster_of(house, request)) as back:
        assert "Restored 2 answers" in run(back, "restore", folder)
        engine = db.open_engine(back)
        db.check_migrated(engine)
        engine.dispose()

"""Everything moves to another database, and both are the same; or nothing moves, and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.backups import copying
from cxserver.errors import BackupUnfit
from cxserver.intake import recount
from cxserver.settings import Settings
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments
from tests.support.house import NOW, House, answer
from tests.support.postgresql_server import Cluster
from tests.support.staff_accounts import sign_in


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'moved.sqlite3'}"
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


def rows(url: str, table) -> list[str]:
    engine = db.open_engine(Settings(database_url=url))
    try:
        with db.read(engine) as connection:
            return sorted(repr(tuple(row)) for row in connection.execute(select(table)))
    finally:
        engine.dispose()


def lived_in(house: House) -> None:
    """Something in many tables, odd characters among it."""
    add_comments(house, "Línea 1\nLínea 2", "\\ \t '\" 𝄞", "")
    with house.client() as client:
        answer(client, house.mint())
        sign_in(house, client, Role.ANALYST)
    with db.write(house.engine) as connection:
        row = {"period": "2026Q1", "service": "x", "office": "", "name": "wait", "unit": "min"}
        more = {"value": "0.1", "number": 0.1 + 0.2, "who": "kim", "at": NOW}
        connection.execute(tables.indicators.insert().values(**row, **more))


def test_every_row_moves_to_the_other_kind_and_to_its_own(house: House, target: str) -> None:
    lived_in(house)
    said, _ = invoke(house, "copy", "--to", target)
    assert "(4 answers)" in said and "Both are the same." in said
    for table in tables.metadata.sorted_tables:
        assert rows(target, table) == rows(house.settings.database, table), table.name
    engine = db.open_engine(Settings(database_url=target))
    db.check_migrated(engine)
    assert recount.differences(db.source(engine)) == []
    engine.dispose()


def test_answers_go_on_where_they_moved_to(house: House, target: str) -> None:
    body = {"link": house.mint(), "trust": 4, "satisfaction": 4}
    with house.client() as client:
        receipt = client.post("/api/v1/responses", json=body).json()["receipt"]
    invoke(house, "copy", "--to", target)
    moved = House.__new__(House)
    moved.__dict__ |= house.__dict__ | {"engine": db.open_engine(Settings(database_url=target))}
    moved.settings = house.settings.model_copy(update={"database_url": target})
    with moved.client() as client:
        again = client.post("/api/v1/responses", json=body)
        assert (again.status_code, again.json()["receipt"]) == (200, receipt)
        body["link"] = house.mint()
        assert client.post("/api/v1/responses", json=body).status_code == 201
        sign_in(moved, client, Role.ANALYST)
    moved.engine.dispose()


def test_nothing_is_copied_over_rows(house: House, target: str) -> None:
    add_comments(house, "once")
    invoke(house, "copy", "--to", target)
    _, said = invoke(house, "copy", "--to", target, fails=True)
    assert "is not empty" in said and "Nothing was copied." in said
    assert len(rows(target, tables.responses)) == 1


def test_a_running_server_is_in_the_way(sqlite_house: House, tmp_path: Path) -> None:
    with sqlite_house.client():
        _, said = invoke(sqlite_house, "copy", "--to", f"sqlite:///{tmp_path}/x", fails=True)
    assert "Another server already works on" in said


@pytest.mark.parametrize("to", ["mysql://x/y", "nonsense", "postgresql://host", "sqlite://"])
def test_an_address_that_is_none_says_what_to_write(sqlite_house: House, to: str) -> None:
    assert "--to" in invoke(sqlite_house, "copy", "--to", to, fails=True)[1]


@pytest.fixture
def engines(sqlite_house: House, tmp_path: Path) -> Iterator[tuple]:
    """A house's database and an empty one."""
    add_comments(sqlite_house, "first", "second")
    engine = db.open_engine(Settings(database_url=f"sqlite:///{tmp_path / 'moved.sqlite3'}"))
    yield sqlite_house.engine, engine
    engine.dispose()


def test_who_writes_meanwhile_stops_the_copy(engines: tuple, sqlite_house: House) -> None:
    source, target = engines
    came: list[int] = []

    def somebody_answers(n: int) -> None:
        if not came:
            came.append(n)
            add_comments(sqlite_house, "third")

    with pytest.raises(BackupUnfit, match="Somebody wrote"):
        copying.copy(source, target, somebody_answers)
    with db.read(target) as connection:
        assert connection.execute(select(tables.services)).all() == []


def test_a_row_that_arrives_otherwise_stops_the_copy(engines: tuple) -> None:
    source, target = engines
    db.migrate(target)
    with db.write(target) as connection:
        connection.execute(
            text(
                "CREATE TRIGGER other AFTER INSERT ON responses BEGIN "
                "UPDATE responses SET comment = 'third' WHERE comment = 'second'; END"
            )
        )
    with pytest.raises(BackupUnfit, match="Table responses is not the same"):
        copying.copy(source, target, lambda n: None)
    with db.read(target) as connection:
        assert connection.execute(select(tables.services)).all() == []


def test_no_table_counts_by_a_sequence(engine) -> None:
    """A copied sequence would have to be moved on behind its last number: there is none."""
    if engine.dialect.name == "postgresql":
        with db.read(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM pg_sequences")).scalar() == 0
    else:
        numbered = [
            table.name
            for table in tables.metadata.sorted_tables
            if table.autoincrement_column is not None
        ]
        assert numbered == []


def test_a_password_is_not_printed(sqlite_house: House, postgresql: Cluster) -> None:
    name = postgresql.create()
    url = make_url(postgresql.url(name)).set(password="hunter2")
    said = invoke(sqlite_house, "copy", "--to", url.render_as_string(hide_password=False))
    assert "hunter2" not in "".join(said)
    postgresql.drop(name)

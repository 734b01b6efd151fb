"""`cx doctor` says how many connections a server process may open, and whether there is room."""

from sqlalchemy import Engine, QueuePool

from cxserver import db
from cxserver.db import Pool
from cxserver.doctor import checkup, connections
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings
from tests.support.answer_service import services_of
from tests.support.cli_runner import invoke
from tests.support.house import NOW, House


def examined(settings: Settings) -> Finding:
    [finding] = [row for row in checkup.examine(settings, NOW) if row.check == "connections"]
    return finding


def with_staff(house: House, n: int) -> Settings:
    return house.settings.model_copy(update={"staff_connections": n})


def most(engine: Engine) -> int:
    """How many connections this engine opens and no more."""
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.size() + engine.pool._max_overflow


def test_the_number_is_what_the_engines_of_a_server_may_open(house):
    house.settings = with_staff(house, 7)
    with house.client() as client:
        intake = services_of(client.app).intake
        engines = [value for value in vars(intake).values() if isinstance(value, Engine)]
        assert connections.per_process(house.settings) == sum(map(most, engines)) == 15 + 7 + 2


def test_the_pools_of_a_process_are_told(house):
    finding = examined(house.settings)
    assert finding.state == "ok" and not finding.cure
    assert "opens up to 21 (answers and jobs 15, staff and API 4, signing in 2)" in finding.text
    if house.engine.dialect.name == "sqlite":
        assert "there is one process" in finding.text
    else:
        # PostgreSQL as it comes: 100, and 3 of them for administrators.
        assert "allows 97: enough for 4 processes" in finding.text


def test_connections_of_the_staff_leave_room_for_fewer_processes(house):
    finding = examined(with_staff(house, 64))
    assert "opens up to 81" in finding.text
    if house.engine.dialect.name == "postgresql":
        assert "allows 97: enough for 1 process " in finding.text


def test_a_process_that_postgresql_has_no_room_for_is_a_problem_with_its_cure(house, monkeypatch):
    monkeypatch.setattr(db, "PUBLIC", Pool(size=50, overflow=60, seconds=5.0))
    finding = examined(house.settings)
    if house.engine.dialect.name == "sqlite":
        assert finding.state == "ok"
        return
    assert finding.state == "problem"
    assert finding.text.endswith("PostgreSQL allows 97. That is too few for one process.")
    assert "Raise max_connections of PostgreSQL to at least 116 " in finding.cure
    out, _ = invoke(house, "doctor", fails=True)
    assert "too few for one process" in " ".join(out.split())

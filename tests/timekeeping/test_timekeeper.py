"""One wrong clock deletes nothing, closes no day and dates no answer.

The clocks of these tests are two: `wall`, which somebody may set, and `seconds`, which only grow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, select
from structlog.testing import capture_logs

from cxserver import db, tables
from cxserver.settings import Settings
from cxserver.timekeeping import evidence
from cxserver.timekeeping.evidence import Evidence
from cxserver.timekeeping.timekeeper import Timekeeper
from tests.support import postgresql_server

NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Machine:
    """A machine with two clocks and a server that goes by them."""

    engine: Engine
    wall: datetime = NOON
    seconds: float = 1000.0

    def start(self) -> Timekeeper:
        keeper = Timekeeper(lambda: self.wall, lambda: self.seconds, follows_database=False)
        keeper.look(self.engine)
        return keeper

    def run(self, keeper: Timekeeper, time: timedelta, every: timedelta = HOUR) -> None:
        """Let time pass, with a look now and then, as both clocks see it."""
        for _ in range(round(time / every)):
            self.wall += every
            self.seconds += every.total_seconds()
            keeper.look(self.engine)

    def noted(self) -> Evidence:
        with db.read(self.engine) as connection:
            return evidence.read(connection)


@pytest.fixture
def machine(sqlite_engine: Engine) -> Iterator[Machine]:
    yield Machine(sqlite_engine)


def test_a_new_installation_believes_its_clock(machine: Machine) -> None:
    keeper = machine.start()
    assert not keeper.in_doubt and keeper() == NOON
    assert machine.noted() == Evidence(NOON, None)


def test_a_server_that_runs_writes_the_time_down_every_minute(machine: Machine) -> None:
    keeper = machine.start()
    machine.run(keeper, timedelta(minutes=3), every=timedelta(minutes=1))
    assert machine.noted().at == NOON + timedelta(minutes=3)


@pytest.mark.parametrize("off", [timedelta(), HOUR, 26 * HOUR])
def test_a_server_that_was_off_for_a_day_believes_its_clock(
    machine: Machine, off: timedelta
) -> None:
    machine.start()
    machine.wall += off
    keeper = machine.start()
    assert not keeper.in_doubt and keeper() == NOON + off


@pytest.mark.parametrize("ahead", [27 * HOUR, 40 * DAY, 4000 * DAY])
def test_a_clock_further_ahead_is_in_doubt_and_time_goes_on_from_what_is_proven(
    machine: Machine, ahead: timedelta
) -> None:
    machine.start()
    machine.wall += ahead
    keeper = machine.start()
    assert keeper.in_doubt and keeper() == NOON
    machine.run(keeper, 10 * timedelta(minutes=1), every=timedelta(minutes=1))
    assert keeper.in_doubt and keeper() == NOON + timedelta(minutes=10)
    # No minute is written: what this clock says must not become evidence for it.
    assert machine.noted() == Evidence(NOON, NOON + ahead)


def test_a_clock_that_jumps_while_the_server_runs_moves_nothing(machine: Machine) -> None:
    keeper = machine.start()
    machine.run(keeper, HOUR)
    machine.wall += 40 * DAY
    assert keeper() == NOON + HOUR, "before anybody looked"
    machine.run(keeper, HOUR)
    assert keeper.in_doubt and keeper() == NOON + 2 * HOUR


def test_a_clock_that_is_set_right_again_is_believed(machine: Machine) -> None:
    keeper = machine.start()
    machine.wall += 40 * DAY
    machine.run(keeper, HOUR)
    machine.wall -= 40 * DAY
    machine.run(keeper, HOUR)
    assert not keeper.in_doubt and keeper() == machine.wall
    assert machine.noted().doubted_since is None


def test_a_normal_start_after_a_wrong_one_has_lost_no_time(machine: Machine) -> None:
    machine.start()
    right, machine.wall = machine.wall, machine.wall + 40 * DAY
    machine.run(machine.start(), HOUR)
    machine.wall = right + HOUR
    keeper = machine.start()
    assert not keeper.in_doubt and keeper() == right + HOUR


def test_an_agency_closed_for_four_days_is_believed_at_its_first_link(machine: Machine) -> None:
    machine.start()
    machine.wall += 4 * DAY
    keeper = machine.start()
    assert keeper.in_doubt
    keeper.saw_link(machine.wall - HOUR)
    assert not keeper.in_doubt and keeper() == machine.wall
    machine.run(keeper, HOUR)
    assert machine.noted() == Evidence(machine.wall, None)


def test_without_links_it_is_believed_after_a_day_of_running_evenly(machine: Machine) -> None:
    machine.start()
    machine.wall += 4 * DAY
    keeper = machine.start()
    machine.run(keeper, 23 * HOUR)
    assert keeper.in_doubt
    machine.run(keeper, HOUR)
    assert not keeper.in_doubt and keeper() == machine.wall


def test_a_link_that_comes_as_expired_begins_the_day_of_proof_anew(machine: Machine) -> None:
    machine.start()
    machine.wall += 40 * DAY
    keeper = machine.start()
    machine.run(keeper, 20 * HOUR)
    done_at = NOON + 19 * HOUR
    keeper.saw_link(done_at)
    machine.run(keeper, 20 * HOUR)
    assert keeper.in_doubt
    assert keeper() == NOON + 40 * HOUR


def test_a_link_moves_the_proven_time_forward(machine: Machine) -> None:
    machine.start()
    machine.wall += 40 * DAY
    keeper = machine.start()
    keeper.saw_link(NOON + 5 * HOUR)
    assert keeper.in_doubt and keeper() == NOON + 5 * HOUR
    keeper.saw_link(NOON + 3 * HOUR)
    assert keeper() == NOON + 5 * HOUR


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 10 * DAY])
def test_a_clock_that_runs_unevenly_proves_nothing(machine: Machine, jump: timedelta) -> None:
    machine.start()
    machine.wall += 40 * DAY
    keeper = machine.start()
    machine.run(keeper, 12 * HOUR)
    machine.wall += jump
    machine.run(keeper, 20 * HOUR)
    assert keeper.in_doubt


def test_a_link_from_the_future_is_no_evidence_of_it(machine: Machine) -> None:
    keeper = machine.start()
    keeper.saw_link(NOON + 40 * DAY)
    machine.run(keeper, HOUR)
    assert machine.noted().at == NOON + HOUR


def test_somebody_who_looked_ends_the_doubt(machine: Machine) -> None:
    machine.start()
    machine.wall += 4 * DAY
    keeper = machine.start()
    with db.write(machine.engine) as connection:
        evidence.confirm(connection, machine.wall)
    machine.run(keeper, timedelta(minutes=1), every=timedelta(minutes=1))
    assert not keeper.in_doubt and keeper() == machine.wall


def test_the_doubt_is_as_old_as_its_first_start(machine: Machine) -> None:
    machine.start()
    machine.wall += 40 * DAY
    first = machine.wall
    machine.run(machine.start(), 10 * HOUR)
    machine.run(machine.start(), 10 * HOUR)
    noted = machine.noted()
    assert noted.doubted_since == first
    assert noted.paused(machine.wall) == 20 * HOUR


def test_a_clock_that_is_behind_is_followed(machine: Machine) -> None:
    machine.start()
    machine.wall -= 3 * HOUR
    keeper = machine.start()
    assert not keeper.in_doubt and keeper() == NOON - 3 * HOUR
    assert machine.noted().at == NOON, "what is proven stays proven"


def test_a_database_from_before_takes_what_was_stored_for_evidence(machine: Machine) -> None:
    with db.write(machine.engine) as connection:
        values = {"service": "permits", "kid": 1, "epoch": 1, "issued": NOON.date()}
        connection.execute(tables.link_keys.insert().values(**values))
    machine.wall += 40 * DAY
    assert machine.start().in_doubt


def test_one_row_is_kept(machine: Machine) -> None:
    machine.run(machine.start(), 3 * HOUR)
    with db.read(machine.engine) as connection:
        assert len(connection.execute(select(tables.trusted_time)).all()) == 1


@pytest.fixture
def postgresql_engine(postgresql_pool: postgresql_server.Pool) -> Iterator[Engine]:
    """An empty PostgreSQL database."""
    name = postgresql_pool.take()
    engine = db.open_engine(Settings(database_url=postgresql_pool.server.url(name)))
    yield engine
    engine.dispose()
    postgresql_pool.give_back(name)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_on_postgresql_its_clock_is_followed_and_a_drift_is_logged(
    postgresql_engine: Engine, elsewhere: bool
) -> None:
    with db.read(postgresql_engine) as connection:
        right = evidence.database_time(connection)
    keeper = Timekeeper(
        lambda: right + 40 * DAY,
        lambda: 0.0,
        follows_database=True,
        database_elsewhere=elsewhere,
    )
    with capture_logs() as logs:
        keeper.look(postgresql_engine)
    assert abs(keeper() - right) < timedelta(minutes=1) and not keeper.in_doubt
    [line] = [line for line in logs if line["event"] == "clock_drift"]
    assert abs(line["seconds"] - 40 * 86_400) < 60


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_database_on_this_machine_has_the_same_wrong_clock_and_is_doubted(
    postgresql_engine: Engine, elsewhere: bool
) -> None:
    with db.read(postgresql_engine) as connection:
        shown = evidence.database_time(connection)
    with db.write(postgresql_engine) as connection:
        evidence.note(connection, shown - 40 * DAY)
    keeper = Timekeeper(
        lambda: shown, lambda: 0.0, follows_database=True, database_elsewhere=elsewhere
    )
    keeper.look(postgresql_engine)
    assert keeper.in_doubt is not elsewhere
    assert abs(keeper() - (shown if elsewhere else shown - 40 * DAY)) < timedelta(minutes=2)


@pytest.mark.parametrize(
    ("url", "elsewhere"),
    [
        ("sqlite:////tmp/cx.sqlite3", False),
        ("postgresql+psycopg://localhost/cx", False),
        ("postgresql+psycopg://127.0.0.1:5432/cx", False),
        ("postgresql+psycopg:///cx?host=/run/postgresql", False),
        ("postgresql+psycopg:///cx", False),
        ("postgresql+psycopg://db.agency.internal/cx", True),
        ("postgresql+psycopg:///cx?host=10.0.0.7", True),
    ],
)
def test_where_the_database_is(url: str, elsewhere: bool) -> None:
    engine = create_engine(url)
    assert db.is_elsewhere(engine) is elsewhere
    engine.dispose()

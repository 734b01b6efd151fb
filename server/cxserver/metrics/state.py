"""The state of the whole installation, read from the database when Prometheus asks."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from cxsdk import __version__
from cxserver import db, tables
from cxserver.catalog import directory, kiosks
from cxserver.catalog.directory import Directory
from cxserver.catalog.kiosks import Device
from cxserver.clock import Clock
from cxserver.timekeeping import evidence

_SILENT = timedelta(hours=24)
_FAILED = "failed: "


class State(Collector):
    """Gauges of jobs, approvals, kiosks, clock and database. A database that does not answer is
    `cx_database_up 0`, and the rest is left out.
    """

    def __init__(self, engine: Engine, clock: Clock):
        self._engine = engine
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Nothing: the database need not answer for the registry to be made."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every gauge, from one snapshot."""
        info = GaugeMetricFamily("cx_build_info", "The version that runs.", labels=("version",))
        info.add_metric((__version__,), 1)
        yield info
        try:
            with db.read(self._engine) as connection:
                families = list(_families(connection, self._clock()))
        except SQLAlchemyError:
            families = []
        up = "1 when the database answers."
        yield GaugeMetricFamily("cx_database_up", up, value=1 if families else 0)
        yield from families
        yield self._connections()

    def _connections(self) -> Metric:
        used: Callable[[], int] | None = getattr(self._engine.pool, "checkedout", None)
        family = "cx_database_connections", "Connections of this process's pool that are in use."
        return GaugeMetricFamily(*family, value=used() if used else 0)


def _families(connection: Connection, now: datetime) -> Iterator[Metric]:
    known = directory.load(connection)
    yield from _jobs(connection)
    yield from _approvals(known, now)
    yield from _kiosks(kiosks.known(connection, known.today(now)), now)
    doubted = evidence.read(connection).doubted_since is not None
    text = "1 while the server's clock is not believed: nothing is deleted, no day is closed."
    yield GaugeMetricFamily("cx_clock_in_doubt", text, value=1 if doubted else 0)


def _jobs(connection: Connection) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "cx_job_last_run_timestamp_seconds", "When a job was last done.", labels=("job",)
    )
    failing = GaugeMetricFamily(
        "cx_job_failing", "1 when a job failed the last time.", labels=("job",)
    )
    for row in connection.execute(select(tables.jobs).order_by(tables.jobs.c.name)):
        if row.ran:
            last.add_metric((row.name,), row.ran.timestamp())
        failing.add_metric((row.name,), 1 if row.result.startswith(_FAILED) else 0)
    yield last
    yield failing


def _approvals(known: Directory, now: datetime) -> Iterator[Metric]:
    days = GaugeMetricFamily(
        "cx_approval_days_left", "Days until OMB's approval ends.", labels=("approval",)
    )
    used = GaugeMetricFamily(
        "cx_approval_used_ratio", "The part of the approved answers given.", labels=("approval",)
    )
    services = (service for service in known.services.values() if not service.closed)
    approvals = {service.clearance.slug: service.clearance for service in services}
    for slug, approval in sorted(approvals.items()):
        days.add_metric((slug,), (approval.expires - known.today(now)).days)
        used.add_metric((slug,), approval.used / approval.approved_responses)
    yield days
    yield used


def _kiosks(devices: Iterable[Device], now: datetime) -> Iterator[Metric]:
    ours = [device for device in devices if device.withdrawn is None]
    silent = sum(1 for device in ours if device.seen is None or now - device.seen > _SILENT)
    yield GaugeMetricFamily("cx_kiosks", "Paired kiosks.", value=len(ours))
    yield GaugeMetricFamily("cx_kiosks_silent", "Kiosks not heard of for 24 hours.", value=silent)
    waiting = sum(device.waiting for device in ours)
    yield GaugeMetricFamily(
        "cx_kiosk_answers_waiting", "Answers that wait on kiosks.", value=waiting
    )

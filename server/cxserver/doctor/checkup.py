"""The whole examination, from the outside inward; what cannot be reached stops it early."""

from datetime import datetime

from sqlalchemy import Connection

from cxserver import db
from cxserver.catalog import directory, kiosks, linkkeys, placements
from cxserver.doctor import alarm, connections, devices, endings, installation, work
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Every finding about one installation at `now` (aware). It changes nothing."""
    findings = [installation.address(settings), installation.root_key(settings)]
    findings += installation.sign_in(settings)
    missing = installation.database_file(settings)
    if missing:
        return [*findings, missing]
    engine = db.open_engine(settings)
    try:
        reached = installation.database(engine)
        findings += reached
        # The rest is in the tables: those of another version cannot be read.
        if any(finding.state == "problem" for finding in reached):
            return findings
        with db.read(engine) as connection:
            return [*findings, *_contents(connection, settings, now)]
    finally:
        engine.dispose()


def _contents(connection: Connection, settings: Settings, now: datetime) -> list[Finding]:
    known = directory.load(connection)
    today = known.today(now)
    return [
        installation.clock(connection, now),
        connections.connections(connection, settings),
        *endings.clearances(known, today),
        *endings.places(known, placements.known(connection, today), today),
        *devices.devices(known, kiosks.known(connection, today), now),
        *alarm.alerts(connection, known, settings),
        *endings.keys(known, linkkeys.records(connection), today),
        *work.jobs(connection, settings, now),
    ]

"""The whole examination, from the outside inward; what cannot be reached stops it early."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cxserver import db
from cxserver.catalog import directory, kiosks, linkkeys, placements
from cxserver.doctor import (
    alarm,
    connections,
    devices,
    endings,
    installation,
    refusals,
    sign_in,
    surroundings,
    work,
)
from cxserver.doctor.finding import Finding
from cxserver.intake import refused_links
from cxserver.settings import Settings
from cxserver.timekeeping import evidence


def examine(
    settings: Settings,
    now: datetime,
    database_clock: Callable[[Connection], datetime] = evidence.database_time,
) -> list[Finding]:
    """Every finding about one installation at `now` (aware). It changes nothing."""
    findings = [installation.address(settings)]
    findings += surroundings.public_address(settings, now)
    findings += [installation.root_key(settings), surroundings.disk(settings)]
    findings += sign_in.sign_in(settings)
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
            findings += _contents(connection, settings, now, database_clock)
        return [*findings, surroundings.backup(settings, now), *surroundings.mail_server(settings)]
    finally:
        engine.dispose()


def _contents(
    connection: Connection,
    settings: Settings,
    now: datetime,
    database_clock: Callable[[Connection], datetime],
) -> list[Finding]:
    known = directory.load(connection)
    today = known.today(now)
    keys = linkkeys.records(connection)
    return [
        installation.root_key_match(connection, settings),
        installation.clock(connection, now, database_clock),
        connections.connections(connection, settings),
        *endings.placeholders(known),
        *endings.clearances(known, today),
        *endings.places(known, placements.known(connection, today), today),
        *devices.devices(known, kiosks.known(connection, today), now),
        *alarm.alerts(connection, known, settings, today),
        *refusals.links(known, refused_links.read(connection, today - timedelta(refusals.DAYS))),
        *endings.keys(known, keys, today),
        *endings.retiring(known, keys),
        *work.jobs(connection, settings, now),
    ]

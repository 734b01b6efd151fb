"""Is the installation sound: its address, its root key, its database and its clock?"""

import ipaddress
import stat
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from cxserver import db, tables
from cxserver.catalog import fingerprints, rootkey
from cxserver.doctor.finding import Finding, State
from cxserver.errors import DatabaseDamaged, DatabaseNewer, DatabaseUnfit
from cxserver.settings import Settings
from cxserver.timekeeping import evidence
from cxserver.timekeeping.evidence import Evidence
from cxserver.timekeeping.timekeeper import DRIFT

_ADDRESS, _KEY, _KEY_MATCH, _DATABASE, _TABLES, _DURABLE, _CLOCK = (
    "public address",
    "root key",
    "fingerprint",
    "database",
    "tables",
    "durability",
    "clock",
)


def address(settings: Settings) -> Finding:
    """Whether answers travel encrypted to CX_BASE_URL."""
    parts = urlsplit(settings.base_url)
    if parts.username or parts.fragment:
        cure = "Set CX_BASE_URL to a plain address: https://cx.agency.gov"
        return Finding(_ADDRESS, "problem", f"{settings.base_url} has more than that", cure)
    if parts.scheme == "https":
        return Finding(_ADDRESS, "ok", settings.base_url)
    if is_loopback(parts.hostname or ""):
        text = f"{settings.base_url}: links open on this machine only, which is fine for a trial"
        return Finding(_ADDRESS, "ok", text)
    return Finding(
        _ADDRESS,
        "problem",
        f"{settings.base_url}: answers would not be encrypted",
        "Put a web server with https in front, and set CX_BASE_URL to https://…",
    )


def is_loopback(host: str) -> bool:
    """Whether a host name leads nowhere but to the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def root_key(settings: Settings) -> Finding:
    """Whether the root key can be read, and by its owner alone."""
    path = settings.root_key_path
    try:
        rootkey.read(path)
    except DatabaseUnfit as error:
        cure = "Restore it from your copy. Every server needs the same file, and no new key opens "
        return Finding(_KEY, "problem", str(error), f"{cure}a link made with the old one.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        text = f"{path} can be opened by other users (mode {mode:04o})"
        return Finding(_KEY, "problem", text, f"chmod 600 {path}")
    return Finding(_KEY, "ok", f"{path}, readable by its owner only")


def root_key_match(connection: Connection, settings: Settings) -> Finding:
    """Whether the root key is the one this database was used with."""
    try:
        roots = fingerprints.read(connection, settings.root_key_path)
    except DatabaseUnfit as error:
        return Finding(_KEY_MATCH, "problem", str(error), "`cx serve` does not start like this.")
    return Finding(
        _KEY_MATCH, "ok", f"this is the root key of this database: {', '.join(roots.fingerprints)}"
    )


def database_file(settings: Settings) -> Finding | None:
    """What is wrong when there is no SQLite file at all. Opening it would make an empty one."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or Path(url.database or "").is_file():
        return None
    return Finding(_DATABASE, "problem", f"There is no file {url.database}", "Run `cx migrate`.")


def database(engine: Engine) -> list[Finding]:
    """Whether the database answers, has this software's tables, and keeps what it confirms."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        db.table_version(engine)
        reached = Finding(_DATABASE, "ok", where)
        return [reached, _tables(engine), _durability(engine)]
    except DatabaseDamaged as error:
        return [Finding(_DATABASE, "problem", str(error), "cx restore")]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        cure = "Start the database, or correct CX_DATABASE_URL."
        return [Finding(_DATABASE, "problem", f"{where} does not answer: {reason}", cure)]


def clock(
    connection: Connection, now: datetime, database_clock: Callable[[Connection], datetime]
) -> Finding:
    """Whether this machine's clock agrees with what was written here, and with PostgreSQL's."""
    text = f"{now:%Y-%m-%d %H:%M} UTC"
    known = evidence.read(connection)
    if connection.dialect.name == "postgresql":
        drift = now - database_clock(connection)
        if abs(drift) > DRIFT:
            return _drifting(text, drift)
    elif known.doubted_since or known.is_ahead(now):
        return _doubted(text, known, now)
    newest = _newest_day(connection)
    # A day of grace: these are the agency's dates, and east of Greenwich they are ahead of UTC.
    if newest and newest > now.date() + timedelta(days=1):
        return _behind(f"{text}, but this database has entries of {newest}")
    if known.at and known.at > now + DRIFT:
        return _behind(f"{text}, but the server noted {known.at:%Y-%m-%d %H:%M} UTC before")
    return Finding(_CLOCK, "ok", text)


def _behind(text: str) -> Finding:
    cure = "Set the clock. Until then new links are refused as too old."
    return Finding(_CLOCK, "problem", text, cure)


def _drifting(text: str, drift: timedelta) -> Finding:
    minutes = round(abs(drift) / timedelta(minutes=1))
    side = "ahead of" if drift > timedelta() else "behind"
    text = f"{text}: {minutes:,} minutes {side} the database's clock, which the server goes by"
    return Finding(_CLOCK, "problem", text, "Set the clock of this machine or of the database.")


def _doubted(text: str, known: Evidence, now: datetime) -> Finding:
    proven = f"{known.at:%Y-%m-%d %H:%M} UTC" if known.at else "nothing"
    text = f"{text}, but the newest time that is proven is {proven}"
    if not known.doubted_since:
        # The server has not run since. It will find out by the first link that somebody opens.
        cure = "If this clock is right and the server was off: nothing. Otherwise set the clock."
        return Finding(_CLOCK, "warning", text, cure)
    hours = round(known.paused(now) / timedelta(hours=1))
    text = f"{text}. Nothing is deleted and no day is closed, for {hours:,} hours now"
    state: State = "problem" if known.paused(now) >= evidence.LONG else "warning"
    cure = "If the clock is wrong, set it. If it is right: cx jobs confirm-clock"
    return Finding(_CLOCK, state, text, cure)


def _tables(engine: Engine) -> Finding:
    try:
        db.check_migrated(engine)
    except DatabaseNewer as error:
        return Finding(_TABLES, "problem", str(error), "Install a newer release.")
    except DatabaseUnfit as error:
        return Finding(_TABLES, "problem", str(error), "cx migrate")
    return Finding(_TABLES, "ok", "up to date")


def _durability(engine: Engine) -> Finding:
    try:
        result = db.check_durable(engine)
    except DatabaseUnfit as error:
        cure = "Set them back to their defaults in the database's configuration."
        return Finding(_DURABLE, "problem", str(error), cure)
    listing = ", ".join(f"{name}={value}" for name, value in result.items())
    if result.get("journal_mode") == "delete":
        return Finding(
            _DURABLE,
            "warning",
            f"{listing}. This SQLite can lose data in its faster journal (WAL), so we use "
            "the slower one. Answers are safe.",
            "Install the package pysqlite3, which carries a newer SQLite.",
        )
    return Finding(_DURABLE, "ok", listing)


def _newest_day(connection: Connection) -> date | None:
    columns = (
        tables.surveys.c.first_used,
        tables.link_keys.c.issued,
        tables.placements.c.noted,
    )
    days = [connection.execute(select(func.max(column))).scalar() for column in columns]
    return max((day for day in days if day), default=None)

"""Is the installation sound: its address, its root key, its database and its clock?"""

import ipaddress
import stat
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from cxserver import db, oidc_client, tables
from cxserver.catalog import rootkey
from cxserver.doctor.finding import Finding
from cxserver.errors import DatabaseUnfit, ServerError
from cxserver.settings import Settings

_ADDRESS, _KEY, _DATABASE, _TABLES, _DURABLE, _CLOCK, _SIGN_IN = (
    "public address",
    "root key",
    "database",
    "tables",
    "durability",
    "clock",
    "staff sign-in",
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
        cure = "If you made links with it before, restore it from your backup. A new key "
        return Finding(_KEY, "problem", str(error), f"{cure}opens none of them.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        text = f"{path} can be opened by other users (mode {mode:04o})"
        return Finding(_KEY, "problem", text, f"chmod 600 {path}")
    return Finding(_KEY, "ok", f"{path}, readable by its owner only")


def sign_in(settings: Settings) -> list[Finding]:
    """Whether sign-in at the identity provider is set up whole; nothing where there is none."""
    if not settings.oidc_issuer:
        return []
    try:
        oidc_client.check(settings)
    except ServerError as error:
        return [Finding(_SIGN_IN, "problem", str(error), "`cx serve` does not start like this.")]
    key = settings.oidc_private_key_file
    mode = stat.S_IMODE(key.stat().st_mode) if key else 0
    if mode & 0o077:
        text = f"{key} can be opened by other users (mode {mode:04o})"
        return [Finding(_SIGN_IN, "problem", text, f"chmod 600 {key}")]
    return [Finding(_SIGN_IN, "ok", f"at {settings.oidc_issuer}")]


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
        with db.read(engine):
            pass
        reached = Finding(_DATABASE, "ok", where)
        return [reached, _tables(engine), _durability(engine)]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        cure = "Start the database, or correct CX_DATABASE_URL."
        return [Finding(_DATABASE, "problem", f"{where} does not answer: {reason}", cure)]


def clock(connection: Connection, now: datetime) -> Finding:
    """Whether the clock is behind what was written here. That it is ahead cannot be seen."""
    newest = _newest_day(connection)
    text = f"{now:%Y-%m-%d %H:%M} UTC"
    # A day of grace: these are the agency's dates, and east of Greenwich they are ahead of UTC.
    if newest is None or newest <= now.date() + timedelta(days=1):
        return Finding(_CLOCK, "ok", text)
    text = f"{text}, but this database has entries of {newest}"
    return Finding(
        _CLOCK, "problem", text, "Set the clock. Until then new links are refused as too old."
    )


def _tables(engine: Engine) -> Finding:
    try:
        db.check_migrated(engine)
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

"""What `cx serve` says when it starts: all that somebody needs to find their way, in one block."""

from pathlib import Path

from sqlalchemy import make_url

from cxsdk import __version__
from cxserver.cli.console import version
from cxserver.log import logger
from cxserver.settings import Settings


def text(settings: Settings, host: str, port: int, workers: int) -> str:
    """The block for a person to read. No password is in it."""
    rows = {
        "Public address": settings.base_url,
        "Listens on": f"http://{_bracketed(host)}:{port}" + _processes(workers),
        "Database": _database(settings),
        "Data folder": str(settings.data_dir.absolute()),
        "Staff sign-in": f"{settings.base_url}/staff/ ({_way_in(settings)})",
    }
    lines = [f"  {name:<15} {value}" for name, value in rows.items()]
    return "\n".join([f"{version()} is serving.", *lines, "  To stop it: Ctrl-C"])


def note(settings: Settings, host: str, port: int, workers: int) -> None:
    """The same as one line of the log."""
    logger.info(
        "serving",
        version=__version__,
        base_url=settings.base_url,
        host=host,
        port=port,
        workers=workers,
        database=_database(settings),
        data_dir=str(settings.data_dir.absolute()),
    )


def _database(settings: Settings) -> str:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return f"SQLite, {Path(url.database or '').absolute()}"
    return f"PostgreSQL, {url.render_as_string(hide_password=True)}"


def _way_in(settings: Settings) -> str:
    if settings.oidc_issuer:
        return f"through {settings.oidc_issuer}"
    return "by a link from: cx staff invite EMAIL --role administrator"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _processes(workers: int) -> str:
    return f" with {workers} processes" if workers > 1 else ""

"""A PostgreSQL database as a dump of pg_dump's, and a file with what it must not dump whole.

Both are of one snapshot, so they fit together. Whatever the address of the database says goes to
the programs in their environment: a command line can be read by everybody on the machine.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import pq
from sqlalchemy import Connection, Engine, func, inspect, select, text

from cxserver import db, tables
from cxserver.backups import left_out
from cxserver.backups.manifest import Progress
from cxserver.catalog import fingerprints
from cxserver.errors import BackupUnfit

NAME = "cx.dump"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# Milliseconds that pg_dump waits for somebody who changes a table.
_LOCKS = 60_000


def dump(engine: Engine, folder: Path) -> tuple[dict[str, int], str, tuple[str, ...]]:
    """Write the database as it is now into `folder`.

    Gives rows by table, the version of the tables and the fingerprints of the root key, of that
    same moment. Raises BackupUnfit.
    """
    with db.read(engine) as connection:
        program = _program("pg_dump", connection)
        snapshot = connection.scalar(select(func.pg_export_snapshot()))
        without = (*left_out.TABLES, *left_out.COLUMNS)
        _run(
            engine,
            [program, "--format=custom", "--no-owner", "--no-privileges", "--no-password"],
            [f"--exclude-table-data={table.name}" for table in without],
            [f"--snapshot={snapshot}", f"--lock-wait-timeout={_LOCKS}"],
            [f"--file={folder / NAME}"],
        )
        (folder / NAME).chmod(0o600)
        for table in left_out.COLUMNS:
            _copy_out(connection, table, folder / f"{table.name}.copy")
        return _facts(connection)


def check_program(connection: Connection) -> None:
    """Raise BackupUnfit unless pg_restore is here and as new as the server."""
    _program("pg_restore", connection)


def load(engine: Engine, folder: Path, progress: Progress) -> None:
    """Restore a dump into an empty database. Raises BackupUnfit."""
    with db.read(engine) as connection:
        program = _program("pg_restore", connection)
    # All of it or nothing.
    steps = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    database = str(engine.url.database)
    _run(engine, [program, *steps, "--no-password", f"--dbname={database}", str(folder / NAME)])
    with db.write(engine) as connection:
        for table in left_out.COLUMNS:
            _copy_in(connection, table, folder / f"{table.name}.copy", progress)


def _facts(connection: Connection) -> tuple[dict[str, int], str, tuple[str, ...]]:
    # Of an older release some tables are not there yet.
    there = set(inspect(connection).get_table_names())
    counts = {
        name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in sorted(tables.metadata.tables.items())
        if name in there
    }
    counts |= {table.name: 0 for table in left_out.TABLES}
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    root_keys = fingerprints.recorded(connection) if "root_keys" in there else ()
    return counts, str(version), root_keys


def _copy_out(connection: Connection, table: Any, file: Path) -> None:
    names = ", ".join(left_out.stored_columns(table))
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    query = f"COPY (SELECT {names} FROM {table.name}) TO STDOUT"  # noqa: S608  # names of ours
    with os.fdopen(handle, "wb") as to, _cursor(connection).copy(query) as rows:
        for block in rows:
            to.write(block)


def _copy_in(connection: Connection, table: Any, file: Path, progress: Progress) -> None:
    names = ", ".join(left_out.stored_columns(table))
    query = f"COPY {table.name} ({names}) FROM STDIN"
    with file.open("rb") as blocks, _cursor(connection).copy(query) as rows:
        while block := blocks.read(1 << 20):
            rows.write(block)
            progress(len(block))


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _program(name: str, connection: Connection) -> str:
    """The path of a program that is as new as the server. Raises BackupUnfit."""
    server = int(str(connection.execute(text("SHOW server_version_num")).scalar_one())) // 10_000
    path = shutil.which(name)
    if path is None:
        raise BackupUnfit(
            f"{name} is not installed on this machine. Install PostgreSQL's client programs of "
            f"version {server} or newer (Debian: apt-get install postgresql-client-{server})."
        )
    said = _output([path, "--version"], os.environ).stdout
    version = _VERSION.search(said)
    if version is None or int(version[1]) < server:
        raise BackupUnfit(
            f"{path} is older than the server ({version[1] if version else '?'}, {server}). Put "
            f"{name} of version {server} or newer first in PATH."
        )
    return path


def _run(engine: Engine, *words: list[str]) -> None:
    line = [word for part in words for word in part]
    done = _output(line, os.environ | _environment(engine))
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackupUnfit(f"{Path(line[0]).name} failed: {reason[-1]}")


def _output(line: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # no shell, and nothing that a stranger sent
        line, env=environment, capture_output=True, text=True
    )


def _environment(engine: Engine) -> dict[str, str]:
    """Where the database is, and how to get in, in the variables of libpq."""
    _, named = engine.dialect.create_connect_args(engine.url)
    return {
        option.envvar.decode(): str(named[option.keyword.decode()])
        for option in pq.Conninfo.get_defaults()
        if option.envvar and option.keyword.decode() in named
    }

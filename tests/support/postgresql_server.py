"""A PostgreSQL server of our own for the tests: started in a private folder, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.support import programs, temporary_folder

_PATIENCE = 120.0


@dataclass(frozen=True)
class Cluster:
    """A running server, reached through the socket in its folder by no one else."""

    folder: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy address of `database`."""
        return f"postgresql+psycopg://cx@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """A new database, copied from `template`; its name."""
        name = f"cx_{uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def leave(self, name: str) -> None:
        """End every connection to a database."""
        with self._open() as to:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            to.execute(query, [name])

    def connected(self, name: str) -> int:
        """How many connections to a database are open."""
        with self._open() as to:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            [(n,)] = to.execute(query, [name])
            return int(n)

    def set(self, name: str, setting: str, value: str) -> None:
        """Give `setting` another value for every later connection to a database."""
        self._run(f"ALTER DATABASE {{}} SET {setting} TO {value}", name)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop every process of the server where it stands (SIGSTOP), and let them go on after."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        # It first: it would begin new ones while the others are stopped.
        os.kill(postmaster, signal.SIGSTOP)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        everybody = [postmaster, *map(int, children)]
        for process in everybody:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in everybody:
                os.kill(process, signal.SIGCONT)

    def _run(self, statement: Any, *names: str) -> None:
        with self._open() as to:
            to.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _open(self) -> psycopg.Connection[Any]:
        where = f"host={self.folder} user=cx dbname=postgres"
        return psycopg.connect(where, autocommit=True)


# What a database looks like apart from its rows; the migrations it has seen are part of that.
_SHAPE = """
    SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
        SELECT concat(relname, relkind) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT concat(attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL
        SELECT concat(conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT concat(tgname, tgenabled) FROM pg_trigger
        UNION ALL
        SELECT concat(proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT setconfig::text FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL
        SELECT version_num FROM alembic_version
    ) AS shape (line)
"""
_EMPTY = """
    DO $$
    DECLARE
        held regclass;
        anything boolean;
        names text := '';
    BEGIN
        FOR held IN
            SELECT oid FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname <> 'alembic_version'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', held) INTO anything;
            IF anything THEN
                names := names || ', ' || held;
            END IF;
        END LOOP;
        IF names <> '' THEN
            EXECUTE 'TRUNCATE ' || substr(names, 3);
        END IF;
    END $$
"""


class Pool:
    """Databases made after one template, lent again and again: emptying one takes milliseconds,
    making one a tenth of a second, and a thousand tests want one.
    """

    def __init__(self, server: Cluster, template: str) -> None:
        self.server = server
        self._template = template
        self._shape = self._emptied(template)
        self._clean: list[str] = []

    def take(self) -> str:
        """A database as the template is; its name."""
        return self._clean.pop() if self._clean else self.server.create(self._template)

    def give_back(self, name: str) -> None:
        """Empty it for the next, or drop it if its shape is no longer that of the template."""
        self.server.leave(name)
        try:
            whole = self._emptied(name) == self._shape
        except psycopg.Error:
            whole = False
        if whole:
            self._clean.append(name)
        else:
            self.server.drop(name)

    def _emptied(self, name: str) -> str:
        """Empty the database; its shape."""
        # `replica` keeps the triggers asleep that let nobody empty the audit log.
        options = "-c session_replication_role=replica -c lock_timeout=5s"
        where = f"host={self.server.folder} user=cx dbname={name}"
        with psycopg.connect(where, options=options, autocommit=True) as to:
            to.execute(_EMPTY)
            return str(to.execute(_SHAPE).fetchall())


@contextmanager
def running() -> Iterator[Cluster]:
    """A fresh server of the installed PostgreSQL, with its settings as they come: fsync is on."""
    binaries = programs.postgresql()
    if binaries is None:
        raise RuntimeError("PostgreSQL is not installed. `make test` installs it.")
    # A socket's path is at most 107 characters, and the server's user must reach it.
    folder = Path(tempfile.mkdtemp(prefix="cx-postgresql-", dir=temporary_folder.folder()))
    try:
        user = server_user(folder)
        initialise(binaries, folder, user)
        with _server(binaries, folder, user):
            yield Cluster(folder)
    finally:
        shutil.rmtree(folder)


def server_user(folder: Path) -> dict[str, Any]:
    """Who runs the server, as arguments of `subprocess`: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def initialise(binaries: Path, folder: Path, user: dict[str, Any]) -> None:
    """Make an empty cluster in `folder`/data. Raises RuntimeError."""
    # Anyone who reaches the socket is trusted, and only the folder's owner (and root) does.
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username", "cx"]
    options = ["--no-sync", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, cwd="/", **user)
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stderr}")


@contextmanager
def _server(binaries: Path, folder: Path, user: dict[str, Any]) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command_line(binaries, folder), stderr=log, cwd="/", **user)
        try:
            wait_until_ready(process, folder)
            yield
        finally:
            process.terminate()  # "smart": waits for nobody, the databases are dropped by now
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def command_line(binaries: Path, folder: Path) -> Sequence[str | Path]:
    """What starts the server of `folder`/data, with its socket in `folder`."""
    # Should the tests be killed, the server goes down with them instead of staying behind.
    with_us = ["setpriv", "--pdeathsig", "INT", "--"] if shutil.which("setpriv") else []
    return [
        *with_us,
        *(binaries / "postgres", "-D", folder / "data", "-k", folder),
        *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
    ]


def wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Return once it takes connections. Raises RuntimeError."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg.connect(f"host={folder} user=cx dbname=postgres").close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"PostgreSQL does not start: {log}") from error
            time.sleep(0.05)

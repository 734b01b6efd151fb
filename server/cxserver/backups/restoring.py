"""Restoring a backup into an empty place: checked before anything is written, recounted after."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, make_url, select

from cxserver import db, tables
from cxserver.audit import adoption
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures, manifest, replay, sqlite_file
from cxserver.backups.erasures import Entry
from cxserver.backups.manifest import Manifest, Progress
from cxserver.backups.replay import Replayed
from cxserver.catalog import directory, fingerprints, linkkeys, rootkey
from cxserver.catalog.linkkeys import KeyRecord
from cxserver.comments import redaction
from cxserver.errors import BackupUnfit, RootKeyMissing
from cxserver.intake import recount
from cxserver.settings import Settings

# Says what is being done now, in a word or two.
Step = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it: the backup, what was erased again, from which lists, and the link keys that
    were revoked to close every link of before.
    """

    manifest: Manifest
    replayed: Replayed
    lists: tuple[Path, ...]
    closed: tuple[KeyRecord, ...] = ()


def check(settings: Settings, folder: Path, progress: Progress) -> Manifest:
    """The manifest of a backup that can be restored where `settings` say. Nothing is written.

    Raises BackupUnfit, DatabaseNewer, RootKeyMissing, RootKeyMismatch.
    """
    wanted = manifest.read(folder)
    db.check_not_newer(wanted.tables, f"the backup {folder}")
    _check_engine(settings, wanted)
    fingerprints.matched(_root_keys(settings, wanted), wanted.root_keys, settings.root_key_path)
    _check_empty(settings)
    manifest.check_whole(folder, wanted, progress)
    return wanted


def lists(settings: Settings, folder: Path, more: Iterable[Path]) -> tuple[Path, ...]:
    """The lists of what was erased: beside this backup, where they are written, and `more`."""
    usual = (folder.absolute().parent, settings.backups.absolute())
    places = dict.fromkeys(place / erasures.NAME for place in usual)
    return (*(path for path in places if path.is_file()), *more)


def restore(
    settings: Settings,
    folder: Path,
    wanted: Manifest,
    named: tuple[Path, ...],
    now: datetime,
    step: Step,
    *,
    close_links: bool = False,
) -> Restored:
    """Restore a backup that was checked, and erase again what the lists `named` have.

    With `close_links` no link that was made before `now` opens again.
    Raises BackupUnfit, OSError. On SQLite nothing is there then; on PostgreSQL, an unfinished
    database.
    """
    entries = _entries(named)
    with _place(settings, folder, step) as engine:
        _check_counts(engine, wanted)
        step("Updating the tables")
        roots = adoption.migrate(engine, settings.root_key_path, now).roots
        _recount(engine, step)
        step("Erasing again")
        with db.write(engine) as connection:
            replayed = replay.run(connection, roots, entries, wanted.taken, now)
            closed = _close_links(connection, Journal(roots), now) if close_links else ()
            about = f"backup of {wanted.taken:%Y-%m-%d %H:%M} UTC"
            result = f"{wanted.answers} answers"
            Journal(roots).write(connection, COMMAND, "restore a backup", about, result, now)
        if replayed.done:
            _recount(engine, step)
        db.forget_rows(engine, redaction.TABLES)
    return Restored(wanted, replayed, named, closed)


def _entries(named: Iterable[Path]) -> list[Entry]:
    """The lines of all lists, each once, in the order of their lists."""
    lines = {entry.key: entry for path in named for entry in erasures.read(path)}
    return list(lines.values())


@contextmanager
def _place(settings: Settings, folder: Path, step: Step) -> Iterator[Engine]:
    """The database as it was in the backup, open; in its place when all has been done with it."""
    step("Restoring")
    if make_url(settings.database).get_backend_name() == "sqlite":
        target = _file(settings)
        draft = target.with_name(f"{target.name}.restoring")
        sqlite_file.put(folder / sqlite_file.NAME, draft)
        try:
            with _opened(settings, f"sqlite:///{draft}") as engine:
                yield engine
            sqlite_file.finish(draft, target)
        finally:
            sqlite_file.remove(draft)
        return
    from cxserver.backups import postgresql_dump

    with _opened(settings, settings.database) as engine:
        postgresql_dump.load(engine, folder, lambda more: None)
        yield engine


@contextmanager
def _opened(settings: Settings, url: str) -> Iterator[Engine]:
    engine = db.open_engine(settings.model_copy(update={"database_url": url}))
    try:
        yield engine
    finally:
        engine.dispose()


def _close_links(connection: Connection, journal: Journal, now: datetime) -> tuple[KeyRecord, ...]:
    """Revoke every link key: a link has no other mark of when it was made that we could refuse by
    without keeping one more rule for ever.
    """
    live = tuple(key for key in linkkeys.records(connection) if "" not in key.revoked)
    today = directory.today(connection, now)
    for key in live:
        linkkeys.revoke(connection, key.service, key.kid, today)
        about = f"key {key.kid} of {key.service}"
        journal.write(connection, COMMAND, "revoke link key", about, "after a restore", now)
    return live


def _recount(engine: Engine, step: Step) -> None:
    step("Counting again")
    differences = recount.differences(db.source(engine))
    if differences:
        raise BackupUnfit(
            f"{len(differences):,} totals of this backup do not match its answers. Use another "
            "backup, and report this one as a fault of the software."
        )


def _check_counts(engine: Engine, wanted: Manifest) -> None:
    with db.read(engine) as connection:
        for name, n in wanted.counts.items():
            there = _count(connection, name)
            if there != n:
                raise BackupUnfit(
                    f"Table {name} has {there:,} rows after the restore, and {n:,} by the "
                    "manifest. Use another backup."
                )


def _count(connection: Connection, name: str) -> int:
    # A table of an older version may be gone from this software.
    if name not in tables.metadata.tables:
        return 0
    table = tables.metadata.tables[name]
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _check_engine(settings: Settings, wanted: Manifest) -> None:
    here = make_url(settings.database).get_backend_name()
    if here != wanted.engine:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BackupUnfit(
            f"This is a backup of {names[wanted.engine]}, and CX_DATABASE_URL names "
            f"{names[here]}. Restore it there, then move it: cx copy --to URL"
        )


def _root_keys(settings: Settings, wanted: Manifest) -> rootkey.RootKeys:
    try:
        return rootkey.read(settings.root_key_path)
    except RootKeyMissing as error:
        raise RootKeyMissing(
            f"{error} This backup needs the key with fingerprint {', '.join(wanted.root_keys)}. "
            "No backup holds it: put your copy there, or set CX_ROOT_KEY_FILE to it."
        ) from None


def _check_empty(settings: Settings) -> None:
    """Raise BackupUnfit unless there is nothing that a restore would overwrite."""
    if make_url(settings.database).get_backend_name() == "sqlite":
        target = _file(settings)
        sqlite_file.check_place(target)
        if not target.exists():
            return
    with _opened(settings, settings.database) as engine:
        if inspect(engine).get_table_names():
            where = engine.url.render_as_string(hide_password=True)
            raise BackupUnfit(
                f"{where} is not empty. Nothing was changed. Restore into an empty folder or "
                "database (--data, CX_DATA_DIR or CX_DATABASE_URL); move the old one away."
            )
        if engine.dialect.name == "postgresql":
            from cxserver.backups import postgresql_dump

            with db.read(engine) as connection:
                postgresql_dump.check_program(connection)


def _file(settings: Settings) -> Path:
    return Path(str(make_url(settings.database).database))

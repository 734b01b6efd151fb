"""Taking a backup: a folder of its own, whole or not there."""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from cxserver.backups import left_out, manifest, sqlite_file
from cxserver.backups.manifest import Manifest
from cxserver.backups.sqlite_file import Pages

# A folder of ours; nothing else is ever deleted.
_NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken: where it is, and what is in it."""

    folder: Path
    manifest: Manifest


def take(engine: Engine, parent: Path, now: datetime, pages: Pages) -> Backup:
    """Write a backup of the database, while it is in use, into a new folder below `parent`.

    Raises BackupUnfit, OSError; what was begun is then gone.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder, draft = _begun(parent, f"{now:%Y%m%dT%H%M%SZ}")
    try:
        written = _write(engine, draft, now, pages)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft)
        raise
    _sync(parent)
    return Backup(folder, written)


def newest(parent: Path) -> list[Path]:
    """The backups below `parent`, the newest first."""
    folders = (file.parent for file in parent.glob(f"*/{manifest.NAME}"))
    return sorted((folder for folder in folders if _NAME.match(folder.name)), reverse=True)


def prune(parent: Path, keep: int) -> list[Path]:
    """Delete all but the `keep` newest backups below `parent`; which were deleted."""
    gone = newest(parent)[keep:]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def _begun(parent: Path, name: str) -> tuple[Path, Path]:
    """A name that is free, and the folder in which that backup is written until it is whole."""
    folder, n = parent / name, 1
    while True:
        draft = parent / f".{folder.name}.partial"
        if not folder.exists():
            with suppress(FileExistsError):
                draft.mkdir(mode=0o700)
                return folder, draft
        n += 1
        folder = parent / f"{name}-{n}"


def _write(engine: Engine, draft: Path, now: datetime, pages: Pages) -> Manifest:
    if engine.dialect.name == "sqlite":
        file = draft / sqlite_file.NAME
        sqlite_file.copy(engine, file, pages)
        facts = sqlite_file.facts(engine, file)
    else:
        # Its driver is loaded where there is a PostgreSQL.
        from cxserver.backups import postgresql_dump

        facts = postgresql_dump.dump(engine, draft)
    counts, version, root_keys = facts
    written = Manifest(
        product=manifest.product(),
        tables=version,
        engine=engine.dialect.name,
        taken=now,
        root_keys=root_keys,
        counts=counts,
        left_out=tuple(left_out.names()),
        files=manifest.describe(draft),
    )
    manifest.write(draft, written)
    _sync(draft)
    return written


def _sync(folder: Path) -> None:
    # A power cut must not take the names of files that are on the disk.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

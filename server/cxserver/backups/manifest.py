"""The manifest of a backup: what it is of, which root key it needs, and how to know it is whole."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cxserver.errors import BackupUnfit

NAME = "manifest.json"
_BLOCK = 1 << 20

# Hears of so many more bytes or rows that are done.
Progress = Callable[[int], object]


class Part(BaseModel):
    """A file of a backup."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What `manifest.json` says. `counts` are rows by table, `root_keys` fingerprints by epoch."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    product: str
    tables: str
    engine: Literal["sqlite", "postgresql"]
    taken: datetime
    root_keys: tuple[str, ...]
    counts: Mapping[str, int]
    left_out: tuple[str, ...]
    files: Mapping[str, Part]

    @property
    def answers(self) -> int:
        """How many responses are in it."""
        return self.counts["responses"]


def product() -> str:
    """This software, as a manifest names it."""
    return f"cxsdk {metadata.version('cxsdk')}"


def read(folder: Path) -> Manifest:
    """The manifest of the backup in `folder`. Raises BackupUnfit."""
    file = folder / NAME
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise BackupUnfit(f"{folder} is not a backup: it has no {NAME}.{_others(folder)}") from None
    except OSError as error:
        raise BackupUnfit(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise BackupUnfit(
            f"{file} is not a manifest that this software ({product()}) can read: {where}: "
            f"{fault['msg']}. Use another backup, or the release that made this one."
        ) from None


def write(folder: Path, manifest: Manifest) -> None:
    """Put the manifest beside the files that it describes, for its owner alone."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
    handle = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)


def describe(folder: Path) -> dict[str, Part]:
    """The files in `folder`, each with its digest; they are on the disk when this returns."""
    return {file.name: _part(file) for file in sorted(folder.iterdir())}


def check_whole(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Raise BackupUnfit unless every file is there as it was written."""
    for name, part in manifest.files.items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else -1
        if size < 0:
            raise BackupUnfit(f"{file} is missing. Use another backup.")
        if size != part.bytes:
            raise BackupUnfit(
                f"{file} has {size:,} of {part.bytes:,} bytes: it is cut off or was changed. "
                "Copy it again, or use another backup."
            )
        if _digest(file, progress) != part.sha256:
            raise BackupUnfit(
                f"{file} is not the file that was written: its SHA-256 differs from {NAME}. "
                "Copy it again, or use another backup."
            )


def _part(file: Path) -> Part:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return Part(sha256=_digest(file, lambda more: None), bytes=file.stat().st_size)


def _digest(file: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as blocks:
        while block := blocks.read(_BLOCK):
            digest.update(block)
            progress(len(block))
    return digest.hexdigest()


def _others(folder: Path) -> str:
    """Where somebody named the folder around the backups."""
    names = sorted(file.parent.name for file in folder.glob(f"[0-9]*/{NAME}"))
    return f" The newest backup in it is {folder / names[-1]}." if names else ""

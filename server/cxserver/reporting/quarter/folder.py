"""A folder that appears under its name only when everything in it is there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxserver.errors import ServerError

# What our own folders hold: only such a one is ever replaced.
MARK = "manifest.json"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """An empty folder to fill; it becomes `path` at the end, in the place of an earlier one of
    ours. Raises ServerError when something else lies there.
    """
    target = path.absolute()
    _check_free(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        draft.mkdir(parents=True)
        yield draft
        if target.exists():
            target.rename(old)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def _check_free(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ServerError(f"{target} is a file; name a folder.")
    if any(target.iterdir()) and not (target / MARK).is_file():
        raise ServerError(
            f"{target} holds other things. Name a new folder: this one would be replaced whole."
        )

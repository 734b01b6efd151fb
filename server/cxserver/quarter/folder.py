"""A folder that appears under its name only when everything in it is there."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cxserver.errors import ServerError

# What our own folders hold: only such a one is ever replaced.
MARK = "manifest.json"

# Somebody else may put a folder there between our two steps, and again, but not for ever.
_TRIES = 20
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
_CURES = {
    errno.ENOSPC: "Make room on that disk, or name a folder on another",
    errno.EDQUOT: "Make room on that disk, or name a folder on another",
    errno.EACCES: "Name a folder where you may write",
    errno.EPERM: "Name a folder where you may write",
    errno.EROFS: "Name a folder where you may write",
}


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """An empty folder to fill; it becomes `path` at the end, in the place of an earlier one of
    ours. Raises ServerError when something else lies there, or it cannot be written.
    """
    target = path.absolute()
    _check_free(target)
    draft, old = _aside(target, "part"), _aside(target, "old")
    try:
        _sweep(target)
        draft.mkdir(parents=True)
        yield draft
        _put(draft, target, old)
    except OSError as error:
        why = error.strerror or str(error)
        cure = _CURES.get(error.errno or 0, "Name another folder")
        raise ServerError(
            f"{target} could not be written: {why}. Nothing of it was kept. {cure}."
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        _restore(old, target)


def _check_free(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ServerError(f"{target} is a file; name a folder.")
    if any(target.iterdir()) and not (target / MARK).is_file():
        raise ServerError(
            f"{target} has other files in it. Name a new folder, because this one would "
            f"be replaced."
        )


def _aside(target: Path, end: str) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{end}")


def _put(draft: Path, target: Path, old: Path) -> None:
    """Two commands may write the same folder at once: each is whole, and the later one stays."""
    for left in reversed(range(_TRIES)):
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            target.rename(old)
        try:
            draft.rename(target)
        except OSError as error:
            if error.errno not in _TAKEN or not left:
                raise
        else:
            return


def _restore(old: Path, target: Path) -> None:
    """What was moved aside comes back, unless something stands in its place."""
    with suppress(OSError):
        if old.exists() and not target.exists():
            old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Clear away what a command that was killed left here: comments may be in it."""
    beginning = f".{target.name}."
    for left in list(target.parent.iterdir()) if target.parent.is_dir() else []:
        pid, _, end = left.name.removeprefix(beginning).partition(".")
        if not left.name.startswith(beginning) or not pid.isdecimal() or _alive(int(pid)):
            continue
        if end == "part":
            shutil.rmtree(left, ignore_errors=True)
        elif end == "old":
            _restore(left, target)


def _alive(pid: int) -> bool:
    if pid == os.getpid():  # a container gives each command the same number
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True

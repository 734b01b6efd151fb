"""Files that appear under their name only when they are complete."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file of bytes; nothing is there unless all of it is. Raises OSError, which names `path`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    check_writable(path)
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise OSError, in the name of `path`, unless a file can be made there."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder. Name a file in it", str(path))
    if not path.parent.is_dir():
        fix = "the folder does not exist. Create it, or choose another"
        raise FileNotFoundError(errno.ENOENT, fix, str(path.parent))
    if not os.access(path.parent, os.W_OK):
        fix = "you may not write in this folder. Choose another"
        raise PermissionError(errno.EACCES, fix, str(path.parent))


@contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    """A file of UTF-8, its line ends left as they are written."""
    with whole(path) as file, as_text(file) as lines:
        yield lines


@contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """Text into a file of bytes, which stays open."""
    lines = TextIOWrapper(file, encoding="utf-8", newline="")
    yield lines
    lines.flush()
    lines.detach()


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A folder for what is laid aside while a file is written. It stands beside the file: there is
    room there, and /tmp may be memory.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        yield Path(folder)

"""Write a page to a file: the format by the file's ending, and the whole file or none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cxserver.errors import ServerError
from cxserver.poster.page import Page

ENDINGS = (".pdf", ".svg", ".png")


def check(path: Path) -> None:
    """Raise ServerError unless the ending names a format we draw, and the folder is there."""
    if path.suffix.lower() not in ENDINGS:
        raise ServerError(f"'{path}' must end in .pdf, .svg or .png: the ending says the format.")
    if path.is_dir():
        raise ServerError(f"'{path}' is a folder.")
    if not path.parent.is_dir():
        raise ServerError(f"There is no folder '{path.parent}'.")


def draw(page: Page, path: Path, made_at: datetime) -> bytes:
    """The page in the format that the file's ending names; see `check`."""
    # Each format loads its own library; none waits for another's.
    match path.suffix.lower():
        case ".svg":
            from cxserver.poster import svg

            return svg.draw(page)
        case ".png":
            from cxserver.poster import png

            return png.draw(page)
    from cxserver.poster import pdf

    return pdf.draw(page, made_at)


@contextmanager
def whole(path: Path, content: bytes) -> Iterator[None]:
    """Put `content` safely beside `path`, and in its place when the block ends well."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

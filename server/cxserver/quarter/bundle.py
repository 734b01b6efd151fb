"""A quarter's folder as one ZIP file, for a browser: the same data give the same bytes."""

import shutil
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO

from cxserver import db
from cxserver.quarter import filing
from cxserver.quarter.filing import Order

# The first moment that a ZIP file can tell: when it was made is nobody's business.
_MADE = (1980, 1, 1, 0, 0, 0)


def name(order: Order) -> str:
    """The name of the folder, and of the file without its end."""
    return f"{order.quarter.name}-{order.form}"


def make(source: db.Source, order: Order, now: datetime) -> IO[bytes]:
    """What `cx quarter write` writes, zipped: a file at its beginning, without a name. It goes
    when it is closed. Raises ServerError when there is nothing to file.
    """
    with tempfile.TemporaryDirectory(prefix="cx-quarter-") as aside:
        folder = Path(aside) / name(order)
        filing.write(source, order, now, folder, lambda rows: None)
        return _zipped(folder)


def _zipped(folder: Path) -> IO[bytes]:
    body = tempfile.TemporaryFile(prefix="cx-quarter-")
    with zipfile.ZipFile(body, "w") as bundle:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(f"{folder.name}/{file.name}", _MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            entry.file_size = file.stat().st_size
            with file.open("rb") as whole, bundle.open(entry, "w") as packed:
                shutil.copyfileobj(whole, packed)
    body.seek(0)
    return body

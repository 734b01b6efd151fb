"""`cx serve` with a defect planted: it says "saved" before the COMMIT, as somebody in a hurry might
write it. What it loses through a fault, a careless server would lose.

Run as a program: `python -m tests.faults.hasty serve --port 8000`.
"""

from contextlib import suppress
from typing import Any

import pytest

from cxserver.__main__ import main
from cxserver.errors import StoreUnavailable
from cxserver.intake import store
from cxserver.intake.store import Outcome
from cxserver.intake.writer import Writer, _deliver


def _write(self: Writer, batch: list[Any]) -> None:
    entries = [entry for entry, _, _ in batch]
    _deliver(batch, [Outcome("stored", entry.receipt, entry.row) for entry in entries])
    with suppress(StoreUnavailable):
        store.write(self._engine, entries)


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "_write", _write)
        main()

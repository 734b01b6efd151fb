"""Answers that wait until all of the file is known to be sound: packed, a thousand at a time.

So a file is read once, and the database is held for the writing alone. They wait in memory, a
tenth of the size of the file that is there already: never on a disk, where they would lie open.
"""

import pickle
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PAGE = 1000

# The number of its survey in this file, and the row but for the version.
Waiting = tuple[int, Mapping[str, Any]]


@dataclass
class Spool:
    """Rows in the order they came in."""

    _full: list[bytes] = field(default_factory=list)
    _page: list[Waiting] = field(default_factory=list)

    def add(self, survey: int, row: Mapping[str, Any]) -> None:
        """One more."""
        self._page.append((survey, row))
        if len(self._page) == PAGE:
            self._full.append(zlib.compress(pickle.dumps(self._page), 1))
            self._page = []

    def pages(self) -> Iterator[list[Waiting]]:
        """All of them, a page at a time."""
        for packed in self._full:
            # Nobody else had these bytes in their hands.
            yield pickle.loads(zlib.decompress(packed))  # noqa: S301  # our own bytes, never a file's
        if self._page:
            yield self._page

"""Lines of a file in the order of their first cells, however many: the most wait on the disk.

A quarter may have more answers than fit into memory. Whenever enough have come together they are
sorted and put aside; in the end all of those are read side by side.
"""

import heapq
import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from cxserver.export import cells

# Characters that are held in memory before they are put aside.
ROOM = 16_000_000


class Lines:
    """Lines of one CSV file. The first cell of each is its own, and needs no quotes."""

    def __init__(self, room: int = ROOM):
        self._room = room
        self._held: list[str] = []
        self._size = 0
        self._aside: list[IO[str]] = []

    def add(self, name: str, rest: Sequence[str]) -> None:
        """Add the line that begins with `name`."""
        line = cells.line((name, *rest))
        self._held.append(line)
        self._size += len(line)
        if self._size > self._room:
            self._put_aside()

    def sorted(self) -> Iterator[str]:
        """Every line, once: what lies aside is gone afterwards."""
        self._held.sort()
        try:
            yield from heapq.merge(self._held, *map(_read, self._aside))
        finally:
            for file in self._aside:
                file.close()

    def _put_aside(self) -> None:
        # It has no name, and goes with the process. The words in it are nobody else's.
        file = tempfile.TemporaryFile("w+", encoding="ascii", prefix="cx-quarter-")
        # As JSON a line of CSV is one line, whatever somebody wrote.
        file.writelines(json.dumps(line) + "\n" for line in sorted(self._held))
        self._aside.append(file)
        self._held, self._size = [], 0


def _read(file: IO[str]) -> Iterator[str]:
    file.seek(0)
    return (json.loads(line) for line in file)

"""Two people at one record: the second is told what the first wrote, and overwrites knowingly."""

from typing import Any

from cxserver.errors import Conflict


def following(last: Any, seen: int | None) -> int:
    """The next version of a record. `last` is its row, None for a new one.

    Raises Conflict where somebody `seen` another version than the last; None has seen nothing
    and overwrites, as a command does.
    """
    version = last.version if last else 0
    if seen not in (None, version):
        by = f"{last.who} changed" if last else "Somebody deleted"
        raise Conflict(f"{by} this since you opened the page.")
    return int(version) + 1

"""Where the tests write: in memory, where the machine has room.

Databases sync each commit. That is on and stays on; but a disk takes milliseconds for it, memory
none, and the tests commit some ten thousand times. A process that is killed loses nothing either
way: only a power cut would tell the two apart.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30  # bytes; containers often have 64 MiB there


def folder() -> Path:
    """A folder that everybody may write to."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and _free() > _ENOUGH:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _free() -> int:
    return shutil.disk_usage(_MEMORY).free

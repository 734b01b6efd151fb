"""Disks of our own that may fail: one whose power can be cut, and one that is soon full.

Both are mounted, which needs root. Where that is not possible, these raise the reason.
"""

import filecmp
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.http_server import PATIENCE


class Disk:
    """An ext4 file system in a file. What was written and not flushed is not in that file yet."""

    def __init__(self, folder: Path, megabytes: int):
        self.folder = folder / "disk"
        self.folder.mkdir()
        self._image = folder / "first.img"
        self._copies = (folder / "second.img", folder / "third.img")
        with self._image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-qF", self._image)
        self._mount()

    def settle(self) -> None:
        """Flush all there is: a power cut can take only what is written after this."""
        _run("sync", "-f", self.folder)

    def photograph(self) -> None:
        """Copy the disk as a power cut would leave it. Whoever writes to it must be stopped.

        Two copies that agree are one moment: the file system itself may still be at work.
        """
        first, second = self._copies
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            for copy in self._copies:
                shutil.copyfile(self._image, copy)
            if filecmp.cmp(first, second, shallow=False):
                return
        raise RuntimeError("The disk does not come to rest.")

    def replace(self) -> None:
        """Put the photographed disk in the place of this one: the power is back."""
        unmount(self.folder)
        self._copies[0].replace(self._image)
        self._mount()

    def forbid_writing(self) -> None:
        """Let the file system turn read-only under whoever writes, as it does on a disk's error."""
        remount(self.folder, "abort")

    def mount_again(self) -> None:
        """Take it off and put it back, writable."""
        unmount(self.folder)
        self._mount()

    def _mount(self) -> None:
        _run("mount", "-o", "loop", self._image, self.folder)


@contextmanager
def breakable(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk whose power can be cut."""
    disk = Disk(folder, megabytes)
    try:
        yield disk
    finally:
        unmount(disk.folder)


@contextmanager
def small(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A folder with so much room and no more, until `resize` gives it more."""
    point = folder / "small"
    point.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", point)
    try:
        yield point
    finally:
        unmount(point)


def remount(point: Path, options: str) -> None:
    """Change how a folder is mounted: `size=64m`, `ro`, `rw`."""
    _run("mount", "-o", f"remount,{options}", point)


def unmount(point: Path) -> None:
    """Take a disk away, as soon as nobody works on it any more."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if subprocess.run(["umount", point], capture_output=True).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{point} is still in use.")


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(
            f"`{' '.join(map(str, command))}` failed: {done.stderr.strip()}. These tests mount "
            "disks of their own: run them as root, on a machine that allows it."
        )

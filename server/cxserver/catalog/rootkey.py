"""The root key file: one line per epoch, newest last. It never enters the database.

Every link key is derived from it, so a stolen database cannot mint a single link.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cxsdk import keys
from cxserver.errors import DatabaseUnfit


@dataclass(frozen=True, slots=True)
class RootKeys:
    """The root secrets by epoch (1, 2, …), 32 bytes each."""

    epochs: tuple[bytes, ...] = field(repr=False)

    @property
    def newest(self) -> int:
        """The epoch that new keys are derived from."""
        return len(self.epochs)

    def service_secret(self, service: str, kid: int, epoch: int) -> bytes:
        """The secret of a service's key."""
        return keys.service_secret(self.epochs[epoch - 1], service, kid)

    def stamp_secret(self, service: str, epoch: int) -> bytes:
        """The secret that signs the `stamp` of a service's pages."""
        return keys.expand(self.epochs[epoch - 1], b"cxstamp/1|" + service.encode())

    def purpose_secret(self, purpose: str) -> bytes:
        """A secret for one purpose of this installation, stable over epochs."""
        return keys.expand(self.epochs[0], b"cxserver/1|" + purpose.encode())


def read(path: Path) -> RootKeys:
    """The keys in `path`. Raises DatabaseUnfit with the cure when they cannot be read."""
    try:
        lines = path.read_text("ascii").split()
        epochs = tuple(bytes.fromhex(line) for line in lines)
    except FileNotFoundError:
        raise DatabaseUnfit(f"There is no root key at {path}. Run `cx migrate`.") from None
    except (OSError, ValueError) as error:
        raise DatabaseUnfit(f"The root key at {path} cannot be read: {error}.") from error
    if not epochs or any(len(epoch) != 32 for epoch in epochs):
        raise DatabaseUnfit(f"The root key at {path} must have 64 hexadecimal digits on each line.")
    return RootKeys(epochs)


def make(path: Path) -> bool:
    """Write a new root key, readable by its owner alone, unless there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(handle)
    return True

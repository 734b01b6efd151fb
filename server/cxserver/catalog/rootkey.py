"""The root key file: one line per epoch, newest last. It never enters the database.

Every link key is derived from it, so a stolen database cannot mint a single link. What the
database does have is a fingerprint of each epoch (`fingerprints.py`), to tell its key from others.
"""

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cxsdk import keys
from cxserver.errors import DatabaseUnfit, RootKeyMissing, ServerError

_SIZE = 32
_CONSTANT = b"cxserver root key"


@dataclass(frozen=True, slots=True)
class RootKeys:
    """The root secrets by epoch (1, 2, …), 32 bytes each."""

    epochs: tuple[bytes, ...] = field(repr=False)

    @property
    def newest(self) -> int:
        """The epoch that new keys are derived from."""
        return len(self.epochs)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """16 hexadecimal digits for each epoch, which tell keys apart and open nothing."""
        return tuple(map(_fingerprint, self.epochs))

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
    """The keys in `path`, whatever database they belong to. Raises RootKeyMissing, DatabaseUnfit.

    Who works with a database reads them with `fingerprints.read`.
    """
    try:
        lines = path.read_text("ascii").split()
        epochs = tuple(bytes.fromhex(line) for line in lines)
    except FileNotFoundError:
        raise RootKeyMissing(f"There is no root key at {path}.") from None
    except (OSError, ValueError) as error:
        raise DatabaseUnfit(f"The root key at {path} cannot be read: {error}.") from error
    if not epochs or any(len(epoch) != _SIZE for epoch in epochs):
        raise DatabaseUnfit(f"The root key at {path} must have 64 hexadecimal digits on each line.")
    if len(set(epochs)) < len(epochs):
        raise DatabaseUnfit(f"The root key at {path} has the same line twice.")
    return RootKeys(epochs)


def make(path: Path) -> bool:
    """Write a new root key, readable by its owner alone, unless there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        _write(path, [secrets.token_bytes(_SIZE)])
    except FileExistsError:
        return False
    return True


def append_epoch(path: Path) -> None:
    """Add a fresh epoch to the file: all of it or nothing. Raises DatabaseUnfit, OSError."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write(draft, [*read(path).epochs, secrets.token_bytes(_SIZE)])
        draft.replace(path)
        _sync_folder(path)
    finally:
        draft.unlink(missing_ok=True)


def export(roots: RootKeys, target: Path) -> None:
    """Write a copy that its owner alone can read. Raises ServerError where a file is already."""
    try:
        _write(target, roots.epochs)
    except FileExistsError:
        raise ServerError(f"There is a file {target} already. Choose another name.") from None


def _write(path: Path, epochs: list[bytes] | tuple[bytes, ...]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{epoch.hex()}\n" for epoch in epochs)
        file.flush()
        os.fsync(handle)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    # A power cut must not take the name of a file whose key has been used since.
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fingerprint(epoch: bytes) -> str:
    secret = keys.expand(epoch, b"cxserver/1|fingerprint")
    return hmac.digest(secret, _CONSTANT, "sha256")[:8].hex()

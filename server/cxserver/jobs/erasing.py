"""List what was erased, so that no restored backup brings it back."""

from cxserver.backups import erasures
from cxserver.errors import ServerError
from cxserver.jobs.errand import Errand


def list_new(errand: Errand) -> str:
    """Add what the list beside the backups lacks; what was done. Raises ServerError."""
    folder = errand.settings.backups
    try:
        n = erasures.follow(errand.engine, folder)
    except OSError as error:
        raise ServerError(f"{folder / erasures.NAME}: {error.strerror}") from None
    return f"{n} listed" if n else "nothing new"

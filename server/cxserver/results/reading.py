"""One look at the data, for a page, a digest or a command."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cxserver.catalog.directory import Directory
from cxserver.results.scopes import Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """All numbers of a page are of one snapshot: `connection` is the one transaction they are read
    in, `directory` what exists, `scope` all that this person may see, `now` when they ask.
    """

    connection: Connection
    directory: Directory
    scope: Scope
    now: datetime

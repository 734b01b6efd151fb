"""What a job is given to do its work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from cxserver.catalog.directory import Directory
from cxserver.settings import Settings


@dataclass(frozen=True, slots=True)
class Errand:
    """One run of one job. It asks `go_on` before each thing that can be done but once, and stops
    when told so: the server is about to end, or another has taken the job over.

    `now` is the time to go by; `wall` is what the machine's clock shows, which may be in doubt.
    """

    engine: Engine
    settings: Settings
    directory: Directory
    now: datetime
    go_on: Callable[[], bool]
    wall: datetime

"""What names a response."""

from datetime import date
from typing import NamedTuple


class ResponseId(NamedTuple):
    """One response among all of them. `id` is random; `service` and `day` say where to look."""

    service: str
    day: date
    id: str

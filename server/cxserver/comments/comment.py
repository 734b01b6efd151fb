"""A comment: what one person wrote, beside their ratings, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cxserver.instrument.scale import Scale
from cxserver.response_id import ResponseId

State = Literal["unread", "read", "open", "done"]
STATES: tuple[State, ...] = ("unread", "read", "open", "done")


@dataclass(frozen=True, slots=True)
class Comment:
    """What one person wrote, and what became of it. `is_unread`: nobody has opened it yet, also
    where a low score has opened a case. `more` are answers in words to questions of
    the agency's own: code, question, answer. The day is for addressing the row: no page tells it.
    Without `is_released` its text may be read, for it matched an alert phrase, and nothing else.
    """

    service: str
    day: date
    id: str
    office: str
    channel: str
    language: str
    trust: int
    scale: Scale
    satisfaction: int | None
    drivers: Mapping[str, int | None]
    text: str
    more: tuple[tuple[str, str, str], ...]
    state: State
    is_unread: bool
    owner: str | None
    alerted: bool
    is_released: bool

    @property
    def row(self) -> ResponseId:
        """What names the response."""
        return ResponseId(self.service, self.day, self.id)

    @property
    def monday(self) -> date:
        """The Monday of its week."""
        return self.day - timedelta(days=self.day.weekday())

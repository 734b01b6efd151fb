"""One thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `cure` says what to do; `days` are left until something ends."""

    check: str
    state: State
    text: str
    cure: str = ""
    days: int | None = None

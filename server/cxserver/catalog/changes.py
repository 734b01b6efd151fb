"""What applying a catalog changes, in lines a person reads before saying yes."""

from collections import Counter
from dataclasses import dataclass

# A place is where a service is given: it reads as "close service benefits at denver".
_LINE = {"place": "service"}
_SUMMARY = {"place": "service at an office"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `action` is add, change, close or reopen; `kind` is the sort of thing."""

    action: str
    kind: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.action} {_LINE.get(self.kind, self.kind)} {self.name}{detail}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change, in the order of the tables. Empty, and false, when nothing changes."""

    entries: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each change."""
        return tuple(str(change) for change in self.entries)

    @property
    def summary(self) -> tuple[str, ...]:
        """One line for each sort of change, with its count: for long catalogs."""
        counts = Counter((change.action, change.kind) for change in self.entries)
        return tuple(
            f"{action} {_SUMMARY.get(kind, kind)}: {count:,}"
            for (action, kind), count in counts.items()
        )

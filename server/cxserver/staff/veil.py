"""What small numbers let the staff pages show: nothing of fewer than 5 answers, nor what gives
them away, on one page or on all that somebody can open.
"""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from cxserver.insight import slices, suppression
from cxserver.insight.openings import ROOT
from cxserver.insight.scopes import Scope
from cxserver.insight.slices import Slice
from cxserver.periods import Span
from cxserver.staff.filters import Filters
from cxserver.staff.ruling import NEEDS, Count, Ruling

LIMIT = suppression.STAFF_HIDES
# People of one role see the same: so many rulings are kept.
KEPT = 16
_RESPONSES = frozenset({"response"})


class Veil:
    """The numbers of people that may be shown, and which those are."""

    def __init__(self, count: Count, ruling: Ruling):
        self._count, self._ruling = count, ruling
        self._rows: dict[Span, list[Slice]] = {}

    @property
    def small(self) -> frozenset[str]:
        """The offices with so few answers that they have a page of their own kind."""
        return self._ruling.small

    def shows(self, asked: Filters) -> bool:
        """Whether a page of what is asked for may be shown, or may say that there is nothing."""
        return self._ruling.shows(asked)

    def shows_quarter(self, office: str, span: Span) -> bool:
        """Whether the page of a small office may show these days of a quarter."""
        return self._ruling.shows_quarter(office, span)

    def n(self, asked: Filters) -> int:
        """How many answers there are of what is asked for."""
        return self._totals(asked)[asked.office or ROOT]

    def offices(self, asked: Filters) -> dict[str, int | None]:
        """By office, with everything below it, how many answers there are; None is not shown."""
        totals = self._totals(asked)
        return {
            one: totals[one] if self.shows(asked.but(office=one)) else None
            for one in self._ruling.tree.nodes - {ROOT}
        }

    def ways(self, asked: Filters) -> dict[tuple[str | None, str | None], int | None]:
        """By channel and language, with the totals under None; a number that is None is hidden."""
        whole = asked.but(channel=None, language=None)
        found = self._read(asked.window.span)
        channels = (None, *sorted({one.group["channel"] for one in found}))
        languages = (None, *sorted({one.group["language"] for one in found}))
        return {
            (channel, language): self.n(one) if self.shows(one) else None
            for channel in channels
            for language in languages
            for one in [whole.but(channel=channel, language=language)]
        }

    def _totals(self, asked: Filters) -> dict[str, int]:
        chosen = {"service": asked.service, "channel": asked.channel, "language": asked.language}
        wanted = {name: value for name, value in chosen.items() if value is not None}
        counts: Counter[str] = Counter()
        for one in self._read(asked.window.span):
            if all(one.group[name] == value for name, value in wanted.items()):
                counts[one.group["office"]] += one.n
        return self._ruling.tree.total(counts)

    def _read(self, span: Span) -> list[Slice]:
        if span not in self._rows:
            self._rows[span] = list(self._count(span, NEEDS))
        return self._rows[span]


class _Rulings:
    """The last rulings of each database. They hold until an answer of an earlier day comes in."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Engine, OrderedDict[Hashable, Ruling]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self, connection: Connection, count: Count, asked: Filters) -> Ruling:
        """The ruling of the person who asks, on the day on which they do."""
        earlier = Scope(span=Span(None, asked.today))
        n = sum(one.n for one in slices.read(connection, earlier, (), _RESPONSES))
        key = (asked.seen, asked.today, asked.directory.counter, n)
        with self._lock:
            kept = self._of.setdefault(connection.engine, OrderedDict())
            # What it has worked out stands; what it still has to count it counts here and now.
            kept[key] = kept[key].again(count) if key in kept else Ruling(count, asked)
            kept.move_to_end(key)
            while len(kept) > KEPT:
                kept.popitem(last=False)
            return kept[key]


_RULINGS = _Rulings()


def of(connection: Connection, asked: Filters) -> Veil:
    """The veil of the person who asks, on the day on which they do."""

    def count(span: Span, by: Sequence[str]) -> list[Slice]:
        return slices.read(connection, asked.seen.during(span), by, _RESPONSES)

    return Veil(count, _RULINGS.get(connection, count, asked))

"""What a file holds: how many people, by survey, office, channel and day; what cannot be taken."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cxserver.imports.bench import Answer
from cxserver.imports.counted import Counted
from cxserver.imports.overlap import Overlap
from cxserver.imports.rejected import Rejection
from cxserver.imports.spool import Spool
from cxserver.instrument.survey import Survey

Past = Answer | Counted


@dataclass
class Pile:
    """The people of one survey: (office, channel) → day → how many."""

    survey: Survey
    number: int
    places: dict[tuple[str, str], Counter[date]] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """How many."""
        return sum(days.total() for days in self.places.values())

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last."""
        every = [day for days in self.places.values() for day in days]
        return min(every), max(every)


@dataclass
class Summary:
    """What was read of a file. `named` are its surveys as the versions they become."""

    rows: int = 0
    hidden: int = 0
    answers: Spool = field(default_factory=Spool)
    counts: list[Counted] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    named: Mapping[Survey, Survey] = field(default_factory=dict)
    _piles: dict[Survey, Pile] = field(default_factory=dict)
    _last: Pile | None = None

    @property
    def piles(self) -> list[Pile]:
        """Those with people in them, in the order they came up."""
        return list(self._piles.values())

    @property
    def total(self) -> int:
        """How many people."""
        return sum(pile.people for pile in self.piles)

    @property
    def offices(self) -> set[str]:
        """Where they were."""
        return {office for pile in self.piles for office, _ in pile.places}

    @property
    def begins(self) -> dict[Survey, date]:
        """The first day of each survey."""
        return {pile.survey: pile.days[0] for pile in self.piles}

    @property
    def cells(self) -> dict[tuple[str, str, str], Counter[date]]:
        """How many people there are by service, office and channel on each day."""
        result: dict[tuple[str, str, str], Counter[date]] = {}
        for pile in self.piles:
            for (office, channel), days in pile.places.items():
                result.setdefault((pile.survey.service, office, channel), Counter()).update(days)
        return result

    def add(self, past: Past) -> None:
        """Keep a row that can be taken."""
        self.rows += 1
        if isinstance(past, Answer):
            self.hidden += past.hidden
            row = past.response
            pile = self._pile(past.survey)
            self._count(pile, row["office"], row["channel"], row["day"], 1)
            self.answers.add(pile.number, row)
        elif past.people:
            self._count(self._pile(past.survey), past.office, past.channel, past.day, past.people)
            self.counts.append(past)

    def _pile(self, survey: Survey) -> Pile:
        # A survey is long, and most rows are of the same as the row before.
        if self._last is None or self._last.survey is not survey:
            fresh = Pile(survey, len(self._piles))
            self._last = self._piles.setdefault(survey, fresh)
        return self._last

    def _count(self, pile: Pile, office: str, channel: str, day: date, people: int) -> None:
        pile.places.setdefault((office, channel), Counter())[day] += people

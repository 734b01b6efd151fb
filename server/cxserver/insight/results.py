"""The rows of `cx results`: one kind of group, own answers only, nothing suppressed."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine

from cxserver import periods
from cxserver.insight import measures, slices
from cxserver.insight.measures import Score
from cxserver.insight.slices import Driver, Scope

GROUPS = ("office", "service", "channel", "language", "survey", "day", "week", "month", "quarter")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which answers to look at; None means all. `start` and `end` are included.

    `offices` is for a whole subtree; together with `office` both must hold.
    """

    service: str | None = None
    office: str | None = None
    start: date | None = None
    end: date | None = None
    flagged: bool = True
    offices: frozenset[str] | None = None

    @property
    def scope(self) -> Scope:
        """The same as a scope."""
        asked = Scope(
            services=frozenset({self.service}) if self.service is not None else None,
            offices=frozenset({self.office}) if self.office is not None else None,
            flagged=None if self.flagged else slices.WITHOUT_FLAGGED,
            span=periods.days(self.start, self.end),
        )
        return asked.narrowed(Scope(offices=self.offices))


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one group: `name` is its office, channel … `trust` are those who had five
    points to give, `thumbs` those who had two.
    """

    name: str
    n: int
    trust: Score
    satisfaction: Score
    drivers: dict[str, Driver] = field(default_factory=dict)
    thumbs: Score = field(default_factory=lambda: measures.score((0, 0)))


def rows(engine: Engine, by: str, wanted: Filter) -> list[Row]:
    """A row per group that has answers, by name."""
    return [
        Row(one.group[by], one.n, one.trust, one.satisfaction, one.drivers, one.thumbs)
        for one in slices.read(engine, wanted.scope, (by,))
    ]

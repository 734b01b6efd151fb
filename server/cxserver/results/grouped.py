"""The rows of `cx results`: one kind of group, own answers only, nothing suppressed."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from cxserver.results import measures, tally_query
from cxserver.results.measures import Score
from cxserver.results.scopes import Scope
from cxserver.results.slices import Driver

GROUPS = ("office", "service", "channel", "language", "survey", "day", "week", "month", "quarter")


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


def rows(connection: Connection, by: str, wanted: Scope) -> list[Row]:
    """A row per group that has answers, by name."""
    return [
        Row(item.group[by], item.n, item.trust, item.satisfaction, item.drivers, item.thumbs)
        for item in tally_query.read(connection, wanted, (by,))
    ]

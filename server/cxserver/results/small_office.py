"""What is said of an office with few answers: people instead of percent, quarters instead of weeks.

It is compared with nobody but itself, and its last quarter runs until the days are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cxserver.periods import Span
from cxserver.results import changes, cuts, sentences, small, wording
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.small import Quarter

_ANSWERS = ("response",)


@dataclass(frozen=True, slots=True)
class Named:
    """A driver, in people."""

    label: str
    worse: str
    better: str


def is_small(connection: Connection, filters: Filters) -> bool:
    """Whether what is asked for is one office, and a small one."""
    if len(filters.offices) != 1:
        return False
    scope = whole(filters).of_office().during(small.window(filters.today))
    counted = cuts.read(connection, scope, only=_ANSWERS).slices
    return small.is_small(sum(item.n for item in counted))


def latest(quarters: Sequence[Quarter]) -> Quarter | None:
    """The last quarter with answers."""
    return next((item for item in reversed(quarters) if item.n), None)


def in_sentences(quarters: Sequence[Quarter]) -> list[str]:
    """What the quarters say, the newest first; none from before anybody answered."""
    first = next((at for at, item in enumerate(quarters) if item.n), len(quarters))
    return [small.sentence(item) for item in reversed(quarters[first:])]


def quarters(reader: Reading, filters: Filters) -> list[Quarter]:
    """The quarters of the office, the oldest first."""
    periods = small.recent(filters.today)
    span = Span(periods[0].start, filters.today)
    scope = whole(filters).of_office().during(span)
    counted = cuts.read(reader.connection, scope, ("quarter",), within=changes.NEEDS).slices
    return small.trend(counted, wording.versions(reader.directory), periods)


def named(filters: Filters, last: Quarter | None) -> list[Named]:
    """The drivers that people named, what could be better first."""
    if last is None:
        return []
    services = filters.services_in(filters.of_office())
    taps = sorted(last.named, key=lambda item: -item.could_be_better.hits)
    return [
        Named(sentences.driver(services, tap), tap.could_be_better.people, tap.went_well.people)
        for tap in taps
        if tap.could_be_better.hits or tap.went_well.hits
    ]


def whole(filters: Filters) -> Filters:
    """All of a small office: it is not cut up any further, whatever service is asked for."""
    return filters.but(office=filters.offices[0].slug, service=None, channel=None, language=None)

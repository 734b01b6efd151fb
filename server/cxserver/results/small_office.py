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


def is_small(connection: Connection, asked: Filters) -> bool:
    """Whether what is asked for is one office, and a small one."""
    if len(asked.offices) != 1:
        return False
    scope = whole(asked).of_office().during(small.window(asked.today))
    counted = cuts.read(connection, scope, only=_ANSWERS).slices
    return small.is_small(sum(one.n for one in counted))


def latest(told: Sequence[Quarter]) -> Quarter | None:
    """The last quarter with answers."""
    return next((one for one in reversed(told) if one.n), None)


def in_sentences(told: Sequence[Quarter]) -> list[str]:
    """What the quarters say, the newest first; none from before anybody answered."""
    first = next((at for at, one in enumerate(told) if one.n), len(told))
    return [small.sentence(one) for one in reversed(told[first:])]


def quarters(reader: Reading, asked: Filters) -> list[Quarter]:
    """The quarters of the office, the oldest first."""
    periods = small.recent(asked.today)
    span = Span(periods[0].start, asked.today)
    scope = whole(asked).of_office().during(span)
    counted = cuts.read(reader.connection, scope, ("quarter",), within=changes.NEEDS).slices
    return small.trend(counted, wording.versions(reader.directory), periods)


def named(asked: Filters, last: Quarter | None) -> list[Named]:
    """The drivers that people named, what could be better first."""
    if last is None:
        return []
    services = asked.services_in(asked.of_office())
    taps = sorted(last.named, key=lambda one: -one.could_be_better.hits)
    return [
        Named(sentences.driver(services, one), one.could_be_better.people, one.went_well.people)
        for one in taps
        if one.could_be_better.hits or one.went_well.hits
    ]


def whole(asked: Filters) -> Filters:
    """All of a small office: it is not cut up any further, whatever service is asked for."""
    return asked.but(office=asked.offices[0].slug, service=None, channel=None, language=None)

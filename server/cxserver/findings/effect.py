"""Whether it helped: how many name a driver since something was done about it, and before.

Of closed batches, for everybody: the 13 weeks before the day it was done, and the days since.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxserver.findings import engine
from cxserver.findings.memory import Key, Memory
from cxserver.instrument.survey import Survey
from cxserver.periods import Span
from cxserver.results import measures, tally_query, wording
from cxserver.results.measures import Share
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
from cxserver.results.slices import Slice
from cxserver.results.suppression import NOT_FOR_COMPARISON

_WEEKS = timedelta(weeks=13)
_DAY = timedelta(days=1)
_BY = ("service", "office", "survey", "day")


@dataclass(frozen=True, slots=True)
class Effect:
    """The shares before and since, and the difference with its 95 % interval where both sides have
    enough answers.
    """

    before: Share
    since: Share
    interval: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """What became of it, in a word or three."""
        if self.interval is None:
            return "Too few answers since then to say"
        low, high = self.interval
        if high < 0:
            return "Better since"
        return "Worse since" if low > 0 else "No clear change yet"

    @property
    def sentence(self) -> str:
        """How many name it since, and before."""
        if not self.since.n:
            return "No released answers since then."
        if self.interval is None:
            return f"{self.since.people} people name it since then, {self.before.people} before."
        points = [f"{100 * end:+.0f}".replace("-", "−") for end in self.interval]
        return (
            f"{_of_100(self.since)} of 100 people name it since then, {_of_100(self.before)} "
            f"before: between {points[0]} and {points[1]} points."
        )


def read(reader: Reading, done: Iterable[Memory], end: date) -> Mapping[Key, Effect]:
    """The effect of each that was done, up to before `end`."""
    memories = [memory for memory in done if memory.done is not None]
    if not memories:
        return {}
    surveys = wording.versions(reader.directory)
    counted = tally_query.read(
        reader.connection, _scope(memories, end), _BY, engine.measures(surveys)
    )
    return {memory.key: of(counted, memory, surveys) for memory in memories}


def of(counted: Sequence[Slice], memory: Memory, surveys: Mapping[str, Survey]) -> Effect:
    """The effect of one, out of counts by service, office, survey and day."""
    assert memory.done is not None  # noqa: S101  # only of what was done
    spans = Span(memory.done - _WEEKS, memory.done), Span(memory.done + _DAY, None)
    before, since = (_share(counted, memory.key, span, surveys) for span in spans)
    enough = min(before.n, since.n) >= NOT_FOR_COMPARISON
    pair = (since.hits, since.n), (before.hits, before.n)
    return Effect(before, since, measures.difference(*pair) if enough else None)


def _scope(memories: Sequence[Memory], end: date) -> Scope:
    first = min(memory.done for memory in memories if memory.done)
    places = {memory.key.service for memory in memories}, {m.key.office for m in memories}
    span = Span(first - _WEEKS, end)
    return Scope(services=frozenset(places[0]), offices=frozenset(places[1]), span=span).released


def _share(counted: Sequence[Slice], key: Key, span: Span, surveys: Mapping[str, Survey]) -> Share:
    named = people = 0
    for part in counted:
        group = part.group
        mine = (group["service"], group["office"]) == (key.service, key.office)
        survey = surveys.get(group["survey"])
        if not mine or survey is None or key.driver not in survey.drivers:
            continue
        if date.fromisoformat(group["day"]) in span:
            hits, n = engine.named(part, survey, key.driver)
            named, people = named + hits, people + n
    return measures.share(named, people)


def _of_100(share: Share) -> str:
    return f"{100 * (share.share or 0.0):.0f}"

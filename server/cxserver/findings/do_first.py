"""What to do first, for one scope and some days: the same for everybody who asks about these.

Findings come from closed batches for everybody, and an office is held against all offices of its
services, whoever asks: so a manager, an analyst, a digest and a program read the same words.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cxserver.findings import effect, engine, memory, text
from cxserver.findings.effect import Effect
from cxserver.findings.engine import Finding, Report
from cxserver.findings.memory import Key, Memory, key_of
from cxserver.findings.text import FindingText
from cxserver.instrument.survey import Survey
from cxserver.results import cuts, drivers, measures, slices, suppression, tally_query, wording
from cxserver.results.cuts import Counted
from cxserver.results.drivers import Taps
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.slices import Slice

# More than these on one page, and nobody knows where to begin.
SHOWN = 3
_NOTHING = Report((), 0)
# Of one other office alone the average would be that office's own figures.
_FEWEST_OTHERS = 2
_NEW = timedelta(days=memory.NEW_DAYS)
# So long what was done stays on the page, with its effect.
_SHOWN_DONE = timedelta(weeks=26)


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, its words, and what is remembered of it: `since` says how long it stands out.
    `query` is of the pages of that place, `wrote` of what those people wrote.
    """

    finding: Finding
    text: FindingText
    query: str
    wrote: str
    memory: Memory | None
    since: str

    @property
    def key(self) -> Key:
        """What names it."""
        return memory.key_of(self.finding)


@dataclass(frozen=True, slots=True)
class DoneItem:
    """Something that was done about a finding, and whether it helped."""

    title: str
    memory: Memory
    effect: Effect


@dataclass(frozen=True, slots=True)
class MostNamed:
    """What is named most at a service, beyond chance or not."""

    sentence: str
    query: str
    wrote: str


@dataclass(frozen=True, slots=True)
class DoFirst:
    """What to do first, the most people first; and what is named most of all."""

    summary: str
    items: tuple[Item, ...]
    common: tuple[MostNamed, ...]
    done: tuple[DoneItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What findings, and the comparisons with other offices, are worked out from."""

    counted: Counted
    memories: Mapping[Key, Memory] = field(default_factory=dict)
    effects: Mapping[Key, Effect] = field(default_factory=dict)

    @property
    def peers(self) -> Sequence[Slice]:
        """The counts of all offices that are compared."""
        return self.counted.slices


def read(reader: Reading, filters: Filters) -> DoFirst:
    """What to do first."""
    return work_out(fetch(reader, filters), filters)


def fetch(reader: Reading, filters: Filters) -> Fetched:
    """Read what is needed: the counts are one question, so that many offices take no longer than
    their counts do.
    """
    services = {service.slug for service in filters.services_in(filters.of_office())}
    memories = memory.read(reader.connection, services)
    done = [
        each
        for each in memories.values()
        if each.done and each.done > filters.today - _SHOWN_DONE and _is_inside(each.key, filters)
    ]
    effects = effect.read(reader, done, filters.end)
    return Fetched(_counted(reader, filters), memories, effects)


def _counted(reader: Reading, filters: Filters) -> Counted:
    surveys = wording.versions(reader.directory)
    around = filters.peers().during(filters.window.span)
    wanted = engine.measures(surveys) | {"satisfaction"}
    if filters.holds_rows or not filters.is_cut:
        rows = tally_query.fetch(reader.connection, around, engine.NEEDS, wanted)
        return Counted(lambda: with_peers(rows.slices(), filters))
    by, within = ("service", "office"), ("channel", "survey")
    counted = cuts.read(reader.connection, around, by, wanted, within)
    return Counted(lambda: with_peers(counted.slices, filters), counted.hidden)


def with_peers(counted: Sequence[Slice], filters: Filters) -> list[Slice]:
    """Without the offices that this person may see only in a sum, where that is of one alone."""
    if filters.seen.offices is None:
        return list(counted)
    others: dict[str, set[str]] = defaultdict(set)
    for item in counted:
        if item.group["office"] not in filters.seen.offices:
            others[item.group["service"]].add(item.group["office"])
    lone = {service for service, offices in others.items() if len(offices) < _FEWEST_OTHERS}
    return [
        item
        for item in counted
        if item.group["office"] in filters.seen.offices or item.group["service"] not in lone
    ]


def work_out(fetched: Fetched, filters: Filters, *, channels: bool = False) -> DoFirst:
    """What to do first here. `channels`: whether single channels of an office are compared, for
    those who hold the rows.
    """
    counted = fetched.peers
    surveys = wording.versions(filters.directory)
    report = _NOTHING
    if filters.is_settled:
        report = engine.first(counted, surveys, channels=channels)
    inside = {office.slug for office in filters.all_offices(filters.of_office())}
    findings = tuple(
        item
        for item in report.findings
        if item.office in inside and not _rests(fetched.memories.get(key_of(item)), filters)
    )
    mine = [item for item in counted if item.group["office"] in inside]
    common = named_most(mine, surveys, filters)
    versions = {surveys.get(item.group["survey"]) for item in mine}
    asks_why = not mine or any(survey and survey.drivers for survey in versions)
    summary = _summary(replace(report, findings=findings), filters, asks_why=asks_why)
    items = (_item(each, filters, fetched.memories.get(key_of(each))) for each in findings)
    return DoFirst(summary, tuple(items), common, tuple(_done(fetched, filters)))


def _done(fetched: Fetched, filters: Filters) -> Iterator[DoneItem]:
    """What was done, the newest first."""
    for key in sorted(fetched.effects, key=lambda key: str(fetched.memories[key].done))[::-1]:
        title = text.place(key.driver, key.service, key.office, filters.directory)
        yield DoneItem(title, fetched.memories[key], fetched.effects[key])


def _is_inside(key: Key, filters: Filters) -> bool:
    offices = filters.of_office().offices
    return key.office in filters.directory.offices and (offices is None or key.office in offices)


def _rests(remembered: Memory | None, filters: Filters) -> bool:
    """Whether it was done in these days, so that they cannot tell yet whether that helped."""
    start = filters.window.span.start
    return bool(remembered and remembered.done and start and remembered.done >= start)


def named_most(
    counted: Sequence[Slice], surveys: Mapping[str, Survey], filters: Filters
) -> tuple[MostNamed, ...]:
    """For each service what is named most here as what could be better."""
    result = []
    summed = slices.merged(counted, ("service", "survey"))
    for service in sorted({item.group["service"] for item in summed}):
        mine = [item for item in summed if item.group["service"] == service]
        taps = drivers.per_person(mine, surveys)
        most = max(taps, key=lambda tap: tap.could_be_better.hits, default=None)
        if most and most.could_be_better.hits and most.n >= suppression.NOT_FOR_COMPARISON:
            result.append(_most(filters, service, most))
    return tuple(result)


def _since(remembered: Memory | None, filters: Filters) -> str:
    if remembered is None or remembered.first_seen > filters.today - _NEW:
        return "new this week"
    if remembered.done:
        return f"still there after it was done on {_day(remembered.done)}"
    return f"since {_day(remembered.first_seen)}"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"


def _item(finding: Finding, filters: Filters, remembered: Memory | None) -> Item:
    there = filters.but(office=finding.office, service=_narrow(filters, finding.service))
    return Item(
        finding,
        text.of(finding, filters.directory),
        there.query(channel=finding.channel or filters.channel),
        _wrote(there, finding.driver),
        remembered,
        _since(remembered, filters),
    )


def _most(filters: Filters, service: str, most: Taps) -> MostNamed:
    offered = filters.directory.services[service]
    of = f" ({offered.name})" if len(filters.services_in(filters.of_office())) > 1 else ""
    people = measures.people(most.could_be_better.hits, most.n)
    word = drivers.label(offered.survey, most.code)
    there = filters.but(service=_narrow(filters, service))
    sentence = f"“{word}” is named most as what could be better{of}: by {people} people."
    return MostNamed(sentence, there.query(), _wrote(there, most.code))


def _narrow(filters: Filters, service: str) -> str | None:
    """A filter by this service, where there is another to leave out."""
    return service if len(filters.services_in(filters.of_office())) > 1 else filters.service


def _wrote(there: Filters, driver: str) -> str:
    return there.query(period=None, channel=None, driver=f"{driver}-negative")


def _summary(report: Report, filters: Filters, *, asks_why: bool) -> str:
    """How much stands out, or why nothing does: the true reason."""
    if not filters.is_settled:
        return "Answers of these days are still coming in, so nothing is compared yet."
    if not asks_why:
        return "These people were not asked why, so no finding can be made. Read what they wrote."
    if report.findings or len(filters.offices) > 1:
        return text.summary(report)
    if not report.looked_at:
        return (
            "No finding is sure yet: too few people answered here, or at other offices of the same "
            "service, to compare."
        )
    return "No finding is sure: nothing is named here more often than chance explains."

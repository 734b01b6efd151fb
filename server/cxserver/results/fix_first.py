"""What to fix first: what stands out here beyond chance, and what is named most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cxserver.instrument.survey import Survey
from cxserver.results import (
    cuts,
    drivers,
    finding_text,
    findings,
    measures,
    slices,
    suppression,
    tally_query,
)
from cxserver.results.cuts import Counted
from cxserver.results.drivers import Taps
from cxserver.results.findings import Finding, Report
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.slices import Slice

# The first sentence of a finding ends like this.
_END = " of 100. "
_NOTHING = Report((), (), 0)


@dataclass(frozen=True, slots=True)
class FindingSentence:
    """A finding: what and where, and then how many, how sure, of what kind.

    `query` and `wrote` are queries: of the pages of that place, and of what those people wrote.
    `office` is what the place is called, where it is another than the page is about.
    """

    what: str
    rest: str
    query: str
    wrote: str
    office: str = ""


@dataclass(frozen=True, slots=True)
class First:
    """What to fix first, the most people first; and what is named most of all."""

    summary: str
    findings: tuple[FindingSentence, ...]
    common: tuple[FindingSentence, ...]


def fetch(reader: Reading, filters: Filters, surveys: Mapping[str, Survey]) -> Counted:
    """What findings are worked out from. An office is held against all that the person may see.

    Findings come from released counts for everybody, so that all who look at the same days read
    the same; and from one question, so that many offices take no longer than their counts do.
    """
    around = filters.around().during(filters.window.span)
    wanted = findings.measures(surveys)
    if filters.holds_rows:
        rows = tally_query.fetch(reader.connection, around.released, findings.NEEDS, wanted)
        return Counted(rows.slices)
    by, within = ("service", "office"), ("channel", "survey")
    return cuts.read(reader.connection, around, by, wanted, within)


def work_out(counted: Sequence[Slice], filters: Filters, surveys: Mapping[str, Survey]) -> First:
    """What to fix first here."""
    report = findings.first(counted, surveys, channels=False) if filters.is_settled else _NOTHING
    inside = {all_office.slug for all_office in filters.all_offices(filters.of_office())}
    result = [finding for finding in report.findings if finding.office in inside]
    common = named_most(
        [item for item in counted if item.group["office"] in inside], surveys, filters
    )
    places = len({(item.service, item.office) for item in result})
    several = len(filters.offices) > 1
    words = tuple(sentence_of(item, filters, several) for item in result)
    return First(_summary(report, places, filters, bool(common)), words, common)


def sentence_of(finding: Finding, filters: Filters, several: bool) -> FindingSentence:
    """A finding in its two parts, and where to go on from it; `several`: the page is about more
    than one office.
    """
    what, end, rest = finding_text.sentence(finding, filters.directory).partition(_END)
    there = filters.but(office=finding.office, service=_narrow(filters, finding.service))
    return FindingSentence(
        (what + end).strip(),
        rest,
        there.query(channel=finding.channel or filters.channel),
        _wrote(there, finding.driver),
        filters.directory.offices[finding.office].name if several else "",
    )


def named_most(
    counted: Sequence[Slice], surveys: Mapping[str, Survey], filters: Filters
) -> tuple[FindingSentence, ...]:
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


def _most(filters: Filters, service: str, most: Taps) -> FindingSentence:
    offered = filters.directory.services[service]
    of = f" ({offered.name})" if len(filters.services_in(filters.of_office())) > 1 else ""
    people = measures.people(most.could_be_better.hits, most.n)
    word = drivers.label(offered.survey, most.code)
    there = filters.but(service=_narrow(filters, service))
    sentence = f"“{word}” is named most as what could be better{of}: by {people} people."
    return FindingSentence(sentence, "", there.query(), _wrote(there, most.code))


def _narrow(filters: Filters, service: str) -> str | None:
    """A filter by this service, where there is another to leave out."""
    return service if len(filters.services_in(filters.of_office())) > 1 else filters.service


def _wrote(there: Filters, driver: str) -> str:
    return there.query(period=None, channel=None, driver=f"{driver}-negative")


def _summary(report: Report, places: int, filters: Filters, common: bool) -> str:
    if len(filters.offices) > 1:
        if not filters.is_settled:
            return "Answers of these days are still coming in, so offices are not compared yet."
        if not places:
            return finding_text.summary(replace(report, findings=()))
        return f"{places} {'office stands' if places == 1 else 'offices stand'} out beyond chance."
    if places:
        return "This stands out beyond chance:"
    return "Begin with what people name most:" if common else "Too few answers to say."

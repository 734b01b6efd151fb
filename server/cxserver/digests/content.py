"""What a digest says, as the pages do: three numbers, what to do first, what changed, comments.

It is made by the functions that make the Overview, or the page of a small office, as of the morning
it is due, for the scope of the one who gets it. So it holds nothing that the pages would not show
that person on that day, and two digests together tell what two looks at the pages would.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cxserver.accounts import roles
from cxserver.accounts.roles import Member
from cxserver.attention import now
from cxserver.catalog.directory import Directory
from cxserver.digests import quotes, subscriptions
from cxserver.digests.quotes import Quote
from cxserver.findings import do_first
from cxserver.findings.do_first import DoFirst
from cxserver.periods import Period
from cxserver.results import overview, sentences, small, small_office, suppression, table
from cxserver.results.measures import Score
from cxserver.results.overview import Seen, Standing
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.small import Quarter

_NONE = (
    "There are no new answers to show. If people were asked, check that the poster is still up, "
    "the kiosk is on, and the messages with the link go out."
)
# Who has many offices reads the rest on the page.
_LONGEST = 6
_FEW = (
    "Fewer than 30 people a month answer here. So this counts people, goes by quarters of the "
    "federal fiscal year, and compares the office only with itself."
)


@dataclass(frozen=True, slots=True)
class Number:
    """One of the three: what it is, how it stands, and what became of it. It `changed` when that is
    more than chance does.
    """

    title: str
    value: str
    sentence: str
    became: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """All that it says. `urgent` comes first: alerts, and comments that wait. `note` stands where
    numbers are missing, or are of another kind; `first` is what to do first, a paragraph each;
    `links` are labels and addresses below /staff.
    """

    place: str
    days: str
    urgent: tuple[str, ...] = ()
    note: str = ""
    numbers: tuple[Number, ...] = ()
    first: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def subject(self) -> str:
        """What the mail is about. A subject is read by whoever sees the screen: no number."""
        return f"{self.place}: what people said, {self.days}"


def make(
    who: Member, period: Period, connection: Connection, directory: Directory
) -> Digest | None:
    """The digest of a day, week or month that is over; None when this person has nothing to see.

    A day's and a week's tell of the four weeks that end with it, as the Overview does: one alone is
    small.
    """
    due = subscriptions.moment(period, zone(directory))
    reader = Reading(connection, directory, roles.may_see(who, directory), due)
    filters = Filters.read({"period": period.name} if period.kind == "month" else {}, reader)
    if not filters.services_in(filters.seen):
        return None
    said = _numbers(who, reader, filters, last_week=period.kind != "month")
    said = replace(said, urgent=tuple(_urgent(reader, who)))
    if not roles.sees_comments(who):
        return said
    links = (*said.links, ("Comments", "/comments"))
    return replace(said, quotes=quotes.first(reader, filters.window.span), links=links)


def _urgent(reader: Reading, who: Member) -> Iterator[str]:
    """What waits for this person, and no word of what anybody wrote: a mail is read by others."""
    counts = now.count(reader, who)
    if counts.alerts:
        be = "alert waits" if counts.alerts == 1 else "alerts wait"
        yield f"{counts.alerts} {be} to be acknowledged. Open the first page."
    if counts.late:
        yield f"{counts.late.sentence} {counts.late.fact}"


def zone(directory: Directory) -> ZoneInfo:
    """Where the agency's mornings are."""
    return ZoneInfo(directory.agency.timezone if directory.agency else str(UTC))


def _numbers(who: Member, reader: Reading, filters: Filters, *, last_week: bool) -> Digest:
    if small_office.is_small(reader.connection, filters):
        return _small(who, reader, filters)
    _, seen = overview.read(reader, filters)
    if seen is None:
        return replace(_blank(who, filters), note=_NONE)
    first = do_first.read(reader, filters)
    return _full(who, filters, seen, first, last_week=last_week)


def _full(who: Member, filters: Filters, seen: Seen, first: DoFirst, *, last_week: bool) -> Digest:
    scores = tuple(_score(item, seen.before) for item in seen.standing)
    answers = _answers(filters, seen, last_week=last_week)
    blank = _blank(who, filters)
    links = (*blank.links, ("Drivers", f"/drivers{filters.query()}"))
    return replace(
        blank, numbers=(*scores, answers), first=_first(first), moved=_moved(seen), links=links
    )


def _score(standing: Standing, before: str) -> Number:
    score = standing.change.after
    changed = standing.change.verdict == "changed"
    return Number(
        standing.title, _figure(score), standing.sentence, standing.since(before), changed
    )


def _figure(score: Score) -> str:
    if score.n < suppression.NOT_FOR_COMPARISON or score.top2 is None:
        return score.people
    return table.percent(score.top2)


def _answers(filters: Filters, seen: Seen, *, last_week: bool) -> Number:
    change = seen.standing[0].change
    sentence = f"{change.after.n:,} people answered in these days."
    # Only where the chart of the page shows each week, and this one among them.
    weeks = seen.trend.blocks[-1:] if last_week and seen.trend.days == 7 else ()
    for newest in weeks:
        if newest.sides and newest.span.end == filters.end:
            sentence += f" {newest.n:,} of them in the last 7 days."
    before = f"In {seen.before} it was {change.before.n:,}." if change.before.n else ""
    return Number("Answers", f"{change.after.n:,}", sentence, before)


def _first(first: DoFirst) -> tuple[str, ...]:
    if first.items:
        shown = first.items[: do_first.SHOWN]
        return tuple(f"{item.text.title}. {item.text.paragraph}" for item in shown)
    return (first.summary, *(common.sentence for common in first.common))


def _moved(seen: Seen) -> tuple[str, ...]:
    result = seen.moved.sentences
    if len(result) > _LONGEST:
        return (*result[:_LONGEST], f"And {len(result) - _LONGEST} more, on the Overview.")
    if result:
        return result
    if seen.moved.compared:
        return (seen.moved.still(seen.before),)
    return ()


def _small(who: Member, reader: Reading, filters: Filters) -> Digest:
    quarters = small_office.quarters(reader, filters)
    sentences = tuple(small.sentence(quarter) for quarter in reversed(quarters) if quarter.n)
    last, end = small_office.latest(quarters), filters.end - timedelta(days=1)
    # Of a month too: its page goes by quarters, whatever days are asked for.
    blank = replace(_blank(who, filters), days=f"until {end:%b} {end.day}, {end.year}")
    if last is None:
        return replace(blank, note=f"{_FEW} {_NONE}")
    # This quarter and the one it is held against.
    moved, first = sentences[:2], (_named(filters, last),)
    return replace(blank, note=_FEW, numbers=_people(last), first=first, moved=moved)


def _people(last: Quarter) -> tuple[Number, ...]:
    scores = (("Trust", last.trust), ("Satisfaction", last.satisfaction))
    return (
        *(
            Number(name, score.people, f"{score.people} people gave {_good(score)} in {last.name}.")
            for name, score in scores
            if score is not None
        ),
        Number("Answers", f"{last.n:,}", f"{last.n:,} people answered in {last.name}."),
    )


def _good(score: Score) -> str:
    return "a thumb up" if score.is_thumbs else "a 4 or 5"


def _named(filters: Filters, last: Quarter) -> str:
    most = max(last.named, key=lambda item: item.could_be_better.hits, default=None)
    if most is None or not most.could_be_better.hits:
        return "Nobody named anything that could be better."
    word = sentences.driver(filters.services_in(filters.of_office()), most)
    people = most.could_be_better.people
    return f"“{word}” is named most as what could be better: by {people} people."


def _blank(who: Member, filters: Filters) -> Digest:
    query = filters.query()
    links = [("Overview", f"/{query}")]
    if len(filters.offices) > 1:
        links.append(("Offices", f"/offices{query}"))
    return Digest(_place(who, filters), filters.window.days, links=tuple(links))


def _place(who: Member, filters: Filters) -> str:
    """What is told of: more than one office has the name of the region, or of the service."""
    known = filters.directory
    if who.office and who.office in known.offices:
        return known.offices[who.office].name
    if who.service and who.service in known.services:
        return known.services[who.service].name
    return filters.place[:1].upper() + filters.place[1:]

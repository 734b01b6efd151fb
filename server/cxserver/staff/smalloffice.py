"""The page of an office with few answers: people instead of percent, quarters instead of weeks.

It is compared with nobody but itself. Its last quarter ends with the last whole week: with one
answer a day, a page that moved daily would show that answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from cxserver.insight import slices, small, suppression, wording
from cxserver.insight.measures import Score
from cxserver.insight.small import Quarter
from cxserver.periods import Span
from cxserver.staff import comments, rooms, table, veil, words
from cxserver.staff.filters import Filters, Reading
from cxserver.staff.rooms import Visit
from cxserver.staff.table import Cell, Table

# The comments at the top of the page.
WROTE = 5
_DAY = timedelta(days=1)
_WHOLE = "This is all that people answered here. A small office is not cut up any further."


@dataclass(frozen=True, slots=True)
class Named:
    """A driver, in people."""

    label: str
    worse: str
    better: str


def is_asked_for(connection: Connection, asked: Filters) -> bool:
    """Whether what is asked for is one office, and a small one."""
    if len(asked.offices) != 1:
        return False
    return asked.offices[0].slug in veil.of(connection, asked).small


def show(request: Request, visit: Visit, asked: Filters) -> Response:
    """The page."""
    note = [_WHOLE] if asked.service or asked.channel or asked.language else []
    asked = _whole(asked)
    told = quarters(visit, asked)
    numbers = as_table(told)
    if request.query_params.get("format") == "csv":
        return table.download("small-office", numbers)
    last = latest(told)
    return rooms.page(
        visit,
        "small-office.html",
        asked=asked,
        office=asked.offices[0],
        sentences=note + sentences(told),
        latest=last,
        named=named(asked, last),
        quarters=numbers,
        comments=_comments(visit),
        wrote=comments.latest(visit, asked.offices[0].slug, WROTE),
        state_words=comments.STATE_WORDS,
        through=until(visit, asked) - _DAY,
    )


def until(reader: Reading, asked: Filters) -> date:
    """The day before which the running quarter ends: it goes on by whole weeks, and by 5 answers,
    so that whoever looks in each week never sees the answers of fewer come in.
    """
    asked = _whole(asked)
    quarter = small.recent(asked.end - _DAY)[-1]
    running = asked.of_office().during(Span(quarter.start, asked.end))
    daily = {
        date.fromisoformat(one.group["day"]): one.n
        for one in slices.read(reader.connection, running, ("day",), {"response"})
    }
    return small.settled(daily, quarter.start, asked.end)


def latest(told: Sequence[Quarter]) -> Quarter | None:
    """The last quarter of which anything is shown."""
    return next((one for one in reversed(told) if not one.held), None)


def sentences(told: Sequence[Quarter]) -> list[str]:
    """What the quarters say, the newest first; none from before anybody answered."""
    first = next((at for at, one in enumerate(told) if one.n), len(told))
    return [sentence(one) for one in reversed(told[first:])]


def sentence(quarter: Quarter) -> str:
    """What a quarter says, in people."""
    if quarter.held and quarter.n:
        return f"{quarter.name}: too few people answered to show what they said."
    return small.sentence(quarter)


def as_table(quarters: Sequence[Quarter]) -> Table:
    """The quarters, the oldest first."""
    head = ("Quarter", "People", "Satisfaction 4 or 5", _trust(quarters))
    rows = tuple((table.name(one.name), *_cells(one)) for one in quarters)
    return Table("Answers by fiscal quarter", head, rows)


def _trust(quarters: Sequence[Quarter]) -> str:
    return f"Trust {words.good(one.trust for one in quarters).removeprefix('a ')}"


def _cells(one: Quarter) -> tuple[Cell, ...]:
    if one.held:
        return tuple(table.hidden() if one.n else table.nothing() for _ in range(3))
    return table.count(one.n), _people(one.satisfaction), _people(one.trust)


def _people(score: Score | None) -> Cell:
    if score is None:
        return table.nothing()
    return Cell(score.people, score.top, suppression.staff(score.n))


def quarters(reader: Reading, asked: Filters) -> list[Quarter]:
    """The quarters of the office, the oldest first, each held back that may not be shown."""
    asked = _whole(asked)
    hidden = veil.of(reader.connection, asked)
    periods = small.recent(asked.end - _DAY)
    whole = Span(periods[0].start, asked.end)
    everything = slices.read(reader.connection, asked.of_office().during(whole), small.NEEDS)
    settled = whole.within(Span(None, until(reader, asked)))
    shown = {
        one.name
        for one in periods
        if hidden.shows_quarter(asked.offices[0].slug, one.span.within(whole))
    }
    found = slices.read(reader.connection, asked.of_office().during(settled), small.NEEDS)
    told = [one for one in found if one.group["quarter"] in shown]
    trend = small.trend(told, wording.versions(reader.directory), periods)
    # Of a quarter that is held back only whether anybody answered is told.
    return [replace(one, n=_n(everything, one.name)) if one.held else one for one in trend]


def _n(found: Sequence[slices.Slice], quarter: str) -> int:
    return sum(one.n for one in found if one.group["quarter"] == quarter)


def named(asked: Filters, last: Quarter | None) -> list[Named]:
    """The drivers that people named, what could be better first."""
    if last is None:
        return []
    services = asked.services_in(asked.of_office())
    taps = sorted(last.named, key=lambda one: -one.could_be_better.hits)
    return [
        Named(words.driver(services, one), one.could_be_better.people, one.went_well.people)
        for one in taps
        if one.could_be_better.hits or one.went_well.hits
    ]


def _whole(asked: Filters) -> Filters:
    # A small office is not cut up any further; and it is this one, whatever the service is given.
    return asked.but(office=asked.offices[0].slug, service=None, channel=None, language=None)


def _comments(visit: Visit) -> str:
    """Where the comments are, for those who may read them."""
    for room in visit.rooms:
        if room.path == "/comments" and visit.member.role in room.roles:
            return visit.path + room.path
    return ""

"""The page of an office with few answers: people instead of percent, quarters instead of weeks.

It is compared with nobody but itself. Its last quarter ends with the last whole week: with one
answer a day, a page that moved daily would show that answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from cxserver.insight import slices, small, suppression, wording
from cxserver.insight.periods import Period, Span
from cxserver.insight.small import Quarter
from cxserver.staff import comments, rooms, table, veil, words
from cxserver.staff.filters import Filters, Reader
from cxserver.staff.rooms import Visit
from cxserver.staff.table import Cell, Table

# The comments at the top of the page.
WROTE = 5


@dataclass(frozen=True, slots=True)
class Named:
    """A driver, in people."""

    label: str
    worse: str
    better: str


def is_asked_for(engine: Engine, asked: Filters) -> bool:
    """Whether what is asked for is one office, and a small one."""
    if len(asked.offices) != 1:
        return False
    scope = _whole(asked).of_office().during(small.window(asked.today))
    return small.is_small(sum(one.n for one in slices.read(engine, scope, (), {"response"})))


def apart(engine: Engine, asked: Filters) -> frozenset[str]:
    """The offices asked for that are left to their own pages: small ones, where the days move on.
    A table of them, held against that of the week before, would show the answers of a few people.
    """
    if not asked.window.is_rolling:
        return frozenset()
    scope = _whole(asked).of_office().during(small.window(asked.today))
    counted = slices.read(engine, scope, ("office",), {"response"})
    answers = {one.group["office"]: one.n for one in counted}
    return frozenset(one.slug for one in asked.offices if small.is_small(answers.get(one.slug, 0)))


def show(request: Request, visit: Visit, asked: Filters) -> Response:
    """The page."""
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
        sentences=[sentence(one) for one in reversed(told)],
        latest=last,
        named=named(asked, last),
        quarters=numbers,
        comments=_comments(visit),
        wrote=comments.latest(visit, asked.offices[0].slug, WROTE),
        state_words=comments.STATE_WORDS,
        through=asked.end - timedelta(days=1),
    )


def latest(told: Sequence[Quarter]) -> Quarter | None:
    """The last quarter of which anything is shown."""
    return next((one for one in reversed(told) if not one.held), None)


def sentence(quarter: Quarter) -> str:
    """What a quarter says, in people."""
    if quarter.held and quarter.n:
        return f"{quarter.name}: too few people answered to show what they said."
    return small.sentence(quarter)


def as_table(quarters: Sequence[Quarter]) -> Table:
    """The quarters, the oldest first."""
    head = ("Quarter", "People", "Satisfaction 4 or 5", "Trust 4 or 5")
    rows = tuple((table.name(one.name), *_cells(one)) for one in quarters)
    return Table("Answers by fiscal quarter", head, rows)


def _cells(one: Quarter) -> tuple[Cell, ...]:
    if one.held or one.trust is None or one.satisfaction is None:
        return tuple(table.hidden() if one.n else table.nothing() for _ in range(3))
    view = suppression.staff(one.n)
    return (
        table.count(one.n),
        Cell(one.satisfaction.people, one.satisfaction.top, view),
        Cell(one.trust.people, one.trust.top, view),
    )


def quarters(reader: Reader, asked: Filters) -> list[Quarter]:
    """The quarters of the office, the oldest first, each held back that may not be shown."""
    asked = _whole(asked)
    end = asked.end
    periods = small.recent(end - timedelta(days=1))
    spans = {one.name: one.span.within(Span(None, end)) for one in periods}
    whole = Span(periods[0].start, end)
    found = slices.read(reader.engine, asked.of_office().during(whole), small.NEEDS)
    n = {one.name: _n(found, one) for one in periods}
    shown = {
        name: bool(n[name]) and veil.of(reader.engine, asked, span).shows(asked)
        for name, span in spans.items()
    }
    told = [one for one in found if shown[one.group["quarter"]]]
    surveys = wording.versions(reader.directory)
    return [replace(one, n=n[one.name]) for one in small.trend(told, surveys, periods)]


def _n(found: Sequence[slices.Slice], period: Period) -> int:
    return sum(one.n for one in found if one.group["quarter"] == period.name)


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
    # A small office is not cut up any further.
    return asked.but(service=None, channel=None, language=None)


def _comments(visit: Visit) -> str:
    """Where the comments are, for those who may read them."""
    for room in visit.rooms:
        if room.path == "/comments" and visit.member.role in room.roles:
            return visit.path + room.path
    return ""

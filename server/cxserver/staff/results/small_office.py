"""The page of an office with few answers: people instead of percent, quarters instead of weeks.

It is compared with nobody but itself, and its last quarter runs until the days are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from cxserver.periods import Span
from cxserver.results import changes, cuts, small, suppression, wording
from cxserver.results.measures import Score
from cxserver.results.small import Quarter
from cxserver.staff import guard, table
from cxserver.staff.comments import comments
from cxserver.staff.guard import Visit
from cxserver.staff.results import sentences as words
from cxserver.staff.results.filters import Filters, Reading
from cxserver.staff.table import Cell, Table

# The comments at the top of the page.
WROTE = 5
_ANSWERS = ("response",)
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
    scope = _whole(asked).of_office().during(small.window(asked.today))
    counted = cuts.read(connection, scope, only=_ANSWERS).slices
    return small.is_small(sum(one.n for one in counted))


def show(request: Request, visit: Visit, asked: Filters) -> Response:
    """The page."""
    note = [_WHOLE] if asked.service or asked.channel or asked.language else []
    asked = _whole(asked)
    told = quarters(visit, asked)
    numbers = as_table(told)
    if request.query_params.get("format") == "csv":
        return table.download("small-office", numbers)
    last = latest(told)
    return guard.page(
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
    )


def latest(told: Sequence[Quarter]) -> Quarter | None:
    """The last quarter with answers."""
    return next((one for one in reversed(told) if one.n), None)


def sentences(told: Sequence[Quarter]) -> list[str]:
    """What the quarters say, the newest first; none from before anybody answered."""
    first = next((at for at, one in enumerate(told) if one.n), len(told))
    return [small.sentence(one) for one in reversed(told[first:])]


def as_table(quarters: Sequence[Quarter]) -> Table:
    """The quarters, the oldest first."""
    head = ("Quarter", "People", "Satisfaction 4 or 5", _trust(quarters))
    rows = tuple((table.name(one.name), *_cells(one)) for one in quarters)
    return Table("Answers by fiscal quarter", head, rows)


def _trust(quarters: Sequence[Quarter]) -> str:
    return f"Trust {words.good(one.trust for one in quarters).removeprefix('a ')}"


def _cells(one: Quarter) -> tuple[Cell, ...]:
    if not one.n:
        return table.nothing(), table.nothing(), table.nothing()
    return table.count(one.n), _people(one.satisfaction), _people(one.trust)


def _people(score: Score | None) -> Cell:
    if score is None:
        return table.nothing()
    return Cell(score.people, score.top, suppression.staff(score.n))


def quarters(reader: Reading, asked: Filters) -> list[Quarter]:
    """The quarters of the office, the oldest first."""
    periods = small.recent(asked.today)
    span = Span(periods[0].start, asked.today)
    scope = _whole(asked).of_office().during(span)
    counted = cuts.read(reader.connection, scope, ("quarter",), within=changes.NEEDS).slices
    return small.trend(counted, wording.versions(reader.directory), periods)


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

"""GET /api/v1/responses: what people answered, row by row, for an agency's own programs.

A row waits until the week of its office is over and has 5 answers, as on the Comments page. What
fewer than 5 of them share (the day, the hour, channel and language) is left out of it.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from cxserver import db, periods
from cxserver.api import visitor
from cxserver.api.items import Rejected
from cxserver.api.models import Fault
from cxserver.api.reading import AnswerRow, AnswersPage, AnswersQuery
from cxserver.api.visitor import Visitor
from cxserver.insight import held, slices, suppression
from cxserver.insight.slices import Scope
from cxserver.reporting import export, hours, weekly
from cxserver.reporting.weekly import Crowds

LIMIT = suppression.STAFF_HIDES
# Weeks of one service that one request looks through: who asks for a quiet office gets an empty
# page and goes on.
WEEKS = 26
_LEAST = date(2000, 1, 3)
_CURSOR = re.compile(r"([a-z0-9-]{1,32}) (\d{4}-\d\d-\d\d) ([0-9a-f]{32})?", re.ASCII)
_RULE = "`from` is a Monday and `to` a Sunday after it: parts of weeks would tell of single people."


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read: a service, a week, and the random id of the last row."""

    service: str
    monday: date
    id: str = ""

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """The place in a cursor. Raises Rejected."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
            found = _CURSOR.fullmatch(text)
            if found and (monday := date.fromisoformat(found[2])).weekday() == 0:
                return cls(found[1], monday, found[3] or "")
        except ValueError:
            pass
        raise Rejected(422, "invalid", "", [Fault(field="cursor", code="unknown")])

    @property
    def cursor(self) -> str:
        """As text for the next request."""
        text = f"{self.service} {self.monday} {self.id}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which rows: of these services and offices, from one Monday to before another."""

    services: list[str]
    offices: frozenset[str]
    start: date
    end: date
    limit: int


def answer(who: Visitor, asked: AnswersQuery) -> dict[str, Any]:
    """The next page."""
    wanted = _wanted(who, asked)
    place = Place.read(asked.cursor) if asked.cursor is not None else Place("", wanted.start)
    rows: list[AnswerRow] = []
    for looked, week in enumerate(_weeks(who, wanted, place), start=1):
        some, last = _rows(who, wanted, week, wanted.limit - len(rows))
        rows += some
        if len(rows) == wanted.limit:
            return _page(rows, Place(week.service, week.monday, last))
        if looked == WEEKS:
            return _page(rows, Place(week.service, week.monday + held.WEEK))
    return _page(rows, None)


show = visitor.receives(AnswersQuery, answer)


def _wanted(who: Visitor, asked: AnswersQuery) -> _Wanted:
    """Raises Rejected."""
    start, last = asked.start or _LEAST, asked.end or date.max - held.WEEK
    if start < _LEAST or start.weekday() or (asked.end and last.weekday() != 6) or start > last:
        raise Rejected(422, "invalid", _RULE, [Fault(field="from", code="whole_weeks")])
    named = Scope(
        services=frozenset({asked.service}) if asked.service is not None else None,
        offices=frozenset({asked.office}) if asked.office is not None else None,
    )
    if asked.under is not None:
        named = named.narrowed(Scope(offices=slices.subtree(who.directory, asked.under)))
    scope = who.seen.narrowed(named)
    return _Wanted(
        services=_services(who, scope),
        offices=frozenset(who.directory.offices) if scope.offices is None else scope.offices,
        start=start,
        end=min(last + timedelta(days=1), held.over(who.directory, who.now)),
        limit=asked.limit,
    )


def _services(who: Visitor, scope: Scope) -> list[str]:
    return sorted(who.directory.services if scope.services is None else scope.services)


def _weeks(who: Visitor, wanted: _Wanted, place: Place) -> Iterator[Place]:
    """Every service and week that has answers, from a place on."""
    for service in wanted.services:
        if service < place.service:
            continue
        here = place if service == place.service else Place(service, wanted.start)
        while True:
            with db.read(who.engine) as connection:
                monday = weekly.monday(connection, service, max(here.monday, wanted.start))
            if monday is None or monday >= wanted.end:
                break
            yield here if monday == here.monday else Place(service, monday)
            here = Place(service, monday + held.WEEK)


def _rows(who: Visitor, wanted: _Wanted, week: Place, room: int) -> tuple[list[AnswerRow], str]:
    """The next rows of a week, and the id of the last."""
    shown = held.shown(who.engine, who.seen, week.monday)
    offices = {office for office in wanted.offices & shown.few if office in shown}
    if not offices:
        return [], week.id
    with db.read(who.engine) as connection:
        found = weekly.page(connection, week.service, week.monday, offices, week.id, room)
        there = {row.office for row in found}
        crowds = Crowds(connection, _services(who, who.seen), there, week.monday)
        told = hours.crowded(
            connection, week.service, week.monday, week.monday + timedelta(days=6), there
        )
    shared = _shared(who, there, week.monday)
    rows = [_row(who, one, crowds, shared[one.office], hours.of(one) in told) for one in found]
    return rows, found[-1].id if found else week.id


def _shared(who: Visitor, offices: set[str], monday: date) -> dict[str, set[str]]:
    """For each office the channels with their languages that 5 answers of its week share."""
    scope = who.seen.narrowed(Scope(offices=frozenset(offices)))
    during = scope.during(periods.of("week", monday).span)
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    by = ("office", "channel", "language")
    for one in slices.read(who.engine, during, by, {"response"}):
        ways[one.group["office"]][f"{one.group['channel']} {one.group['language']}"] += one.n
    return {office: _together(ways[office]) for office in offices}


def _together(ways: Counter[str]) -> set[str]:
    """Those that 5 share, so long as the others are none, or 5 together."""
    shared = {way: n for way, n in ways.items() if n >= LIMIT}
    rest = ways.total() - sum(shared.values())
    if shared and 0 < rest < LIMIT:
        del shared[min(shared, key=lambda way: (shared[way], way))]
    return set(shared)


def _row(who: Visitor, found: Row[Any], crowds: Crowds, shared: set[str], hour: bool) -> AnswerRow:
    scale = who.directory.services[found.service].surveys[found.survey].trust_scale
    row = export.row(found, scale, hour=hour)
    day = crowds.day(found) >= LIMIT
    way = f"{found.channel} {found.language}" in shared
    told = {
        "channel": found.channel if way else None,
        "language": found.language if way else None,
        "week": periods.of("week", found.day).name,
        "day": found.day if day else None,
    }
    if not who.key.comments:
        told |= {"comment": None, "questions": _chosen(who, found)}
    return AnswerRow.model_validate(row | told)


def _chosen(who: Visitor, found: Row[Any]) -> dict[str, str]:
    """The answers to the questions that offer choices: nobody wrote those."""
    survey = who.directory.services[found.service].surveys[found.survey]
    asked = survey.wording[survey.languages[0]].questions
    offered = {one.code for one in asked if one.choices}
    return {code: text for code, text in found.questions.items() if code in offered}


def _page(rows: list[AnswerRow], place: Place | None) -> dict[str, Any]:
    page = AnswersPage(rows=rows, next=place.cursor if place else None)
    return page.model_dump(mode="json")

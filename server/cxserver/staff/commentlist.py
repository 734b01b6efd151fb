"""The comments that somebody may read: whatever shows any asks here, and gets none that are held.

A comment that matched the agency's alert phrases is never held; but what else is known of it stays
untold while its week is not over, and no filter by that finds it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from heapq import merge

from sqlalchemy import Connection

from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound
from cxserver.insight import drivers, held
from cxserver.insight.held import Kind, Telling
from cxserver.insight.scopes import Scope
from cxserver.instrument.scale import FIVE_POINT, THUMBS
from cxserver.reporting import comments
from cxserver.reporting.comments import Comment, State, Wanted
from cxserver.staff.filters import CHANNELS, language_name

PAGE = 25
# A page that finds little stops here, and offers to look further: it must not read everything.
_LOOKED = 5000
_WEEKS = 26
_MARK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9a-f]{32})?\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a list has come: past this id of the week that begins on this Monday."""

    monday: date
    id: str = ""

    def __str__(self) -> str:
        return f"{self.monday}.{self.id}"

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """The mark that `str` wrote; None for nothing. Raises ValueError."""
        if not text:
            return None
        found = _MARK.match(text)
        if found is None:
            raise ValueError("no mark")
        return cls(held.monday_of(date.fromisoformat(found[1])), found[2] or "")


@dataclass(frozen=True, slots=True)
class Search:
    """Which comments; nothing asks for all. `words` are searched for."""

    services: frozenset[str] | None = None
    kind: Kind = field(default_factory=Kind)
    state: State | None = None
    owner: str | None = None
    alerted: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A comment, and what may be told of it."""

    comment: Comment
    telling: Telling
    directory: Directory

    @property
    def week(self) -> str:
        """When, as far as that is told."""
        return week(self.comment.monday)

    @property
    def address(self) -> str:
        """Its page, below /staff. The week stands in it, never the day."""
        one = self.comment
        return f"/comments/{one.service}/{one.monday}/{one.id}"

    @property
    def office(self) -> str:
        """Where it was given."""
        found = self.directory.offices.get(self.comment.office)
        return found.name if found else self.comment.office

    @property
    def service(self) -> str:
        """What it is about."""
        return self.directory.services[self.comment.service].name

    @property
    def language(self) -> str:
        """The language's code, "" where that would single somebody out."""
        return self.comment.language if self._way_told else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was typed: the comment, and answers to other questions with the questions."""
        more = (f"{question} {answer}" for _, question, answer in self.comment.more)
        return tuple(one for one in (self.comment.text, *more) if one.strip())

    @property
    def facts(self) -> tuple[str, ...]:
        """What else may be told, in words: how it came, the points, the drivers."""
        return tuple(self._facts())

    @property
    def _way_told(self) -> bool:
        return (self.comment.channel, self.comment.language) in self.telling.ways

    def _facts(self) -> Iterator[str]:
        one, telling = self.comment, self.telling
        if self._way_told:
            channel = CHANNELS.get(one.channel, one.channel)
            yield f"{channel}, {language_name(one.language)}"
        if one.scale.value(one.trust) in telling.trust:
            thumbs = one.scale is THUMBS
            yield f"Trust: thumb {THUMBS.value(one.trust)}" if thumbs else f"Trust {one.trust} of 5"
        if one.satisfaction in telling.satisfaction:
            yield f"Satisfaction {one.satisfaction} of 5"
        for side, words in (("negative", "Could be better"), ("positive", "Went well")):
            named = [self._driver(code) for code, which in self._drivers() if which == side]
            if named:
                yield f"{words}: {', '.join(named)}"

    def _drivers(self) -> Iterator[tuple[str, str]]:
        one = self.comment
        for code, points in one.drivers.items():
            good = one.scale.is_good(one.trust) if points is None else points >= FIVE_POINT.good
            side: held.Side = "positive" if good else "negative"
            if (code, side) in self.telling.drivers:
                yield code, side

    def _driver(self, code: str) -> str:
        return drivers.label(self.directory.services[self.comment.service].survey, code)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of comments. `further` is where to go on, None at the end; `short` says that there
    may be more of what was asked for, but that enough was looked through for one page.
    """

    comments: tuple[Told, ...]
    further: Mark | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """All comments of one reader. `scope` is what that person may see, narrowed by offices at most:
    by whatever else it is narrowed, the answers would be counted that a comment hides among.
    """

    connection: Connection
    known: Directory
    scope: Scope
    now: datetime

    def find(self, search: Search, mark: Mark | None = None, limit: int = PAGE) -> Found:
        """The newest comments that may be read, at most `limit`, from `mark` on."""
        found = self._gather(self.connection, search, mark, limit)
        return Found(self._told(found[0]), *found[1:])

    def one(self, service: str, week: date, id: str) -> Told:
        """One comment of the week of that day. Raises NotFound, also where it is held, and where
        it is somebody else's.
        """
        wanted = self._wanted(Search(services=frozenset({service})))
        monday = held.monday_of(week)
        found = comments.find(self.connection, self.known, wanted, monday, id)
        if found is None or not self._may_be_read(found):
            raise NotFound("There is no such comment.")
        [told] = self._told([found])
        return told

    def _may_be_read(self, found: Comment) -> bool:
        if found.alerted:
            return True
        here = self.scope.narrowed(Scope(offices=frozenset({found.office})))
        if not self._is_over(found.monday):
            return False
        return found.office in held.shown(self.connection, here, found.monday)

    def _is_over(self, monday: date) -> bool:
        return monday < held.over(self.known, self.now)

    def _gather(
        self, connection: Connection, search: Search, mark: Mark | None, limit: int
    ) -> tuple[list[Comment], Mark | None, bool]:
        found: list[Comment] = []
        last, weeks, looked = mark, 0, 0
        for place, one in self._steps(connection, search, mark):
            if looked == _LOOKED or (one is None and weeks == _WEEKS):
                return found, last, len(found) < limit
            if one is None:
                weeks += 1
            elif comments.says(one, search.words):
                if len(found) == limit:
                    return found, last, False
                found.append(one)
            looked += one is not None
            last = place
        return found, None, False

    def _steps(
        self, connection: Connection, search: Search, mark: Mark | None
    ) -> Iterator[tuple[Mark, Comment | None]]:
        """Each week, and then each comment of it, with the mark to go on behind it."""
        wanted = self._wanted(search)
        for monday in self._mondays(connection, wanted, mark):
            after = mark.id if mark and mark.monday == monday else ""
            yield Mark(monday, after), None
            for one in self._of_week(connection, search, wanted, monday, after):
                yield Mark(monday, one.id), one

    def _mondays(self, connection: Connection, wanted: Wanted, mark: Mark | None) -> Iterator[date]:
        """The weeks to look through, the newest first."""
        first = comments.first_day(connection, wanted.services)
        if first is None:
            return
        newest = held.newest(self.known, self.now)
        monday = min(mark.monday, newest) if mark else newest
        only = comments.acted_on(connection, wanted)
        while monday >= held.monday_of(first):
            if only is None or monday in only:
                yield monday
            monday -= held.WEEK

    def _of_week(
        self, connection: Connection, search: Search, wanted: Wanted, monday: date, after: str
    ) -> Iterator[Comment]:
        shown = held.Shown({}, search.kind)
        if self._is_over(monday):
            shown = held.shown(self.connection, self.scope, monday, search.kind)

        def listed(these: Wanted) -> Iterator[Comment]:
            return comments.of_week(connection, self.known, these, monday, after)

        some = listed(replace(wanted, offices=shown.few))
        lists = [(one for one in some if one.office in shown)]
        if search.kind == Kind():
            never_held = listed(replace(wanted, alerted=True))
            lists.append(one for one in never_held if one.office not in shown)
        return merge(*lists, key=lambda one: one.id)

    def _wanted(self, search: Search) -> Wanted:
        kind, scope = search.kind, self.scope
        services = frozenset(self.known.services)
        for some in (scope.services, search.services):
            services = services if some is None else services & some
        return Wanted(
            services=services,
            offices=scope.offices,
            channel=kind.channel,
            language=kind.language,
            driver=(kind.driver[0], held.POINTS[kind.driver[1]]) if kind.driver else None,
            score=kind.score,
            thumbs=comments.by_thumbs(self.known),
            state=search.state,
            owner=search.owner,
            alerted=search.alerted,
        )

    def _told(self, found: Sequence[Comment]) -> tuple[Told, ...]:
        telling: dict[date, Mapping[str, Telling]] = {}
        for monday in {one.monday for one in found if self._is_over(one.monday)}:
            offices = frozenset(one.office for one in found if one.monday == monday)
            here = self.scope.narrowed(Scope(offices=offices))
            telling[monday] = held.telling(self.connection, here, monday)
        return tuple(
            Told(one, telling.get(one.monday, {}).get(one.office, Telling()), self.known)
            for one in found
        )


def week(monday: date) -> str:
    """A week in words."""
    return f"Week of {monday:%B} {monday.day}, {monday.year}"

"""The comments that somebody may read: whatever shows any asks here.

For people who do not hold the rows a comment comes with its office's batch, under the week it was
given, with its own points and drivers beside it. One that matched the agency's alert phrases comes
at once, its text alone, and gains the rest when its batch closes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cxserver import periods
from cxserver.catalog.directory import Directory
from cxserver.comments import query
from cxserver.comments.query import Comment, State, Wanted
from cxserver.disclosure.audience import Audience
from cxserver.errors import NotFound
from cxserver.instrument.scale import FIVE_POINT, THUMBS
from cxserver.results import drivers
from cxserver.results.drivers import POINTS, Side
from cxserver.results.question import CHANNELS, language_name
from cxserver.results.scopes import Scope

PAGE = 25
_WEEK = timedelta(days=7)
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
        match = _MARK.match(text)
        if match is None:
            raise ValueError("no mark")
        return cls(monday_of(date.fromisoformat(match[1])), match[2] or "")


@dataclass(frozen=True, slots=True)
class Search:
    """Which comments; nothing asks for all. `score` is trust; `words` are searched for."""

    services: frozenset[str] | None = None
    channel: str | None = None
    language: str | None = None
    driver: tuple[str, Side] | None = None
    score: int | None = None
    state: State | None = None
    owner: str | None = None
    alerted: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadableComment:
    """A comment, and what may be told of it."""

    comment: Comment
    audience: Audience
    directory: Directory

    @property
    def week(self) -> str:
        """When, as far as that is told."""
        return week(self.comment.monday)

    @property
    def address(self) -> str:
        """Its page, below /staff. The week stands in it, never the day."""
        comment = self.comment
        return f"/comments/{comment.service}/{comment.monday}/{comment.id}"

    @property
    def office(self) -> str:
        """Where it was given."""
        result = self.directory.offices.get(self.comment.office)
        return result.name if result else self.comment.office

    @property
    def service(self) -> str:
        """What it is about."""
        return self.directory.services[self.comment.service].name

    @property
    def language(self) -> str:
        """The language's code: it shows in the words, and a screen reader has to know."""
        return self.comment.language

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was typed: the comment, and answers to other questions with the questions."""
        more = (f"{question} {answer}" for _, question, answer in self.comment.more)
        return tuple(item for item in (self.comment.text, *more) if item.strip())

    @property
    def facts(self) -> tuple[str, ...]:
        """What else may be told, in words: how it came, the points, the drivers."""
        return tuple(self._facts())

    def _facts(self) -> Iterator[str]:
        comment = self.comment
        if not comment.is_released:
            return
        if self.audience is Audience.ROWS:
            # How people come is a cut, and counted by month: it stands beside nobody's words.
            channel = CHANNELS.get(comment.channel, comment.channel)
            yield f"{channel}, {language_name(comment.language)}"
        thumbs = comment.scale is THUMBS
        yield (
            f"Trust: thumb {THUMBS.value(comment.trust)}"
            if thumbs
            else f"Trust {comment.trust} of 5"
        )
        if comment.satisfaction is not None:
            yield f"Satisfaction {comment.satisfaction} of 5"
        for side, words in (("negative", "Could be better"), ("positive", "Went well")):
            named = [self._driver(code) for code, which in self._drivers() if which == side]
            if named:
                yield f"{words}: {', '.join(named)}"

    def _drivers(self) -> Iterator[tuple[str, Side]]:
        comment = self.comment
        for code, points in comment.drivers.items():
            good = (
                comment.scale.is_good(comment.trust)
                if points is None
                else points >= FIVE_POINT.good
            )
            yield code, "positive" if good else "negative"

    def _driver(self, code: str) -> str:
        return drivers.label(self.directory.services[self.comment.service].survey, code)


@dataclass(frozen=True, slots=True)
class CommentPage:
    """A page of comments. `further` is where to go on, None at the end; `short` says that there
    may be more of what was asked for, but that enough was looked through for one page.
    """

    comments: tuple[ReadableComment, ...]
    further: Mark | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """All comments of one reader. `scope` is what that person may see."""

    connection: Connection
    known: Directory
    scope: Scope
    now: datetime

    def find(self, search: Search, mark: Mark | None = None, limit: int = PAGE) -> CommentPage:
        """The newest comments that may be read, at most `limit`, from `mark` on."""
        result = self._gather(self.connection, search, mark, limit)
        return CommentPage(tuple(map(self._told, result[0])), *result[1:])

    def named(self, service: str, week: date, id: str) -> ReadableComment:
        """One comment of the week of that day. Raises NotFound, also where its batch is not
        closed, and where it is somebody else's.
        """
        wanted = self._wanted(Search(services=frozenset({service})))
        result = query.find(self.connection, self.known, wanted, monday_of(week), id)
        if result is None:
            raise NotFound("There is no such comment.")
        return self._told(result)

    def _told(self, comment: Comment) -> ReadableComment:
        return ReadableComment(comment, self.scope.audience, self.known)

    def _gather(
        self, connection: Connection, search: Search, mark: Mark | None, limit: int
    ) -> tuple[list[Comment], Mark | None, bool]:
        result: list[Comment] = []
        last, weeks, looked = mark, 0, 0
        for place, comment in self._steps(connection, search, mark):
            if looked == _LOOKED or (comment is None and weeks == _WEEKS):
                return result, last, len(result) < limit
            if comment is None:
                weeks += 1
            elif query.says(comment, search.words):
                if len(result) == limit:
                    return result, last, False
                result.append(comment)
            looked += comment is not None
            last = place
        return result, None, False

    def _steps(
        self, connection: Connection, search: Search, mark: Mark | None
    ) -> Iterator[tuple[Mark, Comment | None]]:
        """Each week, and then each comment of it, with the mark to go on behind it."""
        wanted = self._wanted(search)
        for monday in self._mondays(connection, wanted, mark):
            after = mark.id if mark and mark.monday == monday else ""
            yield Mark(monday, after), None
            for item in query.of_week(connection, self.known, wanted, monday, after):
                yield Mark(monday, item.id), item

    def _mondays(self, connection: Connection, wanted: Wanted, mark: Mark | None) -> Iterator[date]:
        """The weeks to look through, the newest first."""
        first = query.first_day(connection, wanted.services)
        if first is None:
            return
        newest = _newest(self.known, self.now)
        monday = min(mark.monday, newest) if mark else newest
        only = query.acted_on(connection, wanted)
        while monday >= monday_of(first):
            if only is None or monday in only:
                yield monday
            monday -= _WEEK

    def _wanted(self, search: Search) -> Wanted:
        scope = self.scope
        services = frozenset(self.known.services)
        for some in (scope.services, search.services):
            services = services if some is None else services & some
        return Wanted(
            services=services,
            offices=scope.offices,
            channel=search.channel,
            language=search.language,
            driver=(search.driver[0], POINTS[search.driver[1]]) if search.driver else None,
            score=search.score,
            thumbs=query.by_thumbs(self.known),
            state=search.state,
            owner=search.owner,
            alerted=search.alerted,
            audience=scope.audience,
        )


def monday_of(day: date) -> date:
    """The Monday with which the week of `day` begins."""
    return periods.of("week", day).start


def _newest(directory: Directory, now: datetime) -> date:
    """The Monday of the newest week that has begun anywhere."""
    zones = {office.timezone for office in directory.offices.values()}
    days = {now.astimezone(ZoneInfo(zone)).date() for zone in zones} or {now.date()}
    return monday_of(max(days))


def week(monday: date) -> str:
    """A week in words."""
    return f"Week of {monday:%B} {monday.day}, {monday.year}"

"""The comments that somebody may read: whatever shows any asks here.

For people who do not hold the rows a comment comes with its office's batch, under the week it was
given, with its own points and drivers beside it. One that matched the agency's alert phrases comes
at once, its text alone, and gains the rest when its batch closes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cxserver import periods
from cxserver.catalog.directory import Directory
from cxserver.comments import query
from cxserver.comments.comment import Comment, State
from cxserver.comments.query import Wanted
from cxserver.comments.readable import ReadableComment
from cxserver.comments.search_terms import Terms
from cxserver.disclosure.audience import Audience
from cxserver.errors import NotFound
from cxserver.results.drivers import POINTS, Side
from cxserver.results.scopes import Scope

PAGE = 25
_WEEK = timedelta(days=7)
# A page that finds little stops here, and offers to look further: it must not read everything.
# Weeks of many offices take many questions, unless they are read whole, as for a search.
_LOOKED = 10_000
_WEEKS, _SEARCHED_WEEKS = 26, 520
# Where counting stops: nobody reads so many one by one.
COUNTED = 500
# The comments of so few offices are counted by an index, those of more offices by weeks.
_FEW = 64
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
    """Which comments; nothing asks for all. `score` is trust; `words` and `phrases` are searched
    for; `first` and `last` are days, as far as this reader is told of days.
    """

    services: frozenset[str] | None = None
    channel: str | None = None
    language: str | None = None
    driver: tuple[str, Side] | None = None
    score: int | None = None
    state: State | None = None
    owner: str | None = None
    alerted: bool = False
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def seeks(self) -> bool:
        """Whether words are searched for, so that every comment has to be read."""
        return bool(self.words or self.phrases)


@dataclass(frozen=True, slots=True)
class Count:
    """How many were found: those alone that this reader may read. `beyond`: there are more than
    `n`, where counting stopped. `since`: those of this week and later were looked at, None for all.
    """

    n: int
    beyond: bool = False
    since: date | None = None

    def is_all(self, n: int) -> bool:
        """Whether so many are all there are."""
        return n == self.n and not self.beyond and self.since is None


@dataclass(frozen=True, slots=True)
class CommentPage:
    """A page of comments. `further` is where to go on, None at the end; `short` says that there
    may be more of what was asked for, but that enough was looked through for one page. `looked`
    counts the comments looked through, of weeks back to the one of `oldest`.
    """

    comments: tuple[ReadableComment, ...]
    further: Mark | None = None
    short: bool = False
    count: Count | None = None
    looked: int = 0
    oldest: date | None = None


@dataclass(slots=True)
class _Look:
    """What a look through the comments has come to."""

    comments: list[Comment]
    last: Mark | None
    further: Mark | None = None
    n: int = 0
    looked: int = 0
    weeks: int = 0
    stopped: bool = False
    oldest: date | None = None

    def add(self, comment: Comment, limit: int) -> None:
        """One that is wanted: onto the page, or behind it."""
        self.n += 1
        if len(self.comments) < limit:
            self.comments.append(comment)
        elif self.further is None:
            self.further = self.last


@dataclass(frozen=True, slots=True)
class Shelf:
    """All comments of one reader. `scope` is what that person may see."""

    connection: Connection
    known: Directory
    scope: Scope
    now: datetime

    def find(
        self, search: Search, mark: Mark | None = None, limit: int = PAGE, *, counts: bool = False
    ) -> CommentPage:
        """The newest comments that may be read, at most `limit`, from `mark` on. With `counts` it
        says how many there are; of a search that goes on from a mark it does not know.
        """
        seeking = counts and search.seeks and mark is None
        look = self._look(search, mark, limit, COUNTED if seeking else 0)
        is_full = look.further is not None or len(look.comments) == limit
        count = None
        if counts:
            count = _counted(look) if search.seeks else self._count(search)
        # Where every comment was counted and is here, there is none further back.
        stopped = look.stopped and not (mark is None and count and count.is_all(look.n))
        return CommentPage(
            tuple(map(self._told, look.comments)),
            look.further or (look.last if stopped else None),
            stopped and not is_full,
            count if mark is None or not search.seeks else None,
            look.looked,
            look.oldest,
        )

    def _count(self, search: Search) -> Count:
        wanted, since = self._wanted(search), None
        offices = wanted.offices
        is_acted_on = search.alerted or search.owner or search.state not in (None, "unread")
        if not is_acted_on and (offices is None or len(offices) > _FEW):
            since = self._since(wanted)
            if since:
                wanted = replace(wanted, first=max(wanted.first or since, since))
        n = query.count(self.connection, self.known, wanted, COUNTED)
        return Count(min(n, COUNTED), n > COUNTED, since)

    def _since(self, wanted: Wanted) -> date | None:
        """The first week that is counted of many offices, None where there are no older ones."""
        first = query.first_day(self.connection, wanted.services)
        newest = _newest(self.known, self.now)
        last = min(newest, monday_of(wanted.last)) if wanted.last else newest
        since = last - (_WEEKS - 1) * _WEEK
        oldest = max(first, wanted.first) if first and wanted.first else first
        return since if oldest and oldest < since else None

    def some(
        self, search: Search, days: list[date], most: int, before: str = ""
    ) -> list[ReadableComment]:
        """At most so many that were given on these days, chosen by their random ids."""
        wanted = self._wanted(search)
        if wanted.offices is not None and not wanted.offices:
            return []
        chosen = query.some(self.connection, self.known, wanted, days, most, before)
        return [self._told(comment) for comment in chosen]

    def some_each(
        self, wishes: list[tuple[Search, Scope]], days: list[date], most: int
    ) -> list[list[ReadableComment]]:
        """For each of these searches, in these parts of the scope, what `some` gives."""
        every = [
            replace(self, scope=self.scope.narrowed(where))._wanted(search)
            for search, where in wishes
        ]
        chosen = query.some_each(self.connection, self.known, every, days, most)
        return [list(map(self._told, comments)) for comments in chosen]

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

    def _look(self, search: Search, mark: Mark | None, limit: int, count: int) -> _Look:
        """Look until the page is full and one more is there, or `count` and one more."""
        terms = Terms(search.words, search.phrases)
        result = _Look([], mark)
        most = _SEARCHED_WEEKS if terms else _WEEKS
        for place, comment in self._steps(search, mark):
            if result.looked == _LOOKED or (comment is None and result.weeks == most):
                result.stopped = True
                break
            if comment is None:
                result.weeks += 1
            else:
                if not terms or terms.are_in(_typed(comment), comment.language):
                    result.add(comment, limit)
                    if result.n > max(count, limit):
                        break
                result.looked += 1
                result.oldest = comment.monday
            result.last = place
        return result

    def _steps(self, search: Search, mark: Mark | None) -> Iterator[tuple[Mark, Comment | None]]:
        """Each week, and then each comment of it, with the mark to go on behind it."""
        wanted = self._wanted(search)
        connection, known = self.connection, self.known
        for monday in self._mondays(connection, wanted, mark):
            after = mark.id if mark and mark.monday == monday else ""
            yield Mark(monday, after), None
            whole = search.seeks
            for item in query.of_week(connection, known, wanted, monday, after, whole=whole):
                yield Mark(monday, item.id), item

    def _mondays(self, connection: Connection, wanted: Wanted, mark: Mark | None) -> Iterator[date]:
        """The weeks to look through, the newest first."""
        first = query.first_day(connection, wanted.services)
        if first is None:
            return
        newest = _newest(self.known, self.now)
        if wanted.last:
            newest = min(newest, monday_of(wanted.last))
        first = max(first, wanted.first) if wanted.first else first
        monday = min(mark.monday, newest) if mark else newest
        only = query.acted_on(connection, wanted)
        while monday >= monday_of(first):
            if only is None or monday in only:
                yield monday
            monday -= _WEEK

    def _first(self, day: date | None) -> date | None:
        """A first day; the Monday of its week for those who are told of weeks alone."""
        return monday_of(day) if day and self.scope.audience is Audience.RELEASED else day

    def _last(self, day: date | None) -> date | None:
        weekly = day and self.scope.audience is Audience.RELEASED
        return monday_of(day) + timedelta(days=6) if day and weekly else day

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
            first=self._first(search.first),
            last=self._last(search.last),
            audience=scope.audience,
        )


def _counted(look: _Look) -> Count:
    """How many a search found: of all comments, or of those that it came to."""
    if look.n > COUNTED:
        return Count(COUNTED, beyond=True)
    return Count(look.n, since=look.oldest if look.stopped else None)


def _typed(comment: Comment) -> tuple[str, ...]:
    """What the person wrote, without the questions."""
    return (comment.text, *(answer for *_, answer in comment.more))


def monday_of(day: date) -> date:
    """The Monday with which the week of `day` begins."""
    return periods.of("week", day).start


def _newest(directory: Directory, now: datetime) -> date:
    """The Monday of the newest week that has begun anywhere."""
    zones = {office.timezone for office in directory.offices.values()}
    days = {now.astimezone(ZoneInfo(zone)).date() for zone in zones} or {now.date()}
    return monday_of(max(days))

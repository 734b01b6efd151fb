"""What people wrote, week by week: newest week first, and within a week by random id.

That order tells nothing, and it is a key to go on from: no page reads more than it shows, plus one
chunk a day. What comes in has been narrowed by what the reader may see, as plain sets of names, and
says whether that person sees closed batches alone: a comment then comes with its batch. One that
matched an alert phrase never waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.comments.batched import released
from cxserver.comments.comment import Comment, State
from cxserver.disclosure.audience import Audience
from cxserver.instrument.levels import Level
from cxserver.instrument.scale import FIVE_POINT, THUMBS

# With so few offices all their comments of a week are read at once, by the index on the office.
_FEW = 64
_CHUNK, _LARGE = 50, 1000
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which comments; None is any. `driver` is a code and the points of trust, or of the driver
    itself where it was rated, that are meant. `first` and `last` are days. `thumbs` are the survey
    versions (service, number) whose trust is a thumb: their 1 is no point 1.
    """

    services: frozenset[str]
    offices: frozenset[str] | None
    channel: str | None = None
    language: str | None = None
    driver: tuple[str, tuple[int, ...]] | None = None
    score: int | None = None
    state: State | None = None
    owner: str | None = None
    alerted: bool = False
    thumbs: frozenset[tuple[str, int]] = frozenset()
    first: date | None = None
    last: date | None = None
    audience: Audience = Audience.ROWS

    @property
    def looks_beside(self) -> bool:
        """Whether what is not text is asked about, so that text alone does not do."""
        return any(each is not None for each in (self.channel, self.driver, self.score))


def of_week(
    connection: Connection,
    known: Directory,
    wanted: Wanted,
    monday: date,
    after: str = "",
    *,
    whole: bool = False,
) -> Iterator[Comment]:
    """The comments of a week in the order of their ids, those past `after`. `whole`: it will be
    read to its end.
    """
    if wanted.offices is not None and not wanted.offices:
        return
    days = [monday + timedelta(days=n) for n in range(7)]
    if wanted.offices is not None and len(wanted.offices) <= _FEW:
        query = _query(known, wanted, sorted(wanted.services), days, after)
        rows = iter(connection.execute(query))
    elif whole:
        rows = _stream(connection, known, wanted, sorted(wanted.services), days, after, _LARGE)
    else:
        # Each service and day is a stretch of the primary key, read as far as it is needed.
        each = product(sorted(wanted.services), days)
        streams = [
            _stream(connection, known, wanted, [service], [day], after, _CHUNK)
            for service, day in each
        ]
        rows = merge(*streams, key=lambda row: row.id)
    for row in rows:
        comment = _comment(row, known)
        if comment is not None:
            yield comment


def some(
    connection: Connection,
    known: Directory,
    wanted: Wanted,
    days: list[date],
    most: int,
    before: str = "",
) -> list[Comment]:
    """At most so many of these days, by their random ids; `before` leaves out the ids from there
    on, so that of a great many only a part is looked at. One question.
    """
    query = _query(known, wanted, sorted(wanted.services), days, "")
    if before:
        query = query.where(tables.responses.c.id < before)
    rows = connection.execute(query.limit(most))
    return [comment for row in rows if (comment := _comment(row, known)) is not None]


def some_each(
    connection: Connection,
    known: Directory,
    every: list[Wanted],
    days: list[date],
    most: int,
) -> list[list[Comment]]:
    """For each of these wishes what `some` gives, all by one question."""
    queries = (
        _query(known, wanted, sorted(wanted.services), days, "")
        .add_columns(literal_column(str(at)).label("wish"))
        .limit(most)
        .subquery()
        for at, wanted in enumerate(every)
    )
    result: list[list[Comment]] = [[] for _ in every]
    if not every:
        return result
    for row in connection.execute(union_all(*map(select, queries))):
        comment = _comment(row, known)
        if comment is not None:
            result[row.wish].append(comment)
    return result


def find(
    connection: Connection, known: Directory, wanted: Wanted, monday: date, id: str
) -> Comment | None:
    """One comment of that week, by its id."""
    days = [monday + timedelta(days=n) for n in range(7)]
    query = _query(known, wanted, sorted(wanted.services), days, "")
    row = connection.execute(query.where(tables.responses.c.id == id)).first()
    return _comment(row, known) if row else None


def acted_on(connection: Connection, wanted: Wanted) -> set[date] | None:
    """The Mondays of weeks that can hold what is wanted, or None where any can.

    Few comments have a case or an alert: the weeks without one need not be read.
    """
    if wanted.alerted:
        columns, terms = tables.alerts.c, []
    elif wanted.owner is not None or wanted.state in ("read", "open", "done"):
        columns, terms = tables.cases.c, _case_terms(wanted)
    else:
        return None
    query = (
        select(columns.day).where(columns.service.in_(sorted(wanted.services)), *terms).distinct()
    )
    days = connection.execute(query).scalars()
    return {day - timedelta(days=day.weekday()) for day in days}


def first_day(connection: Connection, services: frozenset[str]) -> date | None:
    """The day of the oldest answer to these services."""
    columns = tables.tallies.c
    query = select(func.min(columns.day)).where(
        columns.level == Level.DAY.value, columns.service.in_(sorted(services))
    )
    result: date | None = connection.execute(query).scalar()
    return result


def count(connection: Connection, known: Directory, wanted: Wanted, most: int) -> int:
    """How many there are, one more than `most` for any number beyond it. One question."""
    if wanted.offices is not None and not wanted.offices:
        return 0
    services = sorted(wanted.services)
    query = _query(known, wanted, services, None, "").where(_worded(known, services))
    some = query.with_only_columns(tables.responses.c.id).order_by(None).limit(most + 1)
    result: int = connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return result


def _worded(known: Directory, services: list[str]) -> ColumnElement[bool]:
    """Whether anything was typed, and not only chosen, as `_comment` decides it."""
    columns = tables.responses.c
    answers = cast(columns.questions, Text)
    codes = {
        question.code
        for service in services
        for survey in known.services[service].surveys.values()
        for wording in survey.wording.values()
        for question in wording.questions
        if not question.choices
    }
    typed = (answers.like(f'%"{code}": "%') for code in sorted(codes))
    return or_(columns.comment != "", *typed)


def predicate(wanted: Wanted, services: list[str], days: list[date] | None) -> ColumnElement[bool]:
    """What is wanted as SQL, for comments, of these days or of all. A test holds it against
    `results.tally_query.predicate`, which is the same for counts.
    """
    columns = tables.responses.c
    terms: list[ColumnElement[bool]] = [columns.service.in_(services)]
    if days is not None:
        terms.append(columns.day.in_(days))
    if wanted.first is not None:
        terms.append(columns.day >= wanted.first)
    if wanted.last is not None:
        terms.append(columns.day <= wanted.last)
    if wanted.offices is not None:
        terms.append(columns.office.in_(sorted(wanted.offices)))
    if wanted.channel is not None:
        terms.append(columns.channel == wanted.channel)
    if wanted.language is not None:
        terms.append(columns.language == wanted.language)
    if wanted.score is not None:
        terms.append(and_(columns.trust == wanted.score, not_(_by_thumb(wanted))))
    if wanted.driver is not None:
        terms.append(_names(*wanted.driver, _by_thumb(wanted)))
    return and_(*terms)


def _query(
    known: Directory, wanted: Wanted, services: list[str], days: list[date] | None, after: str
) -> Select[Any]:
    responses, cases = tables.responses, tables.cases
    same = and_(
        cases.c.service == responses.c.service,
        cases.c.day == responses.c.day,
        cases.c.response == responses.c.id,
    )
    alerts = tables.alerts.c
    alerted = exists().where(
        alerts.service == responses.c.service,
        alerts.day == responses.c.day,
        alerts.response == responses.c.id,
    )
    is_released: ColumnElement[bool] = true()
    if wanted.audience is Audience.RELEASED:
        is_released = released(known, services)
    query = (
        select(
            responses,
            cases.c.state,
            cases.c.owner,
            _is_unread().label("is_unread"),
            alerted.label("alerted"),
            is_released.label("is_released"),
        )
        .select_from(responses.outerjoin(cases, same))
        .where(predicate(wanted, services, days), literal_column(f"({tables.WORDED})"))
        # A cry for help among answers that were taken out is still one.
        .where(or_(tables.IS_COUNTED, alerted))
        .order_by(responses.c.id)
    )
    if wanted.audience is Audience.RELEASED:
        query = query.where(is_released if wanted.looks_beside else or_(is_released, alerted))
    if after:
        query = query.where(responses.c.id > after)
    return query.where(*_becoming(wanted, services, days))


def _becoming(wanted: Wanted, services: list[str], days: list[date] | None) -> Iterator[Any]:
    """What became of them. Named by their ids, which the primary key finds one by one."""
    id = tables.responses.c.id

    def inside(columns: Any) -> list[Any]:
        terms = [columns.service.in_(services)]
        return terms if days is None else [*terms, columns.day.in_(days)]

    if wanted.alerted:
        columns = tables.alerts.c
        yield id.in_(select(columns.response).where(*inside(columns)))
    if wanted.state == "unread":
        yield _is_unread()
    elif wanted.state is not None or wanted.owner is not None:
        cases = tables.cases.c
        yield id.in_(select(cases.response).where(*inside(cases), *_case_terms(wanted)))


def _is_unread() -> ColumnElement[bool]:
    """Whether nobody has opened it: it has no case, or one that is as a low score opened it."""
    cases = tables.cases.c
    return or_(cases.state.is_(None), and_(cases.opened_for.is_not(None), cases.version == 1))


def _case_terms(wanted: Wanted) -> list[Any]:
    columns = tables.cases.c
    terms = [columns.state == wanted.state] if wanted.state not in (None, "unread") else []
    return terms + ([columns.owner == wanted.owner] if wanted.owner is not None else [])


def by_thumbs(known: Directory) -> frozenset[tuple[str, int]]:
    """The survey versions whose trust is a thumb."""
    return frozenset(
        (service.slug, n)
        for service in known.services.values()
        for n, survey in service.surveys.items()
        if survey.trust_scale is THUMBS
    )


def _by_thumb(wanted: Wanted) -> ColumnElement[bool]:
    columns = tables.responses.c
    return (
        tuple_(columns.service, columns.survey).in_(sorted(wanted.thumbs))
        if wanted.thumbs
        else false()
    )


def _names(code: str, points: tuple[int, ...], thumb: ColumnElement[bool]) -> Any:
    """Those that tapped a driver while giving trust these points, or gave them to the driver."""
    taps, trust = cast(tables.responses.c.drivers, Text), tables.responses.c.trust
    side = int(FIVE_POINT.points[-1] in points)
    rated = or_(and_(not_(thumb), trust.in_(points)), and_(thumb, trust == side))
    tapped = and_(taps.like(f'[%"{code}"%'), rated)
    return or_(tapped, *(taps.like(f'{{%"{code}": {point}%') for point in points))


def _stream(
    connection: Connection,
    known: Directory,
    wanted: Wanted,
    services: list[str],
    days: list[date],
    after: str,
    chunk: int,
) -> Iterator[Row[Any]]:
    last = after
    while True:
        query = _query(known, wanted, services, days, last).limit(chunk)
        page = connection.execute(query).all()
        yield from page
        if len(page) < chunk:
            return
        last = page[-1].id


def _comment(row: Row[Any], known: Directory) -> Comment | None:
    """The comment of a response, or None where nothing was typed."""
    more = tuple(_typed(row, known))
    if not row.comment.strip() and not more:
        return None
    drivers = row.drivers if isinstance(row.drivers, dict) else dict.fromkeys(row.drivers)
    return Comment(
        service=row.service,
        day=row.day,
        id=row.id,
        office=row.office,
        channel=row.channel,
        language=row.language,
        trust=row.trust,
        scale=known.services[row.service].surveys[row.survey].trust_scale,
        satisfaction=row.satisfaction,
        drivers=drivers,
        text=row.comment,
        more=more,
        state=row.state or "unread",
        is_unread=bool(row.is_unread),
        owner=row.owner,
        alerted=bool(row.alerted),
        is_released=bool(row.is_released),
    )


def _typed(row: Row[Any], known: Directory) -> Iterator[tuple[str, str, str]]:
    """The questions answered in words, not by a choice: code, question, answer."""
    survey = known.services[row.service].surveys[row.survey]
    wording = survey.wording.get("en") or survey.wording[survey.languages[0]]
    for question in wording.questions:
        answer = row.questions.get(question.code, "")
        if not question.choices and answer.strip():
            yield question.code, question.text, answer

"""What is due to be deleted: whole days of an office, under the rules, by that office's date."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, Text, cast, func, or_, select

from cxserver import tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.comments import redaction
from cxserver.comments.striking import MARK
from cxserver.records import holds, rules
from cxserver.records.holds import Standing
from cxserver.records.rules import Kind, Rule


@dataclass(frozen=True, slots=True)
class Due:
    """So many records of an office and day are due under a rule. `hold` is the id of a hold that
    keeps them; "" if none does. Lines of the audit log have no office.
    """

    rule: Rule
    office: str
    day: date
    n: int
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """All that is due under a rule, and kept by the same hold or by none: its days and number."""

    rule: Rule
    hold: str
    first: date
    last: date
    n: int


def totals(items: Iterable[Due]) -> list[Total]:
    """What is due, by rule and hold."""
    groups: dict[tuple[Rule, str], list[Due]] = defaultdict(list)
    for item in items:
        groups[item.rule, item.hold].append(item)
    return [
        Total(
            *key,
            first=min(item.day for item in some),
            last=max(item.day for item in some),
            n=sum(item.n for item in some),
        )
        for key, some in groups.items()
    ]


def due(connection: Connection, known: Directory, now: datetime) -> list[Due]:
    """All that is due, and what of it a hold keeps."""
    standing = Standing(known, holds.read(connection))
    result: list[Due] = []
    leaving: set[tuple[str, str, date]] = set()
    for rule in rules.all_rules(known):
        if rule.kind is Kind.AUDIT:
            result += of_log(connection, known, rule, standing, now)
            continue
        for item in of_rule(connection, known, rule, standing, now):
            place = (rule.service, item.office, item.day)
            # What hangs on an answer leaves with it.
            if place not in leaving:
                result.append(item)
            if rule.kind is Kind.ANSWERS:
                leaving.add(place)
    return result


def of_rule(
    connection: Connection,
    known: Directory,
    rule: Rule,
    standing: Standing,
    now: datetime,
    day: date | None = None,
) -> Iterator[Due]:
    """What is due under one rule, of all days or of one, in the order of days."""
    query = _counted(known, rule).where(tables.responses.c.service == rule.service)
    response = tables.responses.c
    # Nowhere on earth is it later than this; each office goes by its own date below.
    latest = rules.last_due(rule.retention, now.date() + timedelta(days=1))
    query = query.where(response.day <= latest if day is None else response.day == day)
    for office, at, n in connection.execute(query.order_by(response.day, response.office)):
        today = directory.date_at(known.offices.get(office), now)
        if at <= rules.last_due(rule.retention, today):
            yield Due(rule, office, at, n, standing.over(rule.service, office, at))


def of_log(
    connection: Connection, known: Directory, rule: Rule, standing: Standing, now: datetime
) -> Iterator[Due]:
    """What of the audit log is due, by the agency's date, from its first line on.

    Its chain allows no gap: behind the first line that stays, all stay. So a line that was written
    by a clock that was behind goes with the day of those before it.
    """
    line = tables.audit.c
    latest = rules.last_due(rule.retention, known.today(now))
    stays = select(func.min(line.n)).where(line.at >= known.end_of(latest)).scalar_subquery()
    query = select(line.at).where(or_(stays.is_(None), line.n < stays)).order_by(line.n)
    days: Counter[date] = Counter()
    day = date.min
    for at in connection.execute(query).scalars():
        day = max(day, known.today(at))
        days[day] += 1
    hold = ""
    for day, n in days.items():
        hold = hold or standing.over_log(day)
        yield Due(rule, "", day, n, hold)


def _counted(known: Directory, rule: Rule) -> Select[Any]:
    response = tables.responses.c
    query = select(response.office, response.day, func.count())
    query = query.group_by(response.office, response.day)
    match rule.kind:
        case Kind.ANSWERS:
            return query
        case Kind.COMMENTS:
            return query.where(has_words(known, rule.service))
        case Kind.CASES:
            return query.where(_hangs(tables.cases))
        case Kind.REPLIES:
            return query.where(_hangs(tables.replies))
        case Kind.AUDIT:
            raise AssertionError("The audit log hangs on no answer: `of_log` counts it.")


def has_words(known: Directory, service: str) -> ColumnElement[bool]:
    """That something was typed in an answer, and is not redacted as a whole."""
    response = tables.responses.c
    typed = [
        cast(response.questions[code].as_string(), Text).not_in(("", MARK))
        for code in sorted(redaction.typed(known, service))
    ]
    return or_(response.comment.not_in(("", MARK)), *typed)


def _hangs(table: Table) -> ColumnElement[bool]:
    response = tables.responses.c
    return (
        select(table.c.response)
        .where(
            table.c.service == response.service,
            table.c.day == response.day,
            table.c.response == response.id,
        )
        .exists()
    )

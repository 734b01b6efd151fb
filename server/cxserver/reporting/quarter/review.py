"""Comments before they leave the agency: read by a person, then approved or withheld.

The v2 file carries what people wrote, and OMB publishes it. Software that masks numbers does not
know a name when it sees one, so each comment waits for a person. Redacting is not a decision
here: it changes the comment itself, and what is left is approved like any other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, func, select, tuple_

from cxserver import tables
from cxserver.errors import NotFound
from cxserver.periods import Period
from cxserver.reporting.quarter import answers

Decision = Literal["approve", "withhold"]
Named = tuple[str, date, str]
# Service, channel, survey version, flags.
Group = tuple[str, str, int, str]

# As many at once as one statement of either database takes with ease.
_STEP = 300


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the quarter and what was decided about it; `row` names its response."""

    row: Named
    text: str
    decision: Decision | None
    who: str

    @property
    def name(self) -> str:
        """The name to type: service, day and id."""
        service, day, id = self.row
        return f"{service}/{day.isoformat()}/{id}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many comments of a quarter are approved, withheld, and still wait."""

    approved: int = 0
    withheld: int = 0
    waiting: int = 0


def named(text: str) -> Named:
    """The response that a name names. Raises NotFound."""
    service, _, rest = text.partition("/")
    day, _, id = rest.partition("/")
    try:
        return service, date.fromisoformat(day), id
    except ValueError:
        raise NotFound(f"'{text}' is not the name of a comment: SERVICE/DAY/ID.") from None


def decide(
    connection: Connection, rows: Iterable[Named], decision: Decision, who: str, now: datetime
) -> int:
    """Approve or withhold comments; a later decision takes the place of an earlier one.

    Raises NotFound when one of them is no comment.
    """
    wanted = sorted(set(rows))
    for start in range(0, len(wanted), _STEP):
        _put(connection, wanted[start : start + _STEP], decision, who, now)
    return len(wanted)


def read(
    connection: Connection,
    quarter: Period,
    service: str | None = None,
    *,
    undecided: bool = False,
    after: Named | None = None,
    limit: int = 100,
) -> list[Comment]:
    """Comments of the quarter, flagged answers and all. By service they stand in the order of
    their random ids, which tells nothing of the days; `after` is the last one of the page before.
    """
    held = tables.responses.c
    key = (held.service, held.id)
    query = (
        select(
            *key,
            held.day,
            held.comment,
            tables.comment_reviews.c.decision,
            tables.comment_reviews.c.who,
        )
        .select_from(_joined())
        .where(_written(quarter, service))
        .order_by(*key)
        .limit(limit)
    )
    if undecided:
        query = query.where(tables.comment_reviews.c.decision.is_(None))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(after[0], after[2]))
    return [_comment(row) for row in connection.execute(query)]


def waiting(connection: Connection, quarter: Period, service: str | None = None) -> int:
    """How many comments of the quarter nobody has decided about."""
    query = (
        select(func.count())
        .select_from(_joined())
        .where(_written(quarter, service), tables.comment_reviews.c.decision.is_(None))
    )
    return int(connection.execute(query).scalar_one())


def find(connection: Connection, quarter: Period, names: Iterable[tuple[str, str]]) -> list[Named]:
    """The comments of the quarter with these services and ids. Raises NotFound."""
    wanted = sorted(set(names))
    held = tables.responses.c
    query = select(held.service, held.day, held.id).where(
        _written(quarter, None), tuple_(held.service, held.id).in_(wanted)
    )
    found = [(row.service, row.day, row.id) for row in connection.execute(query)]
    if len(found) != len(wanted):
        raise NotFound("One of these comments is not there any more.")
    return found


def standings(connection: Connection, quarter: Period) -> Mapping[Group, Standing]:
    """What became of the comments, by service, channel, survey version and flags."""
    held, decision = tables.responses.c, tables.comment_reviews.c.decision
    by = (held.service, held.channel, held.survey, held.flags)
    query = (
        select(*by, decision, func.count())
        .select_from(_joined())
        .where(_written(quarter, None))
        .group_by(*by, decision)
    )
    found: dict[Group, Counter[str]] = defaultdict(Counter)
    for service, channel, survey, flags, decided, n in connection.execute(query):
        found[service, channel, survey, flags][decided or "waiting"] += n
    return {
        group: Standing(seen["approve"], seen["withhold"], seen["waiting"])
        for group, seen in found.items()
    }


def together(every: Iterable[Standing]) -> Standing:
    """All of them added up."""
    some = list(every)
    return Standing(
        sum(one.approved for one in some),
        sum(one.withheld for one in some),
        sum(one.waiting for one in some),
    )


def _written(quarter: Period, service: str | None) -> Any:
    held = tables.responses.c
    terms = [held.day >= quarter.start, held.day < quarter.end, held.comment != "", answers.own()]
    if service is not None:
        terms.append(held.service == service)
    return and_(*terms)


def _joined() -> Any:
    one, other = tables.responses, tables.comment_reviews
    return one.outerjoin(
        other,
        and_(
            other.c.service == one.c.service,
            other.c.day == one.c.day,
            other.c.response == one.c.id,
        ),
    )


def _put(
    connection: Connection, rows: list[Named], decision: Decision, who: str, now: datetime
) -> None:
    _must_exist(connection, rows)
    held = tables.comment_reviews.c
    same = tuple_(held.service, held.day, held.response).in_(rows)
    connection.execute(delete(tables.comment_reviews).where(same))
    connection.execute(
        tables.comment_reviews.insert(),
        [
            {
                "service": service,
                "day": day,
                "response": id,
                "decision": decision,
                "who": who,
                "at": now,
            }
            for service, day, id in rows
        ],
    )


def _must_exist(connection: Connection, rows: list[Named]) -> None:
    held = tables.responses.c
    key = (held.service, held.day, held.id)
    query = select(*key).where(tuple_(*key).in_(rows), held.comment != "")
    there = {tuple(row) for row in connection.execute(query)}
    for service, day, id in rows:
        if (service, day, id) not in there:
            raise NotFound(f"There is no comment {service}/{day}/{id}.")


def _comment(row: Any) -> Comment:
    return Comment((row.service, row.day, row.id), row.comment, row.decision, row.who or "")

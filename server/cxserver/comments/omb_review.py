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
from cxserver.errors import Conflict, NotFound
from cxserver.periods import Period
from cxserver.response_id import ResponseId

Decision = Literal["approve", "withhold"]
# Service, channel, survey version, flags.
Group = tuple[str, str, int, str]

# As many at once as one statement of either database takes with ease.
_STEP = 300


@dataclass(frozen=True, slots=True)
class OmbComment:
    """A comment of the quarter and what was decided about it; `row` names its response."""

    row: ResponseId
    text: str
    decision: Decision | None
    who: str
    version: int = 0

    @property
    def name(self) -> str:
        """The name to type: service, day and id."""
        return f"{self.row.service}/{self.row.day.isoformat()}/{self.row.id}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many comments of a quarter are approved, withheld, and still wait."""

    approved: int = 0
    withheld: int = 0
    waiting: int = 0


def named(text: str) -> ResponseId:
    """The response that a name names. Raises NotFound."""
    service, _, rest = text.partition("/")
    day, _, id = rest.partition("/")
    try:
        return ResponseId(service, date.fromisoformat(day), id)
    except ValueError:
        raise NotFound(f"'{text}' is not a comment's name. Write it as SERVICE/DAY/ID.") from None


class AlreadyDecided(Conflict):
    """Colleagues have decided about these comments since somebody opened the page."""

    def __init__(self, rows: list[ResponseId], who: str):
        super().__init__(f"{who} decided about {len(rows)} of these since you opened the page.")
        self.rows = rows


def decide(
    connection: Connection,
    rows: Iterable[ResponseId],
    decision: Decision,
    who: str,
    now: datetime,
    seen: Mapping[ResponseId, int] | None = None,
) -> int:
    """Approve or withhold comments; a later decision takes the place of an earlier one.

    `seen` are the versions that somebody had before their eyes, 0 for a comment that waited; a
    command gives none. Raises NotFound when one of them is no comment, AlreadyDecided when there
    is a later decision than was seen.
    """
    wanted = sorted(set(rows))
    if seen is not None:
        _check_seen(connection, wanted, seen)
    for start in range(0, len(wanted), _STEP):
        _put(connection, wanted[start : start + _STEP], decision, who, now)
    return len(wanted)


def read(
    connection: Connection,
    quarter: Period,
    service: str | None = None,
    *,
    undecided: bool = False,
    after: ResponseId | None = None,
    limit: int = 100,
) -> list[OmbComment]:
    """Comments of the quarter, flagged answers and all. By service they stand in the order of
    their random ids, which tells nothing of the days; `after` is the last one of the page before.
    """
    columns = tables.responses.c
    key = (columns.service, columns.id)
    query = (
        select(
            *key,
            columns.day,
            columns.comment,
            tables.comment_reviews.c.decision,
            tables.comment_reviews.c.who,
            tables.comment_reviews.c.version,
        )
        .select_from(_joined())
        .where(_written(quarter, service))
        .order_by(*key)
        .limit(limit)
    )
    if undecided:
        query = query.where(tables.comment_reviews.c.decision.is_(None))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(after.service, after.id))
    return [_comment(row) for row in connection.execute(query)]


def read_some(connection: Connection, rows: Iterable[ResponseId]) -> list[OmbComment]:
    """These comments, and what was decided about each."""
    columns = tables.responses.c
    review = tables.comment_reviews.c
    query = (
        select(
            *(columns.service, columns.id, columns.day, columns.comment),
            *(review.decision, review.who, review.version),
        )
        .select_from(_joined())
        .where(tuple_(columns.service, columns.day, columns.id).in_(list(rows)))
        .order_by(columns.service, columns.id)
    )
    return [_comment(row) for row in connection.execute(query)]


def waiting(connection: Connection, quarter: Period, service: str | None = None) -> int:
    """How many comments of the quarter nobody has decided about."""
    query = (
        select(func.count())
        .select_from(_joined())
        .where(_written(quarter, service), tables.comment_reviews.c.decision.is_(None))
    )
    return int(connection.execute(query).scalar_one())


def find(
    connection: Connection, quarter: Period, names: Iterable[tuple[str, str]]
) -> list[ResponseId]:
    """The comments of the quarter with these services and ids. Raises NotFound."""
    wanted = sorted(set(names))
    columns = tables.responses.c
    query = select(columns.service, columns.day, columns.id).where(
        _written(quarter, None), tuple_(columns.service, columns.id).in_(wanted)
    )
    rows = [ResponseId(*row) for row in connection.execute(query)]
    if len(rows) != len(wanted):
        raise NotFound("One of these comments is gone.")
    return rows


def standings(connection: Connection, quarter: Period) -> Mapping[Group, Standing]:
    """What became of the comments, by service, channel, survey version and flags."""
    responses, decision = tables.responses.c, tables.comment_reviews.c.decision
    by = (responses.service, responses.channel, responses.survey, responses.flags)
    query = (
        select(*by, decision, func.count())
        .select_from(_joined())
        .where(_written(quarter, None))
        .group_by(*by, decision)
    )
    result: dict[Group, Counter[str]] = defaultdict(Counter)
    for service, channel, survey, flags, decided, n in connection.execute(query):
        result[service, channel, survey, flags][decided or "waiting"] += n
    return {
        group: Standing(seen["approve"], seen["withhold"], seen["waiting"])
        for group, seen in result.items()
    }


def together(every: Iterable[Standing]) -> Standing:
    """All of them added up."""
    some = list(every)
    return Standing(
        sum(item.approved for item in some),
        sum(item.withheld for item in some),
        sum(item.waiting for item in some),
    )


def _written(quarter: Period, service: str | None) -> Any:
    columns = tables.responses.c
    terms = [
        columns.day >= quarter.start,
        columns.day < quarter.end,
        columns.comment != "",
        tables.ASKED_BY_US,
        tables.IS_COUNTED,
    ]
    if service is not None:
        terms.append(columns.service == service)
    return and_(*terms)


def _joined() -> Any:
    responses, reviews = tables.responses, tables.comment_reviews
    return responses.outerjoin(
        reviews,
        and_(
            reviews.c.service == responses.c.service,
            reviews.c.day == responses.c.day,
            reviews.c.response == responses.c.id,
        ),
    )


def _put(
    connection: Connection, rows: list[ResponseId], decision: Decision, who: str, now: datetime
) -> None:
    _must_exist(connection, rows)
    columns = tables.comment_reviews.c
    same = tuple_(columns.service, columns.day, columns.response).in_(rows)
    before = _versions(connection, rows)
    connection.execute(delete(tables.comment_reviews).where(same))
    connection.execute(
        tables.comment_reviews.insert(),
        [
            {
                "service": row.service,
                "day": row.day,
                "response": row.id,
                "decision": decision,
                "who": who,
                "at": now,
                "version": before.get(row, (0, ""))[0] + 1,
            }
            for row in rows
        ],
    )


def _check_seen(
    connection: Connection, rows: list[ResponseId], seen: Mapping[ResponseId, int]
) -> None:
    last = _versions(connection, rows)
    later = [row for row in rows if last.get(row, (0, ""))[0] != seen.get(row, 0)]
    if later:
        raise AlreadyDecided(later, last[later[0]][1] if later[0] in last else "Somebody")


def _versions(connection: Connection, rows: list[ResponseId]) -> dict[ResponseId, tuple[int, str]]:
    """The version of each decision, and who took it."""
    columns = tables.comment_reviews.c
    key = tuple_(columns.service, columns.day, columns.response)
    result: dict[ResponseId, tuple[int, str]] = {}
    for start in range(0, len(rows), _STEP):
        query = select(tables.comment_reviews).where(key.in_(rows[start : start + _STEP]))
        for row in connection.execute(query.with_for_update()):
            result[ResponseId(row.service, row.day, row.response)] = (row.version, row.who)
    return result


def _must_exist(connection: Connection, rows: list[ResponseId]) -> None:
    columns = tables.responses.c
    key = (columns.service, columns.day, columns.id)
    query = select(*key).where(tuple_(*key).in_(rows), columns.comment != "")
    there = {ResponseId(*row) for row in connection.execute(query)}
    for row in rows:
        if row not in there:
            raise NotFound(f"There is no comment {row.service}/{row.day}/{row.id}.")


def _comment(row: Any) -> OmbComment:
    named = ResponseId(row.service, row.day, row.id)
    return OmbComment(named, row.comment, row.decision, row.who or "", row.version or 0)

"""Answers that are excluded leave official numbers at once, and released ones by fives; restored,
all is as it was.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update

from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.comments import query as comments
from cxserver.disclosure.audience import Audience
from cxserver.errors import Conflict, ExclusionRefused, NotFound
from cxserver.instrument.flags import RUSH
from cxserver.intake import closing, cut_tables, exclusions, recount, reflag, store
from cxserver.periods import of
from cxserver.response_id import ResponseId
from cxserver.results import cuts
from cxserver.results.cuts import NotCut
from cxserver.results.scopes import Scope
from tests.support.comment_factory import add_comments, directory_of
from tests.support.house import House

MONDAY = date(2026, 11, 2)
TUESDAY = MONDAY + timedelta(days=1)
DECEMBER = date(2026, 12, 1)


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def arrive(house: House, n: int, day: date = MONDAY, **fields: Any) -> list[ResponseId]:
    return add_comments(house, *[""] * n, day=day, **fields)


def close(house: House, day: date = MONDAY) -> None:
    """Close this day, on the morning after it."""
    closing.close_due(house.engine, directory_of(house), morning(day + timedelta(days=1)))


def exclude(house: House, rows: Iterable[ResponseId], service: str = "permits") -> str:
    with db.write(house.engine) as connection:
        return exclusions.exclude(
            connection,
            directory_of(house),
            service,
            rows,
            "a script",
            "ann@example.gov",
            morning(TUESDAY),
        )


def restore(house: House, id: str, day: date = TUESDAY) -> None:
    with db.write(house.engine) as connection:
        exclusions.restore(
            connection, directory_of(house), "permits", id, "ben@example.gov", morning(day)
        )


def numbers(house: House) -> tuple[int, int]:
    """How many answers are counted officially, and how many are released."""
    sums = []
    with db.read(house.engine) as connection:
        for table in (tables.tallies, tables.released):
            query = select(func.sum(table.c.answers)).where(table.c.level == "office-day")
            sums.append(connection.execute(query).scalar() or 0)
    assert recount.differences(db.source(house.engine)) == []
    return sums[0], sums[1]


def everything(house: House) -> list[list[tuple[object, ...]]]:
    """All official and released counts, on all levels."""
    with db.read(house.engine) as connection:
        return [
            sorted(map(tuple, connection.execute(select(table))))
            for table in (*store.COUNTED, *store.RELEASED)
        ]


def by_channel(house: House) -> dict[str, int]:
    """What somebody without the rows is shown of November, by channel."""
    scope = Scope(
        services=frozenset({"permits"}), span=of("month", MONDAY).span, audience=Audience.RELEASED
    )
    with db.read(house.engine) as connection:
        counted = cuts.read(connection, scope, ("channel",))
    return {each.group["channel"]: each.n for each in counted.slices}


def test_excluded_answers_leave_official_numbers_at_once(house):
    rows = arrive(house, 20)
    close(house)
    exclude(house, rows[:6])
    assert numbers(house) == (14, 14)


def test_fewer_than_five_stay_in_what_is_released(house):
    rows = arrive(house, 20)
    close(house)
    exclude(house, rows[:4])
    exclude(house, rows[4:8])
    assert numbers(house) == (12, 20)
    exclude(house, rows[8:13])
    assert numbers(house) == (7, 15)


def test_a_batch_that_would_keep_one_to_four_leaves_whole(house):
    rows = arrive(house, 12)
    close(house)
    exclude(house, rows[:8])
    assert numbers(house) == (4, 0)


@pytest.mark.parametrize("n", [3, 6, 11, 12])
def test_restoring_puts_back_exactly_what_left(house, n):
    rows = arrive(house, 6, drivers=("ease",), trust=2) + arrive(house, 6, kind=Kind.KIOSK)
    arrive(house, 6, office="lakeside")
    close(house)
    before = everything(house)
    id = exclude(house, rows[:n])
    assert everything(house) != before
    restore(house, id)
    assert everything(house) == before
    assert numbers(house) == (18, 18)


def test_an_action_takes_out_each_answer_once(house):
    rows = arrive(house, 20)
    close(house)
    first = exclude(house, rows[:6])
    second = exclude(house, rows[:12])
    assert numbers(house) == (8, 8)
    restore(house, first)
    assert numbers(house) == (14, 14)
    restore(house, second)
    assert numbers(house) == (20, 20)


def test_an_answer_excluded_before_its_batch_arrives_when_restored(house):
    rows = arrive(house, 7)
    id = exclude(house, rows[:4])
    close(house)
    # Three wait, and four have not arrived.
    assert numbers(house) == (3, 0)
    restore(house, id)
    close(house, TUESDAY)
    assert numbers(house) == (7, 7)
    with db.read(house.engine) as connection:
        closed = connection.execute(select(tables.batches)).one()
    assert (closed.first, closed.through, closed.n) == (MONDAY, TUESDAY, 7)


def test_a_restored_answer_never_arrives_on_a_closed_day(house):
    rows = arrive(house, 2, office="lakeside")
    id = exclude(house, rows)
    arrive(house, 5, office="lakeside", day=TUESDAY)
    close(house, TUESDAY)
    restore(house, id, TUESDAY)
    days = {each["counted_day"] for each in house.responses() if each["id"] in {rows[0][2]}}
    assert days == {TUESDAY + timedelta(days=1)}
    assert numbers(house) == (7, 5)


def test_an_action_is_restored_once(house):
    rows = arrive(house, 6)
    id = exclude(house, rows)
    restore(house, id)
    with pytest.raises(Conflict, match="undone already"):
        restore(house, id)
    with pytest.raises(NotFound):
        restore(house, "f" * 16)
    assert numbers(house) == (6, 0)


def test_a_batch_split_once_is_not_split_again(house):
    rows = arrive(house, 20)
    close(house)
    restore(house, exclude(house, rows[:5]))
    second = exclude(house, rows[:6])
    assert numbers(house) == (14, 0)
    restore(house, second)
    assert numbers(house) == (20, 20)


def test_what_cannot_be_excluded_is_refused(house):
    rows = arrive(house, 5)
    exclude(house, rows)
    with pytest.raises(Conflict, match="excluded already"):
        exclude(house, rows)
    with pytest.raises(NotFound):
        exclude(house, [rows[0]._replace(id="f" * 32)])
    with pytest.raises(NotFound):
        exclude(house, rows, service="hearings")


def test_an_import_is_undone_whole(house, monkeypatch):
    rows = arrive(house, 5)
    monkeypatch.setattr(cut_tables, "imported", lambda service: {1})
    with pytest.raises(ExclusionRefused, match="import"):
        exclude(house, rows)


def test_a_comment_of_an_excluded_answer_is_not_shown(house):
    rows = add_comments(house, *["slow"] * 6, day=MONDAY) + add_comments(house, "kind", day=TUESDAY)
    close(house)
    exclude(house, [rows[0], rows[-1]])
    wanted = comments.Wanted(frozenset({"permits"}), None, audience=Audience.RELEASED)
    with db.read(house.engine) as connection:
        shown = list(comments.of_week(connection, directory_of(house), wanted, MONDAY))
    assert {each.id for each in shown} == {id for *_, id in rows[1:6]}


# ---- flags that change after the batch closed


def test_what_leaves_is_what_was_released_whatever_flags_came_later(house):
    rows = arrive(house, 20)
    close(house)
    before = everything(house)[2:]
    reflag.mark(house.engine, directory_of(house), dict.fromkeys(rows[:8], RUSH))
    assert everything(house)[2:] == before
    id = exclude(house, rows[:6])
    reflag.lift(house.engine, directory_of(house), rows[4:10])
    assert numbers(house) == (14, 14)
    restore(house, id)
    assert numbers(house) == (20, 20)
    assert everything(house)[2:] == before


# ---- cut tables


def test_a_month_is_cut_while_the_exclusions_of_its_table_are_in_effect(house):
    rows = arrive(house, 20) + arrive(house, 10, kind=Kind.KIOSK)
    close(house)
    first = exclude(house, rows[:6])
    cut_tables.draw_due(house.engine, directory_of(house), morning(DECEMBER + timedelta(days=1)))
    assert by_channel(house) == {"email": 14, "kiosk": 10}
    second = exclude(house, rows[6:12])
    with pytest.raises(NotCut, match="taken out or put back"):
        by_channel(house)
    restore(house, second)
    assert by_channel(house) == {"email": 14, "kiosk": 10}
    assert numbers(house) == (24, 24)
    restore(house, first)
    with pytest.raises(NotCut, match="taken out or put back"):
        by_channel(house)


def test_a_batch_that_is_part_of_a_cut_table_leaves_whole(house):
    """Two by kiosk would be left: a month's total less all by email."""
    rows = arrive(house, 20) + arrive(house, 7, kind=Kind.KIOSK)
    close(house)
    cut_tables.draw_due(house.engine, directory_of(house), morning(DECEMBER + timedelta(days=1)))
    assert by_channel(house) == {"email": 20, "kiosk": 7}
    exclude(house, rows[20:25])
    assert numbers(house) == (22, 0)


def test_a_month_that_was_seen_without_some_is_not_cut(house):
    """The same the other way round: the total without five of seven was seen before."""
    rows = arrive(house, 20) + arrive(house, 7, kind=Kind.KIOSK)
    close(house)
    restore(house, exclude(house, rows[20:25]))
    cut_tables.draw_due(house.engine, directory_of(house), morning(DECEMBER + timedelta(days=1)))
    with pytest.raises(NotCut, match="taken out or put back"):
        by_channel(house)


def test_fewer_than_five_leave_a_month_as_it_was_cut(house):
    rows = arrive(house, 20)
    close(house)
    cut_tables.draw_due(house.engine, directory_of(house), morning(DECEMBER + timedelta(days=1)))
    exclude(house, rows[:4])
    assert by_channel(house) == {"email": 20}


# ---- two at once


def test_a_batch_does_not_close_while_its_answers_are_excluded(house):
    rows = arrive(house, 8)
    arrive(house, 6, office="lakeside")
    closer = Thread(target=close, args=(house,))
    with db.write(house.engine) as connection:
        db.lock(connection, store.COUNTS_LOCK, "permits")
        closer.start()
        closer.join(0.5)
        assert closer.is_alive()
        exclusions.exclude(
            connection, directory_of(house), "permits", rows[:4], "", "ann", morning(TUESDAY)
        )
    closer.join()
    assert numbers(house) == (10, 6)


# ---- the check sees faults


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (tables.batch_changes, {"effect": "whole"}),
        (tables.batch_changes, {"exclusion": "another"}),
        (tables.exclusions, {"restored_at": morning(TUESDAY)}),
    ],
)
def test_recount_finds_a_change_of_a_batch_that_lies(house, table, change):
    rows = arrive(house, 20)
    close(house)
    exclude(house, rows[:6])
    with db.write(house.engine) as connection:
        connection.execute(update(table).values(**change))
    assert recount.differences(db.source(house.engine)) != []

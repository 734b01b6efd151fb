"""What the list of comments says of few people to somebody who does not hold the rows: nothing."""

from datetime import date, timedelta

from sqlalchemy import update

from cxserver import db, tables
from cxserver.comments.shelf import Search
from cxserver.results.scopes import Scope
from tests.support.closed_batches import release
from tests.support.comment_factory import MONDAY, THURSDAY, add_alerts, add_comments, directory_of
from tests.support.readings import CommentReader

MANAGER = Scope(offices=frozenset({"riverside"})).released
EASE = ("ease", "negative")


def shelf(house):
    return CommentReader(house.engine, directory_of(house), MANAGER, house.clock.now)


def texts(house, **search):
    page = shelf(house).find(Search(**search), counts=True)
    # Nor does the number above the list say more than the list.
    assert page.count.n == len(page.comments)
    return sorted(entry.comment.text for entry in page.comments)


def test_what_comes_in_late_waits_though_its_own_day_is_closed(house):
    """Kiosks send what they kept: by the day it was given, one person would stand alone."""
    add_comments(house, *["in time"] * 5)
    release(house)
    late = add_comments(house, *["late"] * 4, trust=1, drivers=("ease",))
    release(house)
    assert {row.day for row in late} == {THURSDAY}
    assert texts(house) == ["in time"] * 5
    assert texts(house, score=1) == texts(house, driver=EASE) == texts(house, words=("late",)) == []
    add_comments(house, "late", day=THURSDAY + timedelta(days=1))
    release(house)
    assert texts(house) == ["in time"] * 5 + ["late"] * 5


def test_of_an_alert_among_answers_that_were_taken_out_the_text_alone_is_shown(house):
    rows = add_comments(house, "help", *["fine"] * 4, trust=1, drivers=("ease",))
    add_alerts(house, rows[:1])
    release(house)
    assert len(shelf(house).named(*rows[0]).facts) == 3
    with db.write(house.engine) as connection:
        connection.execute(update(tables.responses).values(excluded="0" * 16))
    [entry] = shelf(house).find(Search()).comments
    assert (entry.texts, entry.facts) == (("help",), ())
    assert texts(house, score=1) == texts(house, driver=EASE) == []


def test_an_alert_that_waits_is_found_by_none_of_its_points(house):
    rows = add_comments(house, "help", trust=2, drivers=("ease",))
    add_alerts(house, rows)
    assert texts(house) == ["help"]
    for score in range(1, 6):
        assert texts(house, score=score) == []
    for driver in ("ease", "efficiency", "employee"):
        assert texts(house, driver=(driver, "negative")) == []
    assert texts(house, channel="email") == []


def test_a_day_in_the_address_is_its_week_in_every_list(house):
    for n in (0, 3, 6):
        add_comments(house, "slow", *[""] * 4, day=MONDAY + timedelta(days=n))
    release(house)
    days: list[date] = [MONDAY + timedelta(days=n) for n in range(7)]
    for day in days:
        assert len(texts(house, first=day, last=day)) == 3
    assert texts(house, last=MONDAY - timedelta(days=1)) == []
    assert texts(house, first=MONDAY + timedelta(days=7)) == []

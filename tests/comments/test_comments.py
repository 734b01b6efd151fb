"""Comments: who may read them, when, what is told beside them, and how a list goes on."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event, select

from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.comments import query as comments
from cxserver.comments.query import Wanted
from cxserver.comments.shelf import Count, Mark, Search
from cxserver.disclosure.audience import Audience
from cxserver.errors import NotFound
from cxserver.periods import Span
from cxserver.results.scopes import Scope
from tests.support import import_files, readings
from tests.support.closed_batches import release
from tests.support.comment_factory import (
    ASKING,
    MONDAY,
    THURSDAY,
    add_alerts,
    add_comments,
    directory_of,
)
from tests.support.readings import CommentReader

WEEK = timedelta(days=7)
# What an analyst sees of the office, and what its manager sees.
ROWS = Scope(offices=frozenset({"riverside"}))
MANAGER = ROWS.released
TWO = Scope(offices=frozenset({"riverside", "lakeside"}))
WORSE = "Could be better: Ease"


def shelf(house, scope=MANAGER):
    return CommentReader(house.engine, directory_of(house), scope, house.clock.now)


def texts(house, scope=MANAGER, **search):
    return sorted(
        entry.comment.text for entry in shelf(house, scope).find(Search(**search)).comments
    )


# ---- what comes with a batch


def test_who_holds_the_rows_reads_a_comment_at_once_with_all_its_facts(house):
    today = house.clock.now.date()
    add_comments(house, "slow", day=today, trust=1, satisfaction=2, drivers=("ease",))
    [entry] = shelf(house, ROWS).find(Search()).comments
    assert entry.comment.text == "slow"
    assert entry.facts == ("Email, English", "Trust 1 of 5", "Satisfaction 2 of 5", WORSE)


def test_a_comment_comes_with_its_batch(house):
    """Under the week it was given, with its own points beside it, and never how it came."""
    add_comments(house, "slow", trust=1, satisfaction=2, drivers=("ease",))
    add_comments(house, "", "", "", trust=5)
    release(house)
    assert texts(house) == []
    add_comments(house, "", day=THURSDAY + timedelta(days=3))
    assert texts(house) == []
    release(house)
    [entry] = shelf(house).find(Search()).comments
    assert entry.comment.text == "slow" and entry.week == "Week of October 26, 2026"
    assert entry.facts == ("Trust 1 of 5", "Satisfaction 2 of 5", WORSE)


def test_a_comment_that_waits_has_no_address(house):
    rows = add_comments(house, *["slow"] * 4)
    release(house)
    for service, day, id in rows:
        assert shelf(house, ROWS).named(service, day, id).comment.text == "slow"
        with pytest.raises(NotFound):
            shelf(house).named(service, day, id)


def test_one_comment_is_read_by_any_day_of_its_week_and_by_nobody_elses(house):
    [(service, day, id), *_] = add_comments(house, "slow", "", "", "", "")
    release(house)
    for any_day in (MONDAY, day, MONDAY + timedelta(days=6)):
        assert shelf(house).named(service, any_day, id).comment.text == "slow"
    for wrong in ((service, day + WEEK, id), (service, day, "0" * 32), ("calls", day, id)):
        with pytest.raises(NotFound):
            shelf(house).named(*wrong)
    with pytest.raises(NotFound):
        shelf(house, Scope(offices=frozenset({"lakeside"})).released).named(service, day, id)


def test_each_service_at_each_office_has_batches_of_its_own(house):
    everything = Scope().released
    add_comments(house, "a permit", "", "", "")
    add_comments(house, "a hearing", "", "", "", of="hearings")
    add_comments(house, "elsewhere", "", "", "", office="lakeside")
    release(house)
    assert texts(house, everything) == []
    add_comments(house, "", of="hearings")
    release(house)
    assert texts(house, everything) == ["a hearing"]
    add_comments(house, "", office="lakeside")
    release(house)
    assert texts(house, everything) == ["a hearing", "elsewhere"]


def test_what_comes_after_a_batch_waits_for_the_next(house):
    add_comments(house, *["before"] * 5)
    release(house)
    friday = THURSDAY + timedelta(days=1)
    add_comments(house, *["after"] * 4, day=friday)
    release(house)
    assert texts(house) == ["before"] * 5
    add_comments(house, "after", day=friday)
    release(house)
    assert texts(house) == ["after"] * 5 + ["before"] * 5


def test_an_imported_comment_comes_with_its_import(house, tmp_path):
    """A unit has a batch of the import, or its comments wait, whatever else comes in there."""
    everywhere, there = Scope().released, Scope(offices=frozenset({"lakeside"})).released
    when = {"When": "2026-09-01"}
    rows = [import_files.row(str(n), Said=f"here {n}", **when) for n in range(5)]
    rows += [
        import_files.row(str(n), Said=f"there {n}", Where="Code L", **when) for n in range(5, 9)
    ]
    import_files.run_import(house, import_files.batch(tmp_path, import_files.sheet(rows)))
    came = [f"here {n}" for n in range(5)]
    assert texts(house, everywhere) == came and texts(house, there) == []
    assert len(texts(house, Scope())) == 9
    add_comments(house, *["live"] * 5, office="lakeside")
    release(house)
    assert texts(house, there) == ["live"] * 5
    add_comments(house, *["waits"] * 4)
    release(house)
    assert texts(house) == came


# ---- what cannot wait


def test_an_alerted_comment_comes_at_once_text_alone(house):
    [row] = add_comments(house, "I will end it", trust=1, drivers=("ease",))
    add_comments(house, "not this one")
    add_alerts(house, [row])
    [entry] = shelf(house).find(Search()).comments
    assert (entry.texts, entry.facts) == (("I will end it",), ())
    assert shelf(house).named(*row).facts == ()
    assert texts(house, alerted=True) == ["I will end it"]
    assert texts(house, Scope(offices=frozenset({"lakeside"})).released) == []
    assert len(shelf(house, ROWS).named(*row).facts) == 4


def test_an_alerted_comment_gains_the_rest_with_its_batch(house):
    [row] = add_comments(house, "I will end it", trust=1, drivers=("ease",))
    add_alerts(house, [row])
    driver = ("ease", "negative")
    assert texts(house, score=1) == texts(house, driver=driver) == []
    assert texts(house, language="en") == ["I will end it"]
    add_comments(house, "", "", "", "", trust=5)
    release(house)
    assert texts(house, score=1) == texts(house, driver=driver) == ["I will end it"]
    assert shelf(house).named(*row).facts == ("Trust 1 of 5", "Satisfaction 4 of 5", WORSE)


# ---- filters


def test_a_filter_finds_one_among_those_that_have_come(house):
    add_comments(house, *["many"] * 4, trust=4)
    add_comments(house, "one", trust=1, drivers=("ease",), language="es")
    release(house)
    add_comments(
        house, "waits", trust=1, drivers=("ease",), language="es", day=house.clock.now.date()
    )
    driver = ("ease", "negative")
    for filters in ({"score": 1}, {"driver": driver}, {"language": "es"}):
        assert texts(house, **filters) == ["one"]
        assert texts(house, ROWS, **filters) == ["one", "waits"]
    assert texts(house, score=1, driver=driver, language="es") == ["one"]
    assert texts(house, score=4, language="es") == []
    assert texts(house, driver=("ease", "positive")) == []


def test_who_holds_the_rows_chooses_by_channel(house):
    add_comments(house, "by mail")
    add_comments(house, "by text message", kind=Kind.SMS)
    assert texts(house, ROWS, channel="sms") == ["by text message"]
    assert texts(house, ROWS, channel="email") == ["by mail"]


def test_rated_drivers_have_sides_as_tapped_ones_have(house):
    for points, comment in ((2, "bad"), (5, "good")):
        add_comments(house, *[comment] * 5, of="hearings", scores={"ease": points})
    release(house)
    assert set(texts(house, driver=("ease", "negative"))) == {"bad"}
    assert set(texts(house, driver=("ease", "positive"))) == {"good"}
    facts = {entry.facts[-1] for entry in shelf(house).find(Search()).comments}
    assert {fact.partition(":")[0] for fact in facts} == {"Could be better", "Went well"}


# ---- search, order, pages


def test_a_search_knows_no_capitals_no_accents_and_no_wildcards(house):
    add_comments(house, "Atención LENTA", "100% sure_thing", "nothing", "", "")
    release(house)
    assert texts(house, words=("atencion", "lenta")) == ["Atención LENTA"]
    assert texts(house, words=("ÁTENCIÓN",)) == ["Atención LENTA"]
    assert texts(house, words=("100%",)) == ["100% sure_thing"]
    assert texts(house, words=("sure%thing",)) == []
    assert texts(house, words=("n_thing",)) == []


def test_answers_in_words_to_other_questions_are_comments_too(house):
    house.apply(ASKING)
    add_comments(house, "", of="hearings", questions={"missed": "a chair", "purpose": "first"})
    add_comments(house, *[""] * 4, of="hearings", questions={"purpose": "appeal"})
    release(house)
    [entry] = shelf(house).find(Search()).comments
    assert entry.texts == ("What did we miss? a chair",)
    assert len(shelf(house).find(Search(words=("chair",))).comments) == 1


def test_the_order_within_a_week_is_that_of_random_ids(house):
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    rows = [row for day in days for row in add_comments(house, *[f"of {day}"] * 6, day=day)]
    older = add_comments(house, *["older"] * 5, day=MONDAY - timedelta(days=3))
    release(house)
    entries = shelf(house).find(Search(), limit=100).comments
    ids = [entry.comment.id for entry in entries]
    assert ids == sorted(row[2] for row in rows) + sorted(row[2] for row in older)


def test_pages_follow_each_other_without_a_gap_or_a_repeat(house):
    for weeks in range(4):
        add_comments(house, *["x"] * 7, day=THURSDAY - weeks * WEEK)
        add_comments(house, *["y"] * 6, day=MONDAY - weeks * WEEK, of="hearings")
    release(house)
    whole = [entry.comment.id for entry in shelf(house).find(Search(), limit=100).comments]
    paged, mark = [], None
    for _ in range(20):
        page = shelf(house).find(Search(), mark, limit=5)
        paged += [entry.comment.id for entry in page.comments]
        if page.further is None:
            break
        mark = Mark.read(str(page.further))
    assert paged == whole and len(whole) == 52


@pytest.mark.parametrize("scope", [TWO, TWO.released], ids=["rows", "released"])
def test_many_offices_are_read_in_the_same_order_as_few(house, monkeypatch, scope):
    for office in ("riverside", "lakeside"):
        add_comments(house, *["x"] * 60, office=office)
    release(house)
    both = CommentReader(house.engine, directory_of(house), scope, house.clock.now)
    few = [entry.comment.id for entry in both.find(Search(), limit=100).comments]
    monkeypatch.setattr(comments, "_FEW", 0)
    many = [entry.comment.id for entry in both.find(Search(), limit=100).comments]
    assert many == few and len(many) == 100


def test_a_page_reads_no_more_for_having_more_behind_it(sqlite_house):
    """What it asks the database does not grow with the weeks there are, nor use OFFSET."""
    house = sqlite_house
    readers = (ROWS, MANAGER)
    for weeks in range(3):
        add_comments(house, *["x"] * 30, day=THURSDAY - weeks * WEEK)
    release(house)
    few = {who: asked_of(house, partial(shelf(house, who).find, Search())) for who in readers}
    for weeks in range(3, 30):
        add_comments(house, *["x"] * 30, day=THURSDAY - weeks * WEEK)
    for who in readers:
        many = asked_of(house, partial(shelf(house, who).find, Search()))
        assert many == few[who] and not any("OFFSET" in statement for statement in many)


@pytest.mark.parametrize("audience", Audience)
def test_one_offices_comments_are_found_by_the_index_on_them(sqlite_house, audience):
    house = sqlite_house
    add_comments(house, *["x"] * 6)
    release(house)
    reads = [step for step in plans(house, audience) if "responses" in step]
    assert any("ix_responses_worded" in step for step in reads), reads
    assert not any("SCAN responses" in step for step in reads)


def asked_of(house, work):
    heard = []

    def hear(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            heard.append(statement)

    event.listen(house.engine, "before_cursor_execute", hear)
    work()
    event.remove(house.engine, "before_cursor_execute", hear)
    return heard


def plans(house, audience):
    """How SQLite goes about the query of a week."""
    services, office = frozenset({"permits", "hearings"}), frozenset({"riverside"})
    wanted = Wanted(services, office, audience=audience)
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    query = comments._query(directory_of(house), wanted, sorted(wanted.services), days, "0")
    compiled = query.compile(house.engine, compile_kwargs={"literal_binds": True})
    with db.read(house.engine) as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    return [str(row[-1]) for row in plan]


def test_a_long_search_stops_and_offers_to_go_on(house, monkeypatch):
    from cxserver.comments import shelf as commentlist

    monkeypatch.setattr(commentlist, "_LOOKED", 10)
    add_comments(house, *["hay"] * 30)
    add_comments(house, "needle", *["hay"] * 4, day=THURSDAY - WEEK)
    release(house)
    search, mark, pages = Search(words=("needle",)), None, 0
    while True:
        page = shelf(house).find(search, mark)
        pages += 1
        if page.comments:
            break
        assert page.short
        mark = page.further
    assert page.comments[0].comment.text == "needle" and pages == 4


def test_a_search_goes_on_when_the_weeks_between_are_empty(house):
    """A word of two years ago is found at once, whoever looks."""
    add_comments(house, "needle", *["hay"] * 4, day=THURSDAY - 100 * WEEK)
    add_comments(house, *["hay"] * 5)
    release(house)
    for scope in (ROWS, MANAGER, Scope(), Scope().released):
        page = shelf(house, scope).find(Search(words=("needle",)), counts=True)
        assert [entry.comment.text for entry in page.comments] == ["needle"]
        assert (page.count, page.short, page.looked) == (Count(1), False, 10)


@pytest.mark.parametrize("scope", [ROWS, MANAGER], ids=["rows", "released"])
def test_what_is_counted_is_what_this_person_may_read(house, scope):
    house.apply(ASKING)
    add_comments(house, "slow", "", "slow", trust=1)
    add_comments(house, "", "", trust=1, of="hearings", questions={"purpose": "first"})
    add_comments(house, "", trust=1, of="hearings", questions={"missed": "a slow chair"})
    add_comments(house, "slow", "", trust=2)
    add_comments(house, "", "", trust=2, of="hearings")
    release(house)
    add_comments(house, "slow", trust=1, day=house.clock.now.date())
    beyond = scope is ROWS
    for search, n in (
        (Search(), 4 + beyond),
        (Search(score=1), 3 + beyond),
        (Search(words=("slow",)), 4 + beyond),
        (Search(words=("slow",), score=2), 1),
        (Search(state="unread"), 4 + beyond),
        (Search(state="open"), 4),
        (Search(alerted=True), 0),
    ):
        page = shelf(house, scope).find(search, counts=True)
        assert page.count == Count(n) and len(page.comments) == n, search


@pytest.mark.parametrize("search", [Search(), Search(words=("hay",))], ids=["all", "search"])
def test_counting_stops_where_nobody_reads_on(house, monkeypatch, search):
    from cxserver.comments import shelf as commentlist

    monkeypatch.setattr(commentlist, "COUNTED", 30)
    add_comments(house, *["hay"] * 30)
    release(house)
    page = shelf(house).find(search, counts=True)
    assert page.count == Count(30) and len(page.comments) == 25
    add_comments(house, *["hay"] * 5, day=THURSDAY - WEEK)
    release(house)
    assert shelf(house, ROWS).find(search, counts=True).count == Count(30, beyond=True)


@pytest.mark.parametrize("search", [Search(), Search(words=("hay",))], ids=["all", "search"])
def test_of_a_great_many_the_count_says_how_far_back_it_goes(house, monkeypatch, search):
    from cxserver.comments import shelf as commentlist

    monkeypatch.setattr(commentlist, "_LOOKED", 6)
    monkeypatch.setattr(commentlist, "_WEEKS", 2)
    monkeypatch.setattr(commentlist, "_FEW", 0)
    add_comments(house, *["hay"] * 6)
    add_comments(house, *["hay"] * 6, day=THURSDAY - 3 * WEEK)
    release(house)
    assert shelf(house, ROWS).find(search, counts=True).count == Count(6, since=MONDAY)


def test_what_was_counted_to_be_nowhere_is_not_looked_for_further_back(house, monkeypatch):
    from cxserver.comments import shelf as commentlist

    monkeypatch.setattr(commentlist, "_WEEKS", 2)
    add_comments(house, *["hay"] * 5, trust=5)
    add_comments(house, *["hay"] * 5, trust=4, day=THURSDAY - 9 * WEEK)
    release(house)
    for score, n, short in ((1, 0, False), (5, 5, False), (4, 5, True)):
        page = shelf(house).find(Search(score=score), counts=True)
        assert page.count == Count(n)
        assert (page.short, page.further is not None) == (short, short)


def test_days_are_weeks_for_who_is_told_of_weeks_alone(house):
    friday, sunday = THURSDAY + timedelta(days=1), MONDAY + timedelta(days=6)
    add_comments(house, "thursday", *["friday"] * 5, day=THURSDAY)
    add_comments(house, *["sunday"] * 5, day=sunday)
    add_comments(house, *["before"] * 5, day=MONDAY - WEEK)
    release(house)
    week = ["friday"] * 5 + ["sunday"] * 5 + ["thursday"]
    assert texts(house, first=friday, last=friday) == week
    assert texts(house, ROWS, first=friday) == ["sunday"] * 5
    assert texts(house, ROWS, last=MONDAY - timedelta(days=1)) == ["before"] * 5
    assert texts(house, first=THURSDAY + WEEK) == texts(house, last=MONDAY - 2 * WEEK) == []


# ---- scope: two predicates, one meaning


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(offices=frozenset({"riverside"})),
        Scope(services=frozenset({"hearings"})),
        Scope(services=frozenset({"permits"}), offices=frozenset({"lakeside"})),
        Scope(channels=frozenset({"sms"})),
        Scope(services=frozenset({"permits"}), languages=frozenset({"es"})),
        Scope(services=frozenset(), offices=frozenset()),
    ],
    ids=repr,
)
def test_the_predicate_on_responses_means_what_the_one_on_tallies_means(house, scope):
    for office, kind, language, n in (
        ("riverside", Kind.EMAIL, "en", 3),
        ("riverside", Kind.SMS, "es", 2),
        ("lakeside", Kind.EMAIL, "es", 4),
    ):
        add_comments(house, *["x"] * n, office=office, kind=kind, language=language)
    add_comments(house, *["x"] * 5, of="hearings")
    add_comments(house, *["x"] * 7, of="calls", office="center", kind=Kind.PHONE)
    week = Span(MONDAY, MONDAY + WEEK)
    by = ("service", "office", "channel", "language")
    read = readings.counted(house.engine, scope.during(week), by)
    counts = {tuple(tally.group.values()): tally.n for tally in read}
    every = frozenset(directory_of(house).services)
    wanted = Wanted(
        every if scope.services is None else scope.services,
        scope.offices,
        next(iter(scope.channels or ()), None),
        next(iter(scope.languages or ()), None),
    )
    columns = tables.responses.c
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    query = select(*(columns[name] for name in by)).where(
        comments.predicate(wanted, sorted(wanted.services), days)
    )
    with db.read(house.engine) as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    assert counts == {key: rows.count(key) for key in set(rows)}

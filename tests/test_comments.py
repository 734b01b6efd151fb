"""Comments: who may read them, when, what is told beside them, and how a list goes on."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import event, select

import readings
import sight
from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.errors import NotFound
from cxserver.insight import held
from cxserver.insight.scopes import Scope
from cxserver.periods import Span
from cxserver.reporting import comments
from cxserver.reporting.comments import Wanted
from cxserver.staff.access import Role
from cxserver.staff.commentlist import Mark, Search
from desks import invite, sign_in
from readings import Shelf
from wrote import ASKING, MONDAY, THURSDAY, alert, known, wrote

WEEK = timedelta(days=7)
RIVERSIDE = Scope(offices=frozenset({"riverside"}))


def shelf(house, scope=RIVERSIDE):
    return Shelf(house.engine, known(house), scope, house.clock.now)


def texts(house, scope=RIVERSIDE, **search):
    return sorted(one.comment.text for one in shelf(house, scope).find(Search(**search)).comments)


# ---- held until nobody is singled out


def test_a_comment_waits_for_five_answers_of_its_office_and_week(house):
    wrote(house, "slow", "", "", "")
    wrote(house, "elsewhere", office="lakeside")
    wrote(house, "the week before", day=THURSDAY - WEEK)
    assert texts(house) == []
    wrote(house, "", day=MONDAY)
    assert texts(house) == ["slow"]


def test_a_comment_waits_until_its_week_is_over_at_every_office(house):
    wrote(house, *["this week"] * 9, day=date(2026, 11, 4))
    assert texts(house) == []
    # Monday 3 a.m. in New York; in Los Angeles it is still Sunday.
    house.clock.forward(days=4, hours=15)
    assert texts(house) == []
    house.clock.forward(hours=4)
    assert len(texts(house)) == 9


def test_answers_of_all_services_of_the_office_hide_each_other(house):
    wrote(house, "a permit", "", "")
    wrote(house, "a hearing", "", of="hearings")
    assert texts(house) == ["a hearing", "a permit"]
    # Who sees one of the services alone sees a comment among three others alone.
    assert texts(house, Scope(services=frozenset({"permits"}))) == []


def test_an_alerted_comment_is_never_held(house):
    row = wrote(house, "I will end it", day=date(2026, 11, 4))
    wrote(house, "not this one", day=date(2026, 11, 4))
    alert(house, row)
    [found] = shelf(house).find(Search()).comments
    assert found.comment.text == "I will end it" and found.facts == ()
    assert texts(house, alerted=True) == ["I will end it"]
    assert texts(house, kind=held.Kind(channel="email")) == []
    assert texts(house, Scope(offices=frozenset({"lakeside"}))) == []


def test_one_comment_is_held_as_the_list_holds_it(house):
    [held_, *_] = wrote(house, "slow", "", "", "")
    service, day, id = held_
    with pytest.raises(NotFound):
        shelf(house).one(service, day, id)
    wrote(house, "")
    for any_day in (MONDAY, day, MONDAY + timedelta(days=6)):
        assert shelf(house).one(service, any_day, id).comment.text == "slow"
    for wrong in ((service, day + WEEK, id), (service, day, "0" * 32), ("calls", day, id)):
        with pytest.raises(NotFound):
            shelf(house).one(*wrong)
    with pytest.raises(NotFound):
        shelf(house, Scope(offices=frozenset({"lakeside"}))).one(service, day, id)


# ---- filters and what is told beside a comment


def test_a_filter_never_singles_out_fewer_than_five(house):
    wrote(house, *["by mail"] * 12)
    wrote(house, "by text message", "", kind=Kind.SMS)
    assert texts(house, kind=held.Kind(channel="sms")) == []
    # Nor those that are left when the two are taken away from all.
    assert texts(house, kind=held.Kind(channel="email")) == []
    wrote(house, "", "", "", kind=Kind.SMS)
    assert texts(house, kind=held.Kind(channel="sms")) == ["by text message"]
    assert len(texts(house, kind=held.Kind(channel="email"))) == 12


def test_two_filters_are_held_to_it_together_and_apart(house):
    wrote(house, *["en mail"] * 6)
    wrote(house, *["es mail"] * 6, language="es")
    wrote(house, *["en text"] * 9, kind=Kind.SMS)
    wrote(house, *["es text"] * 1, kind=Kind.SMS, language="es")
    assert set(texts(house, kind=held.Kind(channel="email"))) == {"en mail", "es mail"}
    assert set(texts(house, kind=held.Kind(language="es"))) == {"es mail", "es text"}
    # Of seven in Spanish, six by e-mail: the list of those would tell of the seventh.
    for channel in ("email", "sms"):
        for language in ("en", "es"):
            assert texts(house, kind=held.Kind(channel=channel, language=language)) == []


@pytest.mark.parametrize(
    ("few", "kind"),
    [
        ({"trust": 1}, held.Kind(score=1)),
        ({"trust": 1, "drivers": ("ease",)}, held.Kind(driver=("ease", "negative"))),
        ({"trust": 5, "drivers": ("ease",)}, held.Kind(driver=("ease", "positive"))),
    ],
    ids=["score", "worse", "better"],
)
def test_scores_and_drivers_are_held_to_it_too(house, few, kind):
    wrote(house, *["many"] * 9, trust=4)
    wrote(house, *["few"] * 4, **few)
    assert texts(house, kind=kind) == []
    wrote(house, "few", **few)
    assert texts(house, kind=kind) == ["few"] * 5


def test_rated_drivers_have_sides_as_tapped_ones_have(house):
    for points, comment in ((2, "bad"), (5, "good")):
        scores = {"scores": {"ease": points}}
        wrote(house, *[comment] * 5, of="hearings", **scores)
    assert set(texts(house, kind=held.Kind(driver=("ease", "negative")))) == {"bad"}
    assert set(texts(house, kind=held.Kind(driver=("ease", "positive")))) == {"good"}
    facts = {one.facts[-1] for one in shelf(house).find(Search()).comments}
    assert {fact.partition(":")[0] for fact in facts} == {"Could be better", "Went well"}


def test_beside_a_comment_stands_only_what_five_share(house):
    wrote(house, *["many"] * 8, trust=5, satisfaction=5)
    wrote(house, *["few"] * 2, trust=1, satisfaction=5, language="es", drivers=("ease",))
    found = shelf(house).find(Search()).comments
    assert {one.facts for one in found} == {("Satisfaction 5 of 5",)}
    assert {one.language for one in found} == {""}
    wrote(house, *["few"] * 3, trust=1, satisfaction=5, language="es", drivers=("ease",))
    told = {one.comment.text: one for one in shelf(house).find(Search()).comments}
    assert told["many"].facts == ("E-mail, English", "Trust 5 of 5", "Satisfaction 5 of 5")
    assert told["few"].facts[:2] == ("E-mail, Spanish", "Trust 1 of 5")
    assert told["few"].facts[3].startswith("Could be better: ")


# ---- search, order, pages


def test_a_search_knows_no_capitals_no_accents_and_no_wildcards(house):
    wrote(house, "Atención LENTA", "100% sure_thing", "nothing", "", "")
    assert texts(house, words=("atencion", "lenta")) == ["Atención LENTA"]
    assert texts(house, words=("ÁTENCIÓN",)) == ["Atención LENTA"]
    assert texts(house, words=("100%",)) == ["100% sure_thing"]
    assert texts(house, words=("sure%thing",)) == []
    assert texts(house, words=("n_thing",)) == []


def test_answers_in_words_to_other_questions_are_comments_too(house):
    house.apply(ASKING)
    own = {"questions": {"missed": "a chair", "purpose": "first"}}
    wrote(house, "", of="hearings", **own)
    wrote(house, *[""] * 4, of="hearings", questions={"purpose": "appeal"})
    [found] = shelf(house).find(Search()).comments
    assert found.texts == ("What did we miss? a chair",)
    assert len(shelf(house).find(Search(words=("chair",))).comments) == 1


def test_the_order_within_a_week_is_that_of_random_ids(house):
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    rows = [row for day in days for row in wrote(house, *[f"of {day}"] * 6, day=day)]
    older = wrote(house, *["older"] * 5, day=MONDAY - timedelta(days=3))
    found = shelf(house).find(Search(), limit=100).comments
    ids = [one.comment.id for one in found]
    assert ids == sorted(row[2] for row in rows) + sorted(row[2] for row in older)


def test_pages_follow_each_other_without_a_gap_or_a_repeat(house):
    for weeks in range(4):
        wrote(house, *["x"] * 7, day=THURSDAY - weeks * WEEK)
        wrote(house, *["y"] * 6, day=MONDAY - weeks * WEEK, of="hearings")
    whole = [one.comment.id for one in shelf(house).find(Search(), limit=100).comments]
    paged, mark = [], None
    for _ in range(20):
        found = shelf(house).find(Search(), mark, limit=5)
        paged += [one.comment.id for one in found.comments]
        if found.further is None:
            break
        mark = Mark.read(str(found.further))
    assert paged == whole and len(whole) == 52


def test_many_offices_are_read_in_the_same_order_as_few(house, monkeypatch):
    for office in ("riverside", "lakeside"):
        wrote(house, *["x"] * 60, office=office)
    few = [one.comment.id for one in shelf(house, Scope()).find(Search(), limit=100).comments]
    monkeypatch.setattr(comments, "_FEW", 0)
    many = [one.comment.id for one in shelf(house, Scope()).find(Search(), limit=100).comments]
    assert many == few and len(many) == 100


def test_a_page_reads_no_more_for_having_more_behind_it(sqlite_house):
    """What it asks the database does not grow with the weeks there are, nor use OFFSET."""
    house = sqlite_house
    for weeks in range(3):
        wrote(house, *["x"] * 30, day=THURSDAY - weeks * WEEK)
    few = asked_of(house, lambda: shelf(house).find(Search()))
    for weeks in range(3, 30):
        wrote(house, *["x"] * 30, day=THURSDAY - weeks * WEEK)
    many = asked_of(house, lambda: shelf(house).find(Search()))
    assert many == few and not any("OFFSET" in one for one in many)


def test_one_offices_comments_are_found_by_the_index_on_them(sqlite_house):
    house = sqlite_house
    wrote(house, *["x"] * 6)
    reads = [one for one in plans(house) if "responses" in one]
    assert any("ix_responses_worded" in one for one in reads), reads
    assert not any("SCAN responses" in one for one in reads)


def asked_of(house, work):
    heard = []

    def hear(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            heard.append(statement)

    event.listen(house.engine, "before_cursor_execute", hear)
    work()
    event.remove(house.engine, "before_cursor_execute", hear)
    return heard


def plans(house):
    """How SQLite goes about the query of a week."""
    wanted = Wanted(frozenset({"permits", "hearings"}), frozenset({"riverside"}))
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    query = comments._query(wanted, sorted(wanted.services), days, "0")
    compiled = query.compile(house.engine, compile_kwargs={"literal_binds": True})
    with db.read(house.engine) as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    return [str(row[-1]) for row in found]


def test_a_long_search_stops_and_offers_to_go_on(house, monkeypatch):
    from cxserver.staff import commentlist

    monkeypatch.setattr(commentlist, "_LOOKED", 10)
    wrote(house, *["hay"] * 30)
    wrote(house, "needle", *["hay"] * 4, day=THURSDAY - WEEK)
    search, mark, pages = Search(words=("needle",)), None, 0
    while True:
        found = shelf(house).find(search, mark)
        pages += 1
        if found.comments:
            break
        assert found.short
        mark = found.further
    assert found.comments[0].comment.text == "needle" and pages == 4


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
        wrote(house, *["x"] * n, office=office, kind=kind, language=language)
    wrote(house, *["x"] * 5, of="hearings")
    wrote(house, *["x"] * 7, of="calls", office="center", kind=Kind.PHONE)
    week = Span(MONDAY, MONDAY + WEEK)
    by = ("service", "office", "channel", "language")
    read = readings.counted(house.engine, scope.during(week), by)
    told = {tuple(one.group.values()): one.n for one in read}
    every = frozenset(known(house).services)
    wanted = Wanted(
        every if scope.services is None else scope.services,
        scope.offices,
        *(next(iter(some), None) if some else None for some in (scope.channels, scope.languages)),
    )
    held_ = tables.responses.c
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    query = select(*(held_[name] for name in by)).where(
        comments.predicate(wanted, sorted(wanted.services), days)
    )
    with db.read(house.engine) as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    assert told == {key: rows.count(key) for key in set(rows)}


# ---- the page


def page_text(found):
    return " ".join(re.sub(r"<[^>]+>", " ", found.text).split())


@pytest.fixture
def manager(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.OFFICE_MANAGER)
        yield client


def test_the_page_tells_the_week_and_never_a_day_or_an_hour(sqlite_house, manager):
    wrote(sqlite_house, "<b>slow</b>", *["fine"] * 5)
    found = manager.get("/staff/comments")
    assert "Week of October 26, 2026" in found.text and "&lt;b&gt;slow" in found.text
    assert "2026-10-29" not in found.text and "October 29" not in found.text
    assert "16:00" not in found.text
    addresses = re.findall(r'href="(/staff/comments/[^"]+)"', found.text)
    assert addresses and all("/2026-10-26/" in one for one in addresses)


def test_the_filters_in_the_address_are_checked(manager):
    for query in ("driver=x", "score=6", "state=gone", "owner=you", "alerted=1", "after=x"):
        assert manager.get(f"/staff/comments?{query}").status_code == 422, query
    for query in ("driver=ease-negative&score=2", "channel=email&language=en&score=2"):
        assert manager.get(f"/staff/comments?{query}").status_code == 422
    assert manager.get("/staff/comments?office=lakeside").status_code == 404
    for query in ("driver=ease-positive", "score=2", "state=unread", "owner=me", "alerted=yes"):
        assert manager.get(f"/staff/comments?{query}").status_code == 200, query


def test_an_empty_list_says_when_comments_come(manager):
    assert "the Monday after its week" in page_text(manager.get("/staff/comments"))
    assert "Take all filters away" in manager.get("/staff/comments?q=slow").text


def test_the_page_saves_what_it_shows_and_the_log_says_so(sqlite_house, manager):
    wrote(sqlite_house, "=1+1", *["fine"] * 5)
    saved = manager.get("/staff/comments?q=1%2B1&format=csv")
    [row] = csv.DictReader(StringIO(saved.text))
    assert row["Comment"] == "'=1+1" and row["Week"] == "2026-10-26"
    with db.read(sqlite_house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert ("read comments", "/staff/comments") in [tuple(line) for line in lines]
    assert "1+1" not in str(lines)


def test_a_small_office_shows_what_people_wrote_first(sqlite_house, manager):
    wrote(sqlite_house, "the newest", *["x"] * 6)
    wrote(sqlite_house, *["older"] * 6, day=THURSDAY - WEEK)
    found = manager.get("/staff/").text
    assert "Fewer than 30 people" in found
    assert found.index("What they wrote") < found.index("By quarter")
    assert found.count("<blockquote") == 5
    sign_in(sqlite_house, manager, Role.ADMINISTRATOR)
    assert "What they wrote" not in manager.get("/staff/?office=riverside").text


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit_a_telephone(sqlite_house, serve, open_page, width):
    house = sqlite_house
    rows = wrote(house, "Waited two hours. " + "W" * 300, *["Fine, thanks."] * 30)
    alert(house, rows[:1])
    address = serve.reserve()
    house.move(address)
    serve(house.app(demo=True), at=address)
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + invite(house, Role.OFFICE_MANAGER))
    page.click("main button")
    case = f"/staff/comments/permits/{MONDAY}/{rows[0][2]}"
    for path in ("/staff/comments", "/staff/comments?q=nowhere", case, "/staff/said-and-did"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert sight.unlabelled(page) == []
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []

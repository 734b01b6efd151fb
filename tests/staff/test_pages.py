"""The staff pages: true numbers, and for those without rows no more than batches release."""

import csv
import re
from collections import Counter
from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe

from cxsdk.token import Kind
from cxserver.accounts.roles import Role
from tests.support import browser_layout
from tests.support.answer_factory import add_answers
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import invite, sign_in

PAGES = (
    *("/staff/scores", "/staff/offices", "/staff/drivers", "/staff/response"),
    *("/staff/places", "/staff/catalog"),
)
FIRST, LAST = "2026-10-05", "2026-11-01"


@pytest.fixture
def busy(sqlite_house):
    """Offices of all sizes: of 300, 120, 100, 7, 3 answers, and of none."""
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    for office, good, bad in zip(OFFICES, (240, 80, 70, 5, 2), (60, 40, 30, 2, 1), strict=False):
        add_answers(house, office, good, bad)
    add_answers(house, "riverside", 130, 20, kind=Kind.SMS, language="es")
    add_answers(house, "riverside", 100, 40)
    return house


@pytest.fixture
def analyst(busy):
    with busy.client() as client:
        sign_in(busy, client, Role.ANALYST)
        yield client


def numbers(client, page):
    """The CSV of a page, a dictionary for each row."""
    joined = page + ("&" if "?" in page else "?") + "format=csv"
    file = client.get(joined)
    assert file.status_code == 200 and file.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(file.text)))


def exported(house):
    """Every answer of the last 28 days, as the export has it."""
    rows = csv.DictReader(StringIO(cx(house, "export", "--format", "csv")))
    return [row for row in rows if FIRST <= row["day"] <= LAST]


def text_of(page):
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# ---- true numbers


def test_every_office_has_the_numbers_that_the_export_gives(busy, analyst):
    rows = exported(busy)
    shown = 0
    for figures in numbers(analyst, "/staff/offices"):
        mine = [row for row in rows if busy_name(row["office"]) == figures["Office"]]
        if figures["People"] in ("", "not shown"):
            continue
        top = sum(int(row["trust"]) >= 4 for row in mine)
        assert int(figures["People"]) == len(mine)
        assert float(figures["Trust 4 or 5"]) == pytest.approx(top / len(mine))
        shown += 1
    # The analyst holds the rows: nothing is hidden, however few.
    assert shown == 6


def test_the_overview_says_what_the_export_gives(busy, analyst):
    rows = exported(busy)
    page = text_of(analyst.get("/staff/scores").text)
    for measure in ("trust", "satisfaction"):
        top = sum(int(row[measure]) >= 4 for row in rows)
        assert f"{top / len(rows):.0%} gave a 4 or 5" in page
    assert f"{len(rows):,} people answered." in page
    counts = Counter(int(row["trust"]) for row in rows)
    for point in range(1, 6):
        assert f" {counts[point]:,} " in page


def test_the_drivers_are_counted_per_person_as_in_the_export(busy, analyst):
    rows = exported(busy)
    figures = {row["Driver"]: row for row in numbers(analyst, "/staff/drivers")}
    worse = sum("efficiency" in row["drivers_negative"].split(";") for row in rows)
    better = sum("employee" in row["drivers_positive"].split(";") for row in rows)
    assert float(figures["Time it took"]["Could be better"]) == pytest.approx(worse / len(rows))
    assert float(figures["Staff"]["Went well"]) == pytest.approx(better / len(rows))
    assert {int(row["People asked"]) for row in figures.values()} == {len(rows)}


def test_channels_and_languages_are_counted_as_in_the_export(busy, analyst):
    rows = exported(busy)
    listed = numbers(analyst, "/staff/response")
    figures = {(row["Channel"], row["Language"]): int(row["People"]) for row in listed}
    ways = Counter((row["channel"], row["language"]) for row in rows)
    assert figures["Email", "English"] == ways["email", "en"]
    assert figures["Text message", "Spanish"] == ways["sms", "es"]
    assert sum(figures.values()) == len(rows)


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        ("/staff/scores", ("", "scores", "changes", "trend", "moved")),
        ("/staff/offices", ("",)),
        ("/staff/drivers", ("",)),
        ("/staff/response?period=2026-10", ("", "channels", "languages")),
        ("/staff/?office=office-3", ("",)),
    ],
)
@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMINISTRATOR])
def test_a_file_has_one_header_and_as_many_cells_in_every_row(busy, role, page, kinds):
    with busy.client() as client:
        sign_in(busy, client, role)
        for kind in kinds:
            joined = page + ("&" if "?" in page else "?") + f"format=csv&kind={kind}"
            header, *rows = csv.reader(StringIO(client.get(joined).text))
            assert len(set(header) - {"At least", "At most"}) >= 2
            assert {len(row) for row in rows} <= {len(header)}
            assert kind == "moved" or rows


def test_an_unknown_kind_of_file_is_refused_with_those_there_are(busy, analyst):
    page = analyst.get("/staff/scores?format=csv&kind=everything")
    assert page.status_code == 422
    assert "Choose a kind of file: scores, changes, trend, moved." in page.text


# ---- small numbers


def test_four_answers_are_seen_by_those_who_hold_the_rows_alone(sqlite_house):
    add_answers(sqlite_house, "riverside", 4, 0)
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        assert "4 of 4" in text_of(client.get("/staff/scores").text)
        sign_in(sqlite_house, client, Role.OFFICE_MANAGER)
        page = text_of(client.get("/staff/scores").text)
        assert "4 of 4" not in page and "at least 5 answers have come in" in page
        add_answers(sqlite_house, "riverside", 1, 0)
        assert "5 of 5" in text_of(client.get("/staff/scores").text)


def test_both_kinds_of_roles_see_the_same_but_for_what_waits(busy):
    with busy.client() as client:
        shown = []
        for role in (Role.ANALYST, Role.ADMINISTRATOR):
            sign_in(busy, client, role)
            page = "/staff/offices?from=2026-10-01&to=2026-11-03"
            shown.append({row["Office"]: row["People"] for row in numbers(client, page)})
    rows, released = ({name: int(n or 0) for name, n in people.items()} for people in shown)
    # Of no office do 5 wait. What waits is in nobody's number who does not hold the rows.
    assert all(0 <= rows[name] - n < 5 for name, n in released.items())
    assert rows["Office 4"] == 3 and released["Office 4"] == 0


def test_a_finding_is_the_same_for_everybody_who_sees_the_same(sqlite_house):
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    for office in OFFICES:
        add_answers(house, office, 280, 20)
    add_answers(house, "riverside", 100, 200)
    with house.client() as client:
        shown = []
        for role in (Role.ANALYST, Role.ADMINISTRATOR):
            sign_in(house, client, role)
            shown.append(do_first(client).split("All that people name")[0])
    assert "at Riverside Office" in shown[0] and "(22 of 100)" in shown[0]
    assert shown[0] == shown[1]


def do_first(client):
    """What stands there under "Do first"."""
    page = client.get("/staff/").text
    return text_of(page[page.index('id="first"') :].partition("</section>")[0])


def test_a_small_office_has_one_page(busy, analyst):
    offices = {row["Office"]: row for row in numbers(analyst, "/staff/offices")}
    assert offices["Office 3"]["People"] == "7"
    for page in ("/staff/scores", "/staff/offices", "/staff/drivers", "/staff/response"):
        assert "counts people" in analyst.get(f"{page}?office=office-3").text
        assert "counts people" not in analyst.get(f"{page}?office=office-0").text


def test_a_channel_of_few_is_hidden_and_a_second_with_it(busy):
    add_answers(busy, "riverside", 3, 0, kind=Kind.WEB, days=range(4, 28))
    with busy.client() as client:
        sign_in(busy, client, Role.OFFICE_MANAGER, office="riverside")
        listed = numbers(client, "/staff/response?period=2026-10&kind=channels")
        people = {row["Channel"]: row["People"] for row in listed}
        assert people["After a visit on the web"] == "not shown"
        hidden = [name for name in ("Email", "Text message") if people[name] == "not shown"]
        assert hidden
        # What is hidden in the table opens no page either; of what is not the page says as many.
        for name, code in (("Email", "email"), ("Text message", "sms")):
            page = text_of(client.get(f"/staff/scores?channel={code}&period=2026-10").text)
            assert ("Not shown" in page) == (name in hidden)
            assert name in hidden or f"{people[name]} people answered" in page


def test_a_channel_and_a_language_at_once_are_for_those_who_hold_the_rows(busy):
    with busy.client() as client:
        for role, count in ((Role.ANALYST, 1), (Role.ADMINISTRATOR, 0)):
            sign_in(busy, client, role)
            page = text_of(client.get("/staff/scores?channel=sms&language=es").text)
            assert page.count("150 people answered") >= count
            assert ("Choose a channel or a language." in page) is not bool(count)


def test_cuts_go_by_whole_months_and_say_so(busy):
    with busy.client() as client:
        sign_in(busy, client, Role.OFFICE_MANAGER, office="riverside")
        page = text_of(client.get("/staff/scores?channel=email").text)
        assert "Last month: Oct 1 – Oct 31, 2026." in page
        page = text_of(client.get("/staff/scores?channel=email&from=2026-10-03&to=2026-10-31").text)
        assert "counted by whole months" in page


def test_a_small_office_counts_people_and_has_no_funnel(busy):
    with busy.client() as client:
        sign_in(busy, client, Role.ANALYST)
        page = client.get("/staff/scores?office=office-3").text
        # The quarter began in October.
        rows = [
            row
            for row in csv.DictReader(StringIO(cx(busy, "export", "--office", "office-3")))
            if "2026-10-01" <= row["day"] <= "2026-11-01"
        ]
        top = sum(int(row["trust"]) >= 4 for row in rows)
        assert f"{top} of {len(rows)} their trust" in text_of(page)
        assert '<svg class="chart' not in page and "%" not in text_of(page)


def test_an_office_manager_sees_no_other_office_anywhere(busy):
    with busy.client() as client:
        sign_in(busy, client, Role.OFFICE_MANAGER, office="riverside")
        for path in PAGES:
            for query in ("", "?format=csv", "?period=12-weeks", "?channel=email"):
                page = client.get(path + query)
                assert page.status_code == 200
                assert not re.search(r"Office \d|office-\d|Lakeside", page.text)
            assert client.get(f"{path}?office=office-0").status_code == 404
            assert client.get(f"{path}?service=calls").status_code == 404
            assert client.get(f"{path}?period=tomorrow").status_code == 422


# ---- what changed


def test_a_planted_drop_is_on_the_managers_overview_with_its_interval(sqlite_house):
    house = sqlite_house
    add_answers(house, "riverside", 450, 50, days=range(29, 57))
    add_answers(house, "riverside", 410, 90, days=range(1, 29))
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER, office="riverside")
        page = text_of(client.get("/staff/scores").text)
    # 450 and 410 of 500: Newcombe's interval as statsmodels has it ends at 3.7 and 12.3 points.
    assert "Down 8 points (between 4 and 12)" in page
    assert "from 90% to 82%" in page


def test_the_drivers_lead_to_the_words_of_those_who_may_read_them(sqlite_house):
    house = sqlite_house
    add_answers(house, "riverside", 410, 90, days=range(1, 29))
    words = "/staff/comments?driver=efficiency-negative"
    for role, offered in ((Role.OFFICE_MANAGER, True), (Role.ADMINISTRATOR, False)):
        with house.client() as client:
            sign_in(house, client, role)
            page = client.get("/staff/drivers").text
            assert (f'href="{words}"' in page) is offered
            assert ("all comments" in page) is offered
            assert client.get(words).status_code == (200 if offered else 404)


def test_the_same_drop_among_twelve_is_not_called_a_change(sqlite_house):
    house = sqlite_house
    add_answers(house, "riverside", 11, 1, days=range(60, 85))
    add_answers(house, "riverside", 10, 2, days=range(1, 13))
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        page = text_of(client.get("/staff/scores?office=riverside").text)
    assert "10 of 12 their trust" in page
    assert "too few to call it a change" in page and "Down" not in page


def test_offices_that_changed_are_named_but_none_that_is_new(sqlite_house):
    house = sqlite_house
    house.apply(CATALOGUE + MORE)
    for office in OFFICES[:4]:
        add_answers(house, office, 160, 40, days=range(29, 57))
        add_answers(house, office, 60 if office == "office-0" else 160, 40, days=range(1, 29))
    # One that stands before the small one; fewer than 90 in three months; and none before.
    add_answers(house, "lakeside", 100, 0, days=range(1, 29))
    add_answers(house, "office-4", 34, 0, days=range(29, 57))
    add_answers(house, "office-4", 4, 36, days=range(1, 29))
    add_answers(house, "office-5", 4, 136, days=range(1, 29))
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        page = client.get("/staff/scores").text
        first = do_first(client)
    changed = text_of(page[page.index('id="moved"') : page.index('id="trend"')])
    assert "Office 0 : trust" in changed and "Office 0 : satisfaction" in changed
    # Office 4 fell too, and Office 5 has no days before; nobody is too small to be named.
    assert "Office 4 : trust" in changed and not re.search("Office [135]", changed)
    assert "at Office 5" in first


# ---- pages that have nothing to show, and how they look


def test_without_answers_every_page_says_what_to_do_next(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        for path in PAGES:
            page = client.get(path)
            assert page.status_code == 200 and "<h1>" in page.text
        assert "cx link" in client.get("/staff/scores").text
        assert "cx kiosk pair" in client.get("/staff/places").text


def test_yesterdays_answers_of_a_busy_office_are_on_its_managers_page(busy):
    page = "/staff/offices?from=2026-11-02&to=2026-11-04"
    with busy.client() as client:
        sign_in(busy, client, Role.OFFICE_MANAGER, office="riverside")
        assert client.get(page + "&format=csv").status_code == 404
        add_answers(busy, "riverside", 6, 0, days=[-1])  # November 3, the day before
        [row] = numbers(client, page)
        assert row["People"] == "6"
        assert "Updated through Nov 3." in text_of(client.get(page).text)


def test_no_file_is_given_of_what_is_not_shown(busy):
    add_answers(busy, "riverside", 3, 0, kind=Kind.WEB, days=range(4, 28))
    with busy.client() as client:
        sign_in(busy, client, Role.OFFICE_MANAGER, office="riverside")
        for query, says in (("channel=web", "So few people"), ("channel=phone", "nothing to show")):
            for page in ("/staff/scores", "/staff/drivers"):
                assert client.get(f"{page}?{query}").status_code == 200
                file = client.get(f"{page}?{query}&format=csv")
                assert file.status_code == 404 and says in file.text
                assert "content-disposition" not in file.headers


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_accessible_and_fit_a_telephone(busy, serve, open_page, width):
    address = serve.reserve()
    busy.move(address)
    serve(busy.app(demo=True), at=address)
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + invite(busy, Role.ANALYST))
    with page.expect_navigation():
        page.click("main button")
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert browser_layout.unlabelled(page) == []
        violations = Axe().run(page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in violations] == []


def busy_name(office):
    return "Riverside Office" if office == "riverside" else f"Office {office[-1]}"

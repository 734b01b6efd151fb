"""Every number in the sentences of the staff pages, recounted from the export alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Draft, Writer
from tests.recounts import recompute, recounted
from tests.recounts import recompute_digest as recount
from tests.recounts.recompute import Row
from tests.recounts.recounted import END, Agency, Books, numbers, says_the_same, text_of

DAY = timedelta(days=1)
MONTH = date(2026, 10, 1), date(2026, 10, 31)
PLACES: list[dict[str, str]] = [{}, {"office": "west"}, {"office": "branch-4"}]
IN_WORDS = {"trust": "Trust", "satisfaction": "Satisfaction"}


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The agency with its answers, and its export."""
    with recounted.opened(request) as books:
        yield books


@pytest.fixture(params=[Role.ANALYST, Role.ADMINISTRATOR], ids=["rows", "released"])
def agency(request: pytest.FixtureRequest, books: Books) -> Iterator[Agency]:
    """Somebody who holds the rows, or does not."""
    with recounted.entered(books, request.param) as agency:
        yield agency


def sides(agency: Agency, place: dict[str, str]) -> tuple[list[Row], list[Row]]:
    """The answers of the 28 days that a page begins with, and of the 28 before."""
    day, length = timedelta(days=1), timedelta(days=28)
    end = agency.end(**place)
    now = agency.answers(end - length, end - day, **place)
    return now, agency.answers(end - 2 * length, end - length - day, **place)


def page_of(agency: Agency, path: str, **filters: str) -> str:
    """A page as it comes."""
    return agency.client.get(path, params=filters).text


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_overview_says_how_trust_stands_and_what_became_of_it(
    agency: Agency, place: dict[str, str]
) -> None:
    now, before = sides(agency, place)
    page = page_of(agency, "/staff/scores", **place)
    for question in IN_WORDS:
        [card] = re.findall(rf'aria-labelledby="m-{question}">(.*?)</section>', page, re.DOTALL)
        [says] = re.findall(r'<p class="standing">(.*?)</p>', card)
        assert says_the_same(says, recount.standing(now, question)[1:])
        [says] = re.findall(r'<p class="verdict[^"]*">(.*?)</p>', card)
        assert says_the_same(text_of(says), recount.became(now, before, question))


def test_the_overview_says_which_offices_changed_and_by_how_much(agency: Agency) -> None:
    for place in PLACES[:2]:
        movers, compared = recount.movers(*sides(agency, place))
        [moved] = re.findall(
            r'id="moved">(.*?)</section>', page_of(agency, "/staff/scores", **place), re.S
        )
        wanted = [each for *_, some in movers for each in some] if movers else [compared]
        assert says_the_same(text_of(moved), wanted)
        assert {office for office, *_ in movers} >= {recounted.WORSE}


def test_the_overview_counts_the_offices_that_were_compared(agency: Agency) -> None:
    for day in range(20):
        first = date(2026, 8, 20) + timedelta(days=day)
        last = first + timedelta(days=27)
        movers, compared = recount.movers(
            agency.answers(first, last), agency.answers(first - 28 * DAY, last - 28 * DAY)
        )
        if not movers:
            break
    page = page_of(agency, "/staff/scores", **{"from": str(first), "to": str(last)})
    [says] = re.findall(r"<p>([^<]+ offices were compared)", page)
    assert not movers and says_the_same(says, [compared])


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_dated_note_says_what_became_of_trust_and_satisfaction(
    agency: Agency, place: dict[str, str]
) -> None:
    day = recounted.SINCE
    end = agency.end(**place)
    weeks = (end - day).days // 7
    after = agency.answers(day, day + timedelta(weeks=weeks) - DAY, **place)
    before = agency.answers(day - timedelta(weeks=13), day - DAY, **place)
    with noted(agency, day, place.get("office")) as id:
        page = page_of(agency, "/staff/notes", **place)
    [effects] = re.findall(rf'<li id="note-{id}">(.*?)</li>', page, re.DOTALL)
    for question, title in IN_WORDS.items():
        [says] = re.findall(rf"<p>{title}: (.*?)</p>", effects, re.DOTALL)
        what = recount.verdict(after, before, question)
        bold = {"up": "Up.", "down": "Down.", "same": "Not changed."}.get(what, "Cannot tell.")
        assert text_of(says).startswith(bold)
        assert says_the_same(text_of(says), recount.apart_in_full(after, before, question))


@contextmanager
def noted(agency: Agency, day: date, office: str | None) -> Iterator[str]:
    """A dated note about an office or all, as long as this lasts; gives its id."""
    writer, now = Writer("", "ann@example.gov"), agency.house.clock.now
    with db.write(agency.house.engine) as connection:
        id = chart_notes.add(connection, Draft(day, "new form", None, office), writer, now)
    yield id
    with db.write(agency.house.engine) as connection:
        chart_notes.remove(connection, id, "1")


def released(agency: Agency, place: dict[str, str]) -> list[Row]:
    """The answers of closed batches in the 28 days that a page begins with."""
    end = agency.end(**place)
    window = (end - timedelta(days=28), end - timedelta(days=1))
    return recompute.chosen(agency.batched, agency.exists, *window, **place)


def test_the_overview_names_what_to_fix_by_as_many_people_as_named_it(agency: Agency) -> None:
    wanted = standing_out(agency)
    shown = cards(page_of(agency, "/staff/"))
    assert 1 <= len(shown) <= 3
    for title, says in shown:
        [driver] = re.findall(r"name “(.+?)” as", says)
        [office] = re.findall(r" at ([\w-]+) \(", title)
        assert says_the_same(says.partition("sure:")[0], wanted[driver, office])
    assert [office for _, office in wanted][: len(shown)] == [
        re.findall(r" at ([\w-]+) \(", title)[0] for title, _ in shown
    ]


def cards(page: str) -> list[tuple[str, str]]:
    """The findings on a page: the title of each, and what it says."""
    return [
        (text_of(title), text_of(says))
        for title, says in re.findall(
            r'<h3 id="finding-\d">(.*?)</h3>.*?<p>(.*?)</p>', page, re.DOTALL
        )
    ]


def standing_out(agency: Agency) -> dict[tuple[str, str], tuple[float, ...]]:
    """The findings by the name of the driver and the office, the most people first."""
    modes = {slug: service["mode"] for slug, service in agency.exists["services"].items()}
    return {
        (agency.labels[modes[each.service], each.driver], each.office): each.numbers
        for each in recount.findings(released(agency, {}), agency.exists)
    }


@pytest.mark.parametrize("place", [{}, {"service": "permits"}, {"office": "branch-4"}], ids=str)
def test_the_overview_tells_what_is_named_most_of_all(
    agency: Agency, place: dict[str, str]
) -> None:
    # Of batches, for those who hold the rows too: whoever looks at the same days reads the same.
    now = released(agency, place)
    page = page_of(agency, "/staff/", **place)
    most = re.findall(r"<p>(“[^”]+” is named most as what could be better.*?) <span", page)
    if cards(page):
        assert most == []
        return
    agency.seen += 1
    wanted = recount.named_most(now, agency.exists)
    assert [numbers(sentence) for sentence in most] == [
        [f"{hits:,}", f"{n:,}"] for *_, hits, n in wanted
    ]


@pytest.mark.parametrize("place", [{"service": "permits"}, {"office": "branch-4"}], ids=str)
def test_the_drivers_page_says_what_is_named_most_on_both_sides(
    agency: Agency, place: dict[str, str]
) -> None:
    now, _ = sides(agency, place)
    counts = recompute.drivers(now, agency.exists).values()
    worse = max(((n, 100 * share) for n, share, *_ in counts), key=lambda each: each[1])
    better = max(((n, 100 * share) for n, _, _, _, share, *_ in counts), key=lambda each: each[1])
    says = re.findall(r'<p class="lead">(.*?)</p>', page_of(agency, "/staff/drivers", **place))
    assert len(says) == 2
    for sentence, (n, share) in zip(says, (worse, better), strict=True):
        assert says_the_same(sentence, [round(share * n / 100), n, share])


@pytest.mark.parametrize("place", [{}, {"service": "permits"}], ids=str)
def test_the_response_page_says_how_many_answered_and_which_share(
    agency: Agency, place: dict[str, str]
) -> None:
    now = agency.answers(*MONTH, **place)
    counts = recompute.response(now)
    page = page_of(agency, "/staff/response", period="2026-10", **place)
    assert says_the_same(re.findall(r'<p class="lead">(.*?)</p>', page)[0], [len(now)])
    ways = {"Email": ("email", ""), "Text message": ("sms", "")}
    for name, way in {**ways, "English": ("", "en"), "Spanish": ("", "es")}.items():
        says = re.findall(rf"{name}\W+([\d,]+ \(\d+%\))", text_of(page))
        for cell in says:
            assert says_the_same(cell, [counts[way], 100 * counts[way] / len(now)])
            agency.seen += 1
    assert agency.seen >= 4


def test_the_page_of_a_small_office_says_its_quarters_in_people(agency: Agency) -> None:
    rows = agency.answers(date.min, END - timedelta(days=1), office="branch-8")
    wanted = recount.small(rows, agency.exists, END)
    page = page_of(agency, "/staff/scores", office="branch-8")
    [section] = re.findall(r'id="quarters">.*?<ul>(.*?)</ul>', page, re.DOTALL)
    assert says_the_same(text_of(section), wanted["moved"])


def test_the_page_of_a_small_office_names_drivers_in_people(agency: Agency) -> None:
    rows = agency.answers(date(2026, 10, 1), END - timedelta(days=1), office="branch-8")
    page = page_of(agency, "/staff/scores", office="branch-8")
    named = dict(re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL))
    for code in recount.ORDER:
        worse = sum(code in row["drivers_negative"] for row in rows)
        better = sum(code in row["drivers_positive"] for row in rows)
        says = named.get(agency.labels["tap", code], f"0 of {len(rows)}; 0 of {len(rows)}")
        assert says_the_same(says, [worse, len(rows), better, len(rows)])
    assert named

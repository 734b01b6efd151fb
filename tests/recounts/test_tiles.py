"""Every number in the tiles of the first page, recounted from the export alone."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from cxserver.accounts.roles import Role
from tests.recounts import recompute, recounted
from tests.recounts import recompute_digest as recount
from tests.recounts.recompute import Row
from tests.recounts.recounted import Agency, Books, numbers, says_the_same, text_of

DAY, LENGTH = timedelta(days=1), timedelta(days=28)
PLACES: list[dict[str, str]] = [{}, {"office": "west"}, {"office": "branch-4"}]
MEASURES = ("trust", "satisfaction")


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


def tile(agency: Agency, name: str, place: dict[str, str]) -> str:
    """One tile, as it comes."""
    page = agency.client.get("/staff/", params=place).text
    [shown] = re.findall(rf'aria-labelledby="tile-{name}">(.*?)</article>', page, re.DOTALL)
    return str(shown)


def part(tile: str, name: str) -> str:
    """The words in the element of that class."""
    [shown] = re.findall(rf'class="{name}">(.*?)</p>', tile, re.DOTALL)
    return text_of(shown)


def sides(agency: Agency, place: dict[str, str]) -> tuple[list[Row], list[Row]]:
    """The answers of the 28 days that the page begins with, and of the 28 before."""
    end = agency.end(**place)
    now = agency.answers(end - LENGTH, end - DAY, **place)
    return now, agency.answers(end - 2 * LENGTH, end - LENGTH - DAY, **place)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_tiles_say_how_trust_and_satisfaction_stand(
    agency: Agency, place: dict[str, str]
) -> None:
    now, _ = sides(agency, place)
    for measure in MEASURES:
        shown = tile(agency, measure, place)
        share, low, high = (100 * n for n in recompute.share(recount.top(now, measure), len(now)))
        assert says_the_same(part(shown, "tile-number").replace(" ", ""), [share])
        ends = part(shown, "tile-range").replace("–", " ")
        assert says_the_same(ends, [low, high])
        agency.seen += 1


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_tiles_count_the_answers_of_these_days_and_of_those_before(
    agency: Agency, place: dict[str, str]
) -> None:
    now, before = sides(agency, place)
    shown = tile(agency, "answers", place)
    assert says_the_same(part(shown, "tile-number"), [len(now)])
    [past] = re.findall(r"<small>([\d,]+) in the 28 days before</small>", shown)
    assert says_the_same(past, [len(before)])


@pytest.mark.parametrize("place", PLACES[1:], ids=str)
def test_a_score_is_held_against_all_offices_and_similar_ones(
    agency: Agency, place: dict[str, str]
) -> None:
    end = agency.end(**place)
    mine = recompute.chosen(agency.batched, agency.exists, end - LENGTH, end - DAY, **place)
    offices = {row["office"] for row in mine}
    services = {row["service"] for row in agency.answers(end - LENGTH, end - DAY, **place)}
    every = [
        row
        for row in recompute.chosen(agency.batched, agency.exists, end - LENGTH, end - DAY)
        if row["service"] in services
    ]
    people: dict[str, int] = {}
    for row in every:
        people[row["office"]] = people.get(row["office"], 0) + 1
    near = {
        office
        for office, n in people.items()
        if office not in offices and len(mine) / 2 <= n <= 2 * len(mine)
    }
    alike = [row for row in every if row["office"] in near]
    for measure in MEASURES:
        lines = dict(
            re.findall(r"<dt>(.*?)(?:<span.*?)?</dt><dd>(.*?)</dd>", tile(agency, measure, place))
        )
        assert ("All offices" in lines) is (len(people.keys() - offices) > 1)
        if "All offices" in lines:
            share = 100 * recount.top(every, measure) / len(every)
            assert says_the_same(lines["All offices"], [share])
        label = f"{len(near)} similar offices"
        assert (label in lines) is (len(near) > 1 and len(alike) >= 30)
        if label in lines:
            assert says_the_same(lines[label], [100 * recount.top(alike, measure) / len(alike)])
        assert numbers(lines["Mean, 1 to 5"])

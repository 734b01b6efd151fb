"""Every number on the pages of a quarter, recounted from the export alone."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from cxserver.accounts import roles
from tests.recounts import recompute_filed as recount
from tests.recounts import recounted
from tests.recounts.recompute import Row, points
from tests.recounts.recounted import numbers, says_the_same, text_of
from tests.support.filed_quarter import (
    CHANNELS,
    FIRST,
    FORMS,
    LAST,
    QUARTER,
    SERVICES,
    VOLUMES,
    FiledQuarter,
    entries,
    filed_quarter,
    pages_of_comments,
)
from tests.support.matches import first_match
from tests.support.staff_accounts import sign_in

WAITS = {"permits": {"2026Q3": "7", QUARTER: "12"}, "calls": {QUARTER: "3"}}
QUARTERS = ["2026Q1", "2026Q2", "2026Q3", QUARTER, "2027Q1"]


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest) -> Iterator[FiledQuarter]:
    """The quarter, ready to be filed."""
    with filed_quarter(request) as desk:
        yield desk


@pytest.fixture(params=sorted(roles.FILERS))
def client(request: pytest.FixtureRequest, desk: FiledQuarter) -> Iterator[TestClient]:
    """Somebody of each role that may file."""
    with desk.books.house.client() as client:
        sign_in(desk.books.house, client, request.param)
        yield client


def page_of(client: TestClient, form: str, quarter: str = QUARTER) -> str:
    """The page of the quarter."""
    got = client.get("/staff/quarter", params={"quarter": quarter, "format": form})
    assert got.status_code == 200
    return got.text


# ---- the page of the quarter


@pytest.mark.parametrize("form", FORMS)
def test_the_quarter_shows_how_many_answered_by_each_channel(
    desk: FiledQuarter, client: TestClient, form: str
) -> None:
    shown = {}
    for service, inside in services_on(page_of(client, form)).items():
        for words, n in re.findall(r"<legend>([^<]+?) <span[^>]*>([\d,]+) answered", inside):
            shown[service, CHANNELS[words]] = int(n.replace(",", ""))
    assert shown == {name: len(rows) for name, rows in desk.sets(form).items()}
    assert len(shown) >= 5


def services_on(page: str) -> dict[str, str]:
    """The section of each service."""
    pattern = r'<section aria-labelledby="service-([a-z]+)">(.*?)</section>'
    return dict(re.findall(pattern, page, re.DOTALL))


@pytest.mark.parametrize("form", FORMS)
def test_the_quarter_shows_how_many_are_filed_and_how_many_left_out(
    desk: FiledQuarter, client: TestClient, form: str
) -> None:
    page = page_of(client, form)
    filed = sum(map(len, desk.sets(form).values()))
    flagged = sum(map(recount.is_flagged, desk.rows))
    assert flagged > 20
    says = first_match(r"<p>([\d,]+ answers; .*? are left out)", page)
    assert says_the_same(says[1], [filed, flagged])
    rated = [row for row in desk.rows if row["service"] == "hearings"]
    left_out = re.findall(r"Not in the file: hearings/1, ([\d,]+) answers", page)
    assert left_out == ([f"{len(rated):,}"] if form == "v2" else [])


def test_the_quarter_shows_the_volumes_that_were_told(client: TestClient) -> None:
    shown = {
        (service, channel): (int(served), int(offered))
        for service, inside in services_on(page_of(client, "v2")).items()
        for channel, served in re.findall(r'name="served-(\w+)" value="(\d+)"', inside)
        for offered in re.findall(rf'name="offered-{channel}" value="(\d+)"', inside)
    }
    assert shown == VOLUMES


def test_the_quarter_shows_how_many_comments_wait_and_were_decided(
    desk: FiledQuarter, client: TestClient
) -> None:
    page = page_of(client, "v2")
    filed = [row for rows in desk.sets("v2").values() for row in rows]
    waiting, *decided = desk.comments(filed)
    assert min(waiting, *decided) > 0
    says = first_match(r"reads each comment first\. (.*? withheld)", text_of(page))
    assert says_the_same(says[1], [waiting, *decided])
    assert f"{waiting:,} comments have not been reviewed" in page


@pytest.mark.parametrize("quarter", [QUARTER, "2027Q1"])
@pytest.mark.parametrize("service", WAITS)
def test_service_levels_stand_beside_the_trust_of_the_same_quarter(
    desk: FiledQuarter, client: TestClient, quarter: str, service: str
) -> None:
    head, *rows = recounted.grid(page_of(client, "v2", quarter), SERVICES[service])
    last = QUARTERS.index(quarter) + 1
    assert head == ["Measure", *QUARTERS[last - 4 : last]]
    lines = {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in rows}
    for name in head[1:]:
        assert lines["Wait, minutes"][name] == WAITS[service].get(name, "–")
        trust = trusting(of_quarter(desk, name, service))
        assert says_the_same(lines["Trust, 4 or 5"][name], trust)


def trusting(rows: list[Row]) -> list[float]:
    """The share who trust; of few people how many of how many."""
    if 0 < len(rows) < 30:
        return [sum(points(rows, "trust")[3:]), len(rows)]
    return [recount.share(rows, "trust")] if rows else []


def of_quarter(desk: FiledQuarter, name: str, service: str) -> list[Row]:
    """The answers about a service that are filed of a quarter."""
    days = {QUARTER: (FIRST, LAST), "2027Q1": ("2026-10-01", "2026-12-31")}.get(name)
    rows = recount.of_days(desk.books.rows, *days) if days else []
    files = recount.sets(rows, desk.books.exists, "v2")
    return [row for (slug, _), some in files.items() for row in some if slug == service]


# ---- the comments before they leave


def test_the_review_counts_and_lists_every_comment_of_the_quarter(
    desk: FiledQuarter, client: TestClient
) -> None:
    waiting, *decided = desk.comments(desk.rows)
    for show, many in (("", waiting), ("all", waiting + sum(decided))):
        pages = list(pages_of_comments(client, show))
        says = first_match(r"([\d,]+) need a decision", text_of(pages[0]))
        assert numbers(says[0]) == [f"{waiting:,}"]
        listed = [words for page in pages for _, words in entries(page)]
        assert len(listed) == len(set(listed)) == many
        assert set(listed) <= {row["comment"] for row in desk.rows}

"""The Comments pages list the comments of the answers one may see, each with its own numbers."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from cxserver.accounts.roles import Role
from tests.recounts import recompute, recounted
from tests.recounts import recompute_comments as recount
from tests.recounts.recompute import Row
from tests.recounts.recompute_comments import Line
from tests.recounts.recounted import Books, text_of
from tests.support.staff_accounts import sign_in

NAMES = {"Riverside Office": "riverside", "Permit renewal": "permits", "Hearing": "hearings"}
# A choice on the page, and the rows that it means.
CHOICES: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "score=1": lambda row: row["trust"] == 1,
    "language=es": lambda row: row["language"] == "es",
    "office=riverside": lambda row: row["office"] == "riverside",
    "service=hearings": lambda row: row["service"] == "hearings",
    "driver=ease-negative": lambda row: "ease" in recount.poor(row),
    "driver=employee-positive": lambda row: "employee" in recount.good(row),
    "q=branch-3": lambda row: "branch-3" in row["comment"],
}
LISTED = re.compile(r'<p class="row-text"[^>]*><a [^>]*>([^<]+)</a></p>')
READERS: dict[str, tuple[Role, dict[str, str]]] = {
    "analyst": (Role.ANALYST, {}),
    "records": (Role.RECORDS_OFFICER, {}),
    "lead": (Role.SERVICE_LEAD, {"service": "hearings"}),
    "manager": (Role.OFFICE_MANAGER, {"office": "riverside"}),
}


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The agency with its answers, and its export."""
    with recounted.opened(request) as books:
        yield books


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, books: Books) -> Iterator["Reader"]:
    """Somebody who may read comments."""
    role, unit = READERS[request.param]
    with books.house.client() as client:
        sign_in(books.house, client, role, **unit)
        yield Reader(books, client, role in (Role.ANALYST, Role.RECORDS_OFFICER), unit)


class Reader:
    """What somebody reads on the pages, and which rows that should be."""

    def __init__(self, books: Books, client: TestClient, holds_rows: bool, unit: dict[str, str]):
        self.client, self.holds_rows, self.labels = client, holds_rows, books.labels
        every = books.rows if holds_rows else books.batched
        self.rows = recompute.chosen(every, books.exists, date.min, date.max, **unit)

    def lines(self, choice: str = "") -> list[Line]:
        """The lines that a choice should give."""
        rows = filter(CHOICES[choice], self.rows)
        return recount.lines(rows, self.labels, holds_rows=self.holds_rows)

    def saved(self, choice: str) -> Iterator[Line]:
        """The lines that it gives, from the one file of the whole list."""
        _, *rows = csv.reader(
            io.StringIO(self.client.get(f"/staff/comments?{choice}&format=csv").text)
        )
        for week, office, service, words, facts, _, _ in rows:
            yield week, NAMES.get(office, office), NAMES[service], words, facts

    def pages(self, choice: str) -> Iterator[str]:
        """The pages of the list."""
        address = f"/staff/comments?{choice}"
        while address:
            page = self.client.get(address).text
            yield page
            following = re.search(r'class="go" href="([^"]+)"', page)
            address = following[1].replace("&amp;", "&") if following else ""


@pytest.mark.parametrize("choice", CHOICES)
def test_the_comments_page_lists_every_comment_once_with_its_own_scores(
    reader: Reader, choice: str
) -> None:
    lines = Counter(reader.lines(choice))
    assert Counter(reader.saved(choice)) == lines
    pages = list(reader.pages(choice))
    assert Counter(text_of(words) for page in pages for words in LISTED.findall(page)) == Counter(
        words for *_, words, _ in lines.elements()
    )
    n = lines.total()
    number = "More than 500 comments" if n > 500 else f"{n} comment{'s' if n != 1 else ''}"
    assert (f">{number}</h2>" in pages[0]) is bool(n)


def test_who_sees_batches_reads_the_comments_of_every_batch_that_closed(books: Books) -> None:
    unit = {"office": "west"}
    with books.house.client() as client:
        sign_in(books.house, client, Role.OFFICE_MANAGER, **unit)
        region = Reader(books, client, False, unit)
        assert Counter(region.saved("")) == Counter(region.lines())
    last = {row["office"]: row["day"] for row in sorted(region.rows, key=lambda row: row["day"])}
    assert any(row["comment"] for row in region.rows if row["day"] == last[row["office"]])


def test_the_page_of_a_comment_shows_its_scores_and_nobody_elses(reader: Reader) -> None:
    page = reader.client.get("/staff/comments").text
    lines = {words: facts for *_, words, facts in reader.lines()}
    addresses = re.findall(r'class="row-text"[^>]*><a href="([^"]+)"', page)[:5]
    assert len(addresses) == 5
    for address in addresses:
        [(words, facts)] = re.findall(
            r'<p dir="auto">([^<]+)</p>\s*</blockquote>\s*<p class="small">(.*?)\.</p>',
            reader.client.get(address).text,
        )
        assert text_of(facts) == lines[text_of(words)].replace("; ", ". ")

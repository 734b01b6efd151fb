"""A quarter to be filed: its answers, what was told of it, what was decided, and its rows."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from cxsdk.token import Kind
from cxserver.accounts.roles import Role
from tests.recounts import recompute_filed as recount
from tests.recounts import recounted
from tests.recounts.recompute import Row
from tests.recounts.recompute_filed import Set
from tests.recounts.recounted import Books, Given, text_of
from tests.support.cx_process import cx
from tests.support.house import House
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import FORM, sign_in

QUARTER, FIRST, LAST = "2026Q4", "2026-07-01", "2026-09-30"
FORMS = ["v1", "wide", "v2"]
SERVICES = {"permits": "Permit renewal", "hearings": "Hearing", "calls": "Telephone help"}
CHANNELS = {
    "Email": "email",
    "Text message": "sms",
    "Kiosk": "kiosk",
    "Poster": "poster",
    "After a call": "phone",
}
# Customers served, and of them offered the survey, as the agency tells.
VOLUMES = {("permits", "email"): (9000, 4000), ("permits", "kiosk"): (1234, 567)}
LEVELS = "service,name,unit,period,office,value\n" + "".join(
    f"permits,Wait,minutes,{quarter},,{wait}\n" for quarter, wait in (("2026Q3", 7), (QUARTER, 12))
)
LEVELS += f"calls,Wait,minutes,{QUARTER},,3\n"
# Some sets are small, and one service has nothing else.
MORE: list[recounted.Group] = [
    ("permits", "lakeside", (Kind.KIOSK,), 60, 0.8),
    ("permits", "riverside", (Kind.POSTER,), 9, 0.7),
    ("calls", "center", (Kind.PHONE,), 8, 0.7),
]
# Two flags leave an answer out; the third is a note.
FLAGS = ("fast", "burst-same", "control")
APPROVED, WITHHELD = 10, 6


@dataclass
class FiledQuarter:
    """A quarter with all that was told of it, and what was decided about whose words."""

    books: Books
    decided: dict[str, str]

    @property
    def rows(self) -> list[Row]:
        """The answers of the quarter."""
        return recount.of_days(self.books.rows, FIRST, LAST)

    def sets(self, form: str) -> dict[Set, list[Row]]:
        """What is filed together, in a format."""
        return recount.sets(self.rows, self.books.exists, form)

    def comments(self, rows: list[Row]) -> list[int]:
        """How many of these comments wait, are approved, are withheld."""
        words = [row["comment"] for row in rows if row["comment"]]
        seen = Counter(self.decided.get(text, "wait") for text in words)
        return [seen["wait"], seen["approve"], seen["withhold"]]


@contextmanager
def filed_quarter(request: pytest.FixtureRequest) -> Iterator[FiledQuarter]:
    """The agency with its answers, and more of them that only a quarter's files tell apart."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("export")
    with shared_house(request) as house:
        recounted.settle(house)
        chance = random.Random(16)
        known = recounted.known_to(house)
        recounted.hand_in(house, recounted.sheets(known, chance, MORE))
        looked_at = [("permits", "riverside", (Kind.EMAIL,), 90, 0.9)]
        recounted.hand_in(house, flagged(recounted.sheets(known, chance, looked_at)))
        add_volumes(house, folder)
        yield FiledQuarter(recounted.books(house, folder), decide_comments(house))


def flagged(pairs: Iterator[Given]) -> Iterator[Given]:
    """The same answers, each with a flag; with their words told apart from others."""
    for number, (sheet, answers) in enumerate(pairs):
        words = f"Look twice {number}." if answers.comment else ""
        answers = answers.model_copy(update={"comment": words})
        yield replace(sheet, flags=(FLAGS[number % 3],)), answers


def add_volumes(house: House, folder: Path) -> None:
    """Customers served and offered, and service levels, as somebody types them."""
    for (service, channel), (served, offered) in VOLUMES.items():
        figures = ["--served", str(served), "--offered", str(offered)]
        words = ["--source", "Queue", "--who", "Ana"]
        cx(house, "quarter", "volumes", "set", QUARTER, service, channel, *figures, *words)
    (folder / "levels.csv").write_text(LEVELS)
    cx(house, "indicators", "import", str(folder / "levels.csv"))


def decide_comments(house: House) -> dict[str, str]:
    """Approve and withhold comments on the page; what was decided, by their words."""
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        written = [entry for page in pages_of_comments(client) for entry in entries(page)]
        wanted = ["approve"] * APPROVED + ["withhold"] * WITHHELD
        # The last are of permits, which are filed in every format.
        taken = dict(zip(written[::-1], wanted, strict=False))
        fields = {name: decision for (name, _), decision in taken.items()}
        body = urlencode({"quarter": QUARTER, "act": "save", **fields})
        headers = {"content-type": FORM, "sec-fetch-site": "same-origin"}
        sent = client.post("/staff/quarter/comments", headers=headers, content=body)
        assert sent.status_code == 303
    return {words: decision for (_, words), decision in taken.items()}


def entries(page: str) -> list[tuple[str, str]]:
    """The name and the words of each comment of the page."""
    pattern = r'<blockquote><p dir="auto">(.*?)</p>.*?name="seen:([^"]+)"'
    return [(name, text_of(words)) for words, name in re.findall(pattern, page, re.DOTALL)]


def pages_of_comments(client: TestClient, show: str = "") -> Iterator[str]:
    """The list, page by page."""
    address = f"/staff/quarter/comments?quarter={QUARTER}&show={show}"
    while address:
        page = client.get(address).text
        yield page
        following = re.search(r'<p class="pager"><a href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""

"""An agency with a few thousand answers: its pages, and the same numbers counted from its export.

The answers come from here, the export from `cx export`, and what follows from `recompute` alone.
"""

import csv
import random
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cxsdk.token import Kind, Token
from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.instrument.answers import Answers, Point
from cxserver.intake import entry, store
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import Opened
from tests.recounts import recompute
from tests.recounts.recompute import Row
from tests.support.closed_batches import release_anew
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, House
from tests.support.matches import first_match
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import sign_in

END = date(2026, 11, 4)  # today; the last answers are of yesterday
DAYS = 106
HIDDEN = ("", "not shown")
QUESTIONS = {"Trust": "trust", "Satisfaction": "satisfaction"}
# How busy an office is, and what share of its people are content.
BUSY = [
    (9, 0.9),
    (8, 0.7),
    (7, 0.88),
    (6, 0.5),
    (6, 0.93),
    (5, 0.8),
    (5, 0.85),
    (4, 0.8),
    (0.6, 0.7),
]
OFFICES = {f"branch-{at}": how for at, how in enumerate(BUSY)}
# Since this day people are less content at this office.
WORSE, SINCE = "branch-4", date(2026, 10, 7)
REGION = """
[[service.permits.office]]
slug = "west"
name = "West"
timezone = "UTC"
serves = false
"""
BRANCHES = REGION + "".join(
    f'[[service.permits.office]]\nslug = "{slug}"\nname = "{slug}"\ntimezone = "UTC"\n'
    f'parent = "west"\n'
    for slug in OFFICES
)
POINTS: tuple[Point, ...] = (1, 2, 3, 4, 5)
Group = tuple[str, str, tuple[Kind, ...], int, float]
Given = tuple[Sheet, Answers]


def crowd() -> list[Group]:
    """Of each group: service, office, ways to answer, people, and what share of them is content."""
    ways = (Kind.EMAIL, Kind.EMAIL, Kind.SMS)
    busy = [("permits", slug, *how) for slug, how in OFFICES.items()]
    busy += [("permits", "riverside", 9, 0.8), ("hearings", "riverside", 4, 0.75)]
    return [(service, slug, ways, int(n * 60), share) for service, slug, n, share in busy]


def sheets(known: Directory, chance: random.Random, groups: Iterable[Group]) -> Iterator[Given]:
    """The answers of these groups in the last weeks; each ninth person writes something."""
    number = 0
    for slug, office, ways, people, content in groups:
        service = known.services[slug]
        for _ in range(people):
            day = END - timedelta(days=chance.randint(1, DAYS))
            moment = datetime.combine(day, time(17), UTC)
            token = Token(chance.choice(ways), 1, int(moment.timestamp()), chance.randbytes(8))
            opened = Opened(service, known.offices[office], token, token.nonce.hex(), 1)
            language = chance.choice(("en", "en", "es"))
            sheet = Sheet(opened, service.survey, language, moment, chance.randbytes(18))
            share = content * 0.6 if office == WORSE and day >= SINCE else content
            number += 1
            comment = f"{slug} {number} at {office}." if number % 9 == 0 else ""
            yield sheet, answers(service.survey, chance, share, comment)


def answers(survey: Any, chance: random.Random, content: float, comment: str = "") -> Answers:
    """What somebody answers who is content with this chance."""
    happy = chance.random() < content
    # Not all who are satisfied trust, or no count could tell the two apart.
    moods = (happy, happy if chance.random() < 0.9 else not happy)
    both = [chance.choice((4, 5) if mood else (1, 2, 3)) for mood in moods]
    codes = chance.sample(survey.drivers, chance.randint(0, 3))
    fields: dict[str, Any] = {"satisfaction": both[0], "trust": both[1], "comment": comment}
    if survey.driver_mode == "likert":
        return Answers(**fields, scores={code: chance.choice(POINTS) for code in codes})
    return Answers(**fields, drivers=tuple(code for code in survey.drivers if code in codes))


def known_to(house: House) -> Directory:
    """What exists at a house."""
    with db.read(house.engine) as connection:
        return directory.load(connection)


def hand_in(house: House, pairs: Iterable[Given]) -> None:
    """Store these answers as they would have come in on their days."""
    hidden = Secrets(house.roots)
    waiting = [
        entry.prepare(sheet, answered, hidden, sheet.answered_at) for sheet, answered in pairs
    ]
    assert not any(isinstance(result, Exception) for result in store.write(house.engine, waiting))


def settle(house: House) -> House:
    """The catalog of the agency, its answers, and the batches that have closed."""
    house.apply(CATALOGUE + BRANCHES)
    hand_in(house, sheets(known_to(house), random.Random(280), crowd()))
    release_anew(house)
    return house


def export(house: House, file: Path) -> list[Row]:
    """Every row that `cx export` writes."""
    cx(house, "export", "--format", "jsonl", "-o", str(file))
    return recompute.read(file)


def what_exists(known: Directory) -> dict[str, Any]:
    """The services and offices, as the script wants to be told."""
    return {
        "services": {
            slug: {"mode": mode(service), "drivers": list(service.survey.drivers)}
            for slug, service in known.services.items()
        },
        "offices": {
            slug: {"parent": office.parent, "serves": office.serves}
            for slug, office in known.offices.items()
        },
    }


def mode(service: Any) -> str:
    """How a service asks for drivers."""
    return "likert" if service.survey.driver_mode == "likert" else "tap"


@dataclass
class Books:
    """What the recounts begin with: all rows of the export, the same in batches, what exists."""

    house: House
    rows: list[Row]
    batched: list[Row]
    exists: dict[str, Any]
    file: Path
    labels: dict[tuple[str, str], str] = field(default_factory=dict)


def books(house: House, folder: Path) -> Books:
    """The books of a house."""
    file = folder / "answers.jsonl"
    rows, known = export(house, file), known_to(house)
    labels = {
        (mode(service), code): words
        for service in (known.services["permits"], known.services["hearings"])
        for code, words in service.survey.wording["en"].drivers.items()
    }
    return Books(house, rows, recompute.released(rows, END), what_exists(known), file, labels)


class Agency:
    """Pages and the export beside each other; `seen` counts the numbers that were compared."""

    def __init__(self, books: Books, client: TestClient, *, holds_rows: bool):
        self.house, self.client, self.file = books.house, client, books.file
        self.exists, self.labels = books.exists, books.labels
        self.all, self.batched, self.holds_rows = books.rows, books.batched, holds_rows
        self.rows = books.rows if holds_rows else books.batched
        self.seen = 0

    def page(
        self, path: str, first: date | None = None, last: date | None = None, /, **filters: str
    ) -> list[list[str]]:
        """The file of a page, in rows."""
        days = {"from": str(first), "to": str(last)} if first else {}
        got = self.client.get(path, params={**filters, **days, "format": "csv"})
        assert got.headers["content-type"].startswith("text/csv"), (path, filters)
        return list(csv.reader(StringIO(got.text)))

    def says(self, path: str, **filters: str) -> str:
        """What a page says, in one line without its marks."""
        return text_of(self.client.get(path, params=filters).text)

    def filters(self) -> list[dict[str, str]]:
        """Those that this role may choose in any days: the others cut by channel or language."""
        cuts = {"channel", "language"}
        return [some for some in FILTERS if self.holds_rows or not cuts & some.keys()]

    def end(self, **filters: str) -> date:
        """The day after the last that the trend counts: offices close, and not channels."""
        units = {name: slug for name, slug in filters.items() if name in ("service", "office")}
        mine = recompute.chosen(self.batched, self.exists, date.min, END, **units)
        return recompute.settled(mine, END)

    def answers(self, first: date, last: date, /, **filters: str) -> list[Row]:
        """The rows behind a page."""
        return recompute.chosen(self.rows, self.exists, first, last, **filters)

    def agree(self, shown: Iterable[str], wanted: Iterable[float | None]) -> None:
        """Whether each cell is the number it should be, or not shown."""
        shown, wanted = list(shown), list(wanted)
        assert len(shown) == len(wanted)
        for cell, number in zip(shown, wanted, strict=True):
            if cell not in HIDDEN:
                assert float(cell) == pytest.approx(number, abs=1e-9), (shown, wanted)
                self.seen += 1


@contextmanager
def opened(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The books of an agency with its answers, which stands for all tests of a file."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("export")
    with shared_house(request) as house:
        yield books(settle(house), folder)


@contextmanager
def entered(books: Books, role: Role) -> Iterator[Agency]:
    """Signed in there as somebody who holds the rows, or does not."""
    with books.house.client() as client:
        sign_in(books.house, client, role)
        yield Agency(books, client, holds_rows=role is Role.ANALYST)


def back(days: int) -> date:
    """So many days ago."""
    return END - timedelta(days=days)


FILTERS = [
    {},
    {"office": "riverside"},
    {"office": "west"},
    {"office": "branch-0"},
    {"channel": "email"},
    {"language": "es"},
    {"service": "permits"},
    {"office": "west", "language": "en"},
]


# ---- numbers in sentences


def text_of(page: str) -> str:
    """What a page or a letter says, in one line without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ").split())


# Digits that count nobody: dates, names of quarters, and "4 or 5".
_NO_COUNT = re.compile(
    r"[A-Z][a-z]{2} \d+(?:, \d{4})? – [A-Z][a-z]{2} \d+, \d{4}|\b\d{4}Q\d\b|\b4 or 5\b"
    r"|\bof 100\b(?! people)|\b(?:28|7) days\b|\b30 people a month\b"
)
_NUMBER = re.compile(r"(?:\bunder |\bover |(?<![\w-])[+−]?)\d[\d,]*(?:\.\d+)?")


def numbers(sentence: str) -> list[str]:
    """The numbers in a sentence, as they are written."""
    return _NUMBER.findall(_NO_COUNT.sub("", sentence))


def says_the_same(sentence: str, wanted: Iterable[float]) -> bool:
    """Whether a sentence has these numbers in this order, rounded as it rounds, and no other."""
    shown, every = numbers(sentence), list(wanted)
    return len(shown) == len(every) and all(map(is_rounded, shown, every))


def is_rounded(text: str, number: float) -> bool:
    """Whether `text` is `number` with as many decimals as it has, or says that it is next to it."""
    if text in ("under 1", "over 99"):
        return 0 < number < 0.5 if text == "under 1" else 99.5 <= number < 100
    places = len(text.partition(".")[2])
    value = float(text.replace(",", "").replace("−", "-"))
    return abs(value - number) <= 0.5 * 10.0**-places + 1e-9


def grid(page: str, title: str) -> list[list[str]]:
    """The table with this caption, in rows, its head first."""
    inside = first_match(rf"<caption>{re.escape(title)}</caption>(.*?)</table>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", inside[1], re.DOTALL)
    return [[text_of(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]

"""What readers without the rows are told, and what can be worked out from all of it."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from typing import Any

from starlette.testclient import TestClient

from cxserver import db
from cxserver.accounts import api_keys
from cxserver.accounts.roles import Role
from tests.disclosure.arrivals import CHANNELS, CUTS, UNITS, Released, few, month_end
from tests.disclosure.checker import determined, line_faults, whole
from tests.support.house import House
from tests.support.staff_accounts import sign_in

SERVICES = {service for service, _ in UNITS}
OFFICES = {office for _, office in UNITS}
NORTH = {"hilltop", "seaside"}
CATEGORIES = {"channel": CHANNELS["permits"][0], "language": ("en", "es")}
NAMES = {
    "Riverside Office": "riverside",
    "Lakeside <b>& Sons</b>": "lakeside",
    "Hilltop": "hilltop",
    "Seaside": "seaside",
    "Call Center": "center",
}
KEYS: dict[str, dict[str, str]] = {
    "key of all": {},
    "key of a service": {"service": "permits"},
    "key of a region": {"office": "north"},
}
STAFF: dict[str, tuple[Role, dict[str, str]]] = {
    "manager": (Role.OFFICE_MANAGER, {"office": "north"}),
    "lead": (Role.SERVICE_LEAD, {"service": "permits"}),
    "administrator": (Role.ADMINISTRATOR, {}),
    "security officer": (Role.SECURITY_OFFICER, {}),
}
SEES: dict[str, tuple[set[str], set[str]]] = {
    "key of all": (SERVICES, OFFICES),
    "key of a service": ({"permits"}, OFFICES),
    "key of a region": ({"permits"}, NORTH),
    "manager": ({"permits"}, NORTH),
    "lead": ({"permits"}, OFFICES),
    "administrator": (SERVICES, OFFICES),
    "security officer": (SERVICES, OFFICES),
}


@dataclass
class Read:
    """All that one reader was ever told: sets of people, and the question that each answers.

    `plain` are totals without a cut, `months` those of them that are whole months, `cuts` the
    cells of the cut tables and their sums.
    """

    plain: dict[int, str] = field(default_factory=dict)
    months: dict[int, str] = field(default_factory=dict)
    cuts: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    faults: list[str] = field(default_factory=list)
    refused: int = 0

    def check(self, n: int, people: int, question: str) -> bool:
        """Note a number that does not count these people; whether it counts anybody."""
        if n != people.bit_count():
            self.faults.append(f"{question}: {n} is shown, and {people.bit_count()} are released")
        return people > 0


def issue_keys(house: House) -> dict[str, str]:
    """A key without rows for each who has one."""
    today = house.clock.now.date()
    how: dict[str, Any] = {"comments": False, "rows": False}
    with db.write(house.engine) as connection:
        return {
            name: api_keys.issue(
                connection,
                name,
                scope.get("service"),
                scope.get("office"),
                today + timedelta(days=390),
                today,
                **how,
            )[1]
            for name, scope in KEYS.items()
        }


@dataclass
class Look:
    """One look at everything, by one reader, on one night."""

    client: TestClient
    name: str
    read: Read
    released: Released
    today: date
    chance: random.Random
    key: str = ""

    def take(self) -> None:
        """Ask for any days, and for the last month that is over."""
        self._plain()
        self._month((self.today.replace(day=1) - timedelta(days=1)).replace(day=1))

    # ---- totals of any days

    def _plain(self) -> None:
        for first, last in self._days():
            for office, n in self._by("office", first, last).items():
                self._keep(n, {office}, first, last)
        if self.key:
            first, last = self._days()[0]
            for service, n in self._by("service", first, last).items():
                self._keep(n, SEES[self.name][1], first, last, {service})
            first = self.today - timedelta(days=self.chance.randint(20, 60))
            for week, n in self._by("week", first, self.today).items():
                monday = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
                days = max(first, monday), min(self.today, monday + timedelta(days=6))
                self._keep(n, SEES[self.name][1], *days)

    def _days(self) -> list[tuple[date, date]]:
        ends = [self.today, self.today - timedelta(days=self.chance.randint(1, 9))]
        return [(last - timedelta(days=self.chance.randint(0, 120)), last) for last in ends]

    def _keep(
        self, n: int | None, offices: set[str], first: date, last: date, services: Any = None
    ) -> None:
        seen = SEES[self.name]
        people = self.released.total((services or seen[0]) & seen[0], offices, first, last)
        question = f"{self.name}: {sorted(offices)} {first} to {last}, read on {self.today}"
        if n is None:
            self.read.faults.append(f"{question}: hidden")
        elif self.read.check(n, people, question):
            self.read.plain[people] = question
            if first.day == 1 and last == month_end(last):
                self.read.months[people] = question

    # ---- cut tables

    def _month(self, first: date) -> None:
        days = first, month_end(first)
        offices = self._by("office", *days, service="permits")
        for office, n in offices.items():
            self._keep(n, {office}, *days, {"permits"})
        for cut in CUTS:
            self._table(first, cut)

    def _table(self, first: date, cut: str) -> None:
        """The table of a month, cell by cell and margin by margin, as this reader is shown it."""
        days = first, month_end(first)
        hidden: set[tuple[str | None, str]] = set()
        if ("permits", first) in self.released.refused:
            self._refused(first, cut)
            return
        for category in CATEGORIES[cut][: None if self.key else 2]:
            counts = self._by("office", *days, service="permits", **{cut: category})
            for office, n in counts.items():
                self._cell(n, {office}, first, cut, category)
                if n is None:
                    hidden.add((office, category))
        if not self.key:
            return
        for category, n in self._by(cut, *days, service="permits").items():
            self._cell(n, SEES[self.name][1], first, cut, category)
            if n is None:
                hidden.add((None, category))
        cells = self.released.table("permits", first, cut)
        if SEES[self.name][1] == OFFICES and cells:
            self.read.faults += [f"{first} {cut}: {cell}" for cell in exposed(cells, hidden)]

    def _refused(self, first: date, cut: str) -> None:
        """The month is not over, or it is not as it was when its table was drawn."""
        query = {cut: CATEGORIES[cut][0]}
        got = self._got("office", first, month_end(first), service="permits", **query)
        self.read.refused += 1
        if got.status_code != 422:
            self.read.faults.append(f"{self.name}: {first} {cut} is shown on {self.today}")

    def _cell(self, n: int | None, offices: set[str], first: date, cut: str, name: str) -> None:
        if n is None:
            return
        people = self.released.cell("permits", offices, first, cut, name)
        question = f"{self.name}: {sorted(offices)} {first:%Y-%m} {name}, read on {self.today}"
        if self.read.check(n, people, question):
            self.read.cuts[cut][people] = question

    # ---- how it is asked

    def _by(self, by: str, first: date, last: date, /, **query: str) -> dict[str, int | None]:
        got = self._got(by, first, last, **query)
        if self.key:
            assert got.status_code == 200, got.text
            return {row[by]: row["n"] for row in got.json()["rows"]}
        return self._page(got)

    def _got(self, by: str, first: date, last: date, /, **query: str) -> Any:
        days = {"from": first.isoformat(), "to": min(last, self.today).isoformat()}
        if not self.key:
            return self.client.get("/staff/offices", params=days | query | {"format": "csv"})
        shown = {"authorization": f"Bearer {self.key}"}
        query |= days | {"by": by}
        return self.client.get("/api/v1/results", params=query, headers=shown)

    def _page(self, got: Any) -> dict[str, int | None]:
        if not got.headers["content-type"].startswith("text/csv"):
            assert "nothing to show" in got.text, got.text
            return {}
        rows = list(csv.DictReader(StringIO(got.text)))
        numbers = {NAMES[row["Office"]]: row["People"] for row in rows}
        return {office: None if n == "not shown" else int(n) for office, n in numbers.items() if n}


def look(
    house: House,
    client: TestClient,
    keys: dict[str, str],
    reads: dict[str, Read],
    released: Released,
) -> None:
    """Everybody in `reads` looks at everything."""
    today = house.clock.now.date()
    chance = random.Random(today.toordinal())
    for name, read in reads.items():
        if name in STAFF:
            role, where = STAFF[name]
            sign_in(house, client, role, email=f"{role}-{today}@example.gov", **where)
        Look(client, name, read, released, today, chance, keys.get(name, "")).take()


# ---- the checks


def exposed(cells: dict[tuple[str, str], int], hidden: set[Any]) -> Iterator[str]:
    """What can be worked out of a table of which this is hidden."""
    table = whole(cells)
    hidden = {cell for cell in hidden if cell in table}
    yield from line_faults(cells, hidden)
    for zeros in (False, True):
        for cell in determined(cells, hidden, zeros_are_shown=zeros):
            yield f"{cell} is {table[cell]}, and that follows"


def worked_out(read: Read, chance: random.Random, many: int = 6_000) -> Iterator[str]:
    """Totals of which one less one or two others are a few people."""
    for some in (read.plain, *read.cuts.values()):
        yield from _less_one(some, chance, many)
    yield from _less_two(read.plain, read.plain, chance)
    for some in read.cuts.values():
        yield from _less_two(read.months | some, some, chance)
        yield from _less_two(some, read.months | some, chance)


def _less_one(totals: dict[int, str], chance: random.Random, many: int) -> Iterator[str]:
    sets = list(totals)
    for _ in range(many if sets else 0):
        people, other = chance.choice(sets), chance.choice(sets)
        if few(people & ~other) or few(people):
            yield f"{totals[people]} LESS {totals[other]} is {(people & ~other).bit_count()}"


def _less_two(outer: dict[int, str], inner: dict[int, str], chance: random.Random) -> Iterator[str]:
    """What is left of a total when one or two that lie in it are taken away."""
    for total in outer:
        inside = [other for other in inner if not other & ~total]
        for _ in range(min(2 * len(inside), 40)):
            first, second = chance.choice(inside), chance.choice(inside)
            if few(total & ~first) or few(total & ~(first | second)):
                left = (total & ~(first | second)).bit_count()
                claim = f"{outer[total]} LESS {inner[first]} AND {inner[second]}"
                yield f"{claim} is {left}"


def apart(read: Read) -> Iterator[str]:
    """The few people who are in just the same totals: a sum of totals could single them out."""
    parts = [(1 << 20_000) - 1]
    for total in read.plain:
        parts = [some for part in parts for some in (part & total, part & ~total) if some]
    for part in parts:
        if few(part):
            yield f"{part.bit_count()} people are told apart"

"""Answers of a quarter for the tests, and its files as they lie in a folder."""

import csv
import io
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cxserver import db
from cxserver.quarter import filing, fiscal
from cxserver.quarter.filing import Filed, Order
from cxserver.quarter.formats.fits import Format
from tests.support.house import House

# The quarter of `house.NOW`, and a moment when it has ended everywhere.
QUARTER = "2027Q1"
FIRST, LAST = "2026-10-01", "2026-12-31"
AFTER = datetime(2027, 1, 2, tzinfo=UTC)

_WORDS = ("", "", "", "Fine.", "Ana Pérez, 555-12-3456", 'two\nlines, "quoted"', "=1+1")


def answer_all(house: House, count: int, seed: int = 280) -> None:
    """`count` answers to three services, by several channels, in both languages."""
    chance = random.Random(seed)
    places: list[tuple[str, str]] = [
        *(
            ("permits", house.mint("permits", "riverside", channel=channel))
            for channel in ("site", "poster")
        ),
        ("permits", house.mint("permits", "lakeside", channel="site")),
    ]
    items = [_item(house, chance, places) for _ in range(count)]
    send(house, items)


def send(house: House, items: list[dict[str, Any]]) -> None:
    """Hand answers in, one by one."""
    with house.client() as client:
        for item in items:
            taken = client.post("/api/v1/responses", json=item)
            assert taken.status_code == 201, taken.text


def _item(house: House, chance: random.Random, places: list[tuple[str, str]]) -> dict[str, Any]:
    draw = chance.random()
    service, link = (
        chance.choice(places)
        if draw < 0.7
        else ("hearings", house.mint("hearings"))
        if draw < 0.85
        else ("calls", house.mint("calls", "center", channel="phone"))
    )
    return {
        "link": link,
        "key": str(UUID(int=chance.getrandbits(128))),
        "language": chance.choice(["en", "es"]),
        "trust": chance.randint(1, 5),
        "satisfaction": chance.randint(1, 5),
        "drivers": _drivers(service, chance),
        "comment": chance.choice(_WORDS),
    }


def _drivers(service: str, chance: random.Random) -> Any:
    if service == "hearings":
        drivers = ["effectiveness", "ease", "employee"]
        return {code: chance.randint(1, 5) for code in drivers if chance.random() < 0.8}
    drivers = ["effectiveness", "ease", "employee"] + (
        ["efficiency", "transparency", "humanity"] if service == "permits" else []
    )
    return chance.sample(drivers, chance.randint(0, 3))


def order(form: Format, **how: Any) -> Order:
    """An order for the quarter."""
    how = {"quarter": fiscal.named(QUARTER)} | how
    return Order(form=form, **how)


def write(house: House, form: Format, path: Path, now: datetime = AFTER, **how: Any) -> Filed:
    """Write the folder."""
    return filing.write(db.source(house.engine), order(form, **how), now, path, lambda rows: None)


def tables(path: Path, end: str) -> dict[str, list[dict[str, str]]]:
    """The rows of the files with this end, by the set they are of."""
    return {
        file.name.removesuffix(f".{end}"): list(
            csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
        )
        for file in sorted(path.glob(f"*.{end}"))
    }


def manifest(path: Path) -> dict[str, Any]:
    """The folder's manifest."""
    manifest: dict[str, Any] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def of_service(files: dict[str, list[dict[str, str]]], slug: str) -> Iterator[dict[str, str]]:
    """Every row of a service's files."""
    for name, rows in files.items():
        if name.startswith(f"{slug}_"):
            yield from rows


def points(rows: Iterable[dict[str, str]], names: list[str]) -> list[int]:
    """The sums of five columns; an empty cell is none."""
    every = list(rows)
    return [sum(int(row[name]) for row in every if row[name]) for name in names]


@contextmanager
def moved_clock(house: House, moment: datetime) -> Iterator[None]:
    """The house at another moment."""
    before, house.clock.now = house.clock.now, moment
    yield
    house.clock.now = before

"""A file that shares days with what is counted already is refused, unless it is of other people."""

from pathlib import Path
from typing import Any

import pytest

from cxserver import db
from cxserver.errors import Conflict
from cxserver.intake import recount
from tests.support.cli_runner import invoke
from tests.support.house import NOW, House
from tests.support.import_files import (
    MAP,
    WIDE,
    batch,
    dry_run,
    row,
    run_import,
    sheet,
    snapshot,
    toml,
    wide_sheet,
)


def test_days_that_both_have_are_refused_and_named(house: House, tmp_path: Path) -> None:
    first = batch(tmp_path, sheet([row("1"), row("2", When="2023-08-05")]), name="old.csv")
    run_import(house, first)
    before = snapshot(house)
    rows = [row("7", When="2023-08-05"), row("8", When="2023-08-06")]
    file, map = tmp_path / "new.csv", tmp_path / "map.toml"
    file.write_bytes(sheet(rows))
    map.write_text(toml(MAP), encoding="utf-8")
    _, message = invoke(house, "import", "run", file, "--map", map, fails=True)
    assert (
        f"Import {first.id} (old.csv, 2026-11-04) has 1 answer of permits at riverside by email, "
        "on 2023-08-05; this file brings 1 answer there and then. Fix: leave that out of the "
        f"file, or undo it first (cx import undo {first.id}); if they are other people, add "
        "--also."
    ) in message
    assert "Nothing was imported" in message
    assert snapshot(house) == before
    invoke(house, "import", "run", file, "--map", map, "--dry-run")
    assert snapshot(house) == before
    invoke(house, "import", "run", file, "--map", map, "--also")
    assert house.count() == 4
    assert recount.differences(db.source(house.engine)) == []


@pytest.mark.parametrize(
    "other",
    [
        {"offices": {"Code R": "lakeside"}},
        {"channel": "site"},
        {"timezone": "Asia/Tokyo"},
    ],
)
def test_another_office_channel_or_day_is_no_overlap(
    sqlite_house: House, tmp_path: Path, other: dict[str, Any]
) -> None:
    run_import(sqlite_house, batch(tmp_path, sheet([row("1", When="2023-07-31 04:00")])))
    body = sheet([row("2", When="2023-07-31 04:00")])
    assert dry_run(sqlite_house, batch(tmp_path, body, mapping=MAP | other)).overlaps == []


def test_a_quarter_of_counts_and_its_answers_are_the_same_people(
    sqlite_house: House, tmp_path: Path
) -> None:
    answers = batch(tmp_path, sheet([row("1", When="2021-02-15")]))
    counts = batch(tmp_path, wide_sheet(), "wide", WIDE, name="wide.csv")
    run_import(sqlite_house, counts)
    [overlap] = dry_run(sqlite_house, answers).overlaps
    assert (overlap.there, overlap.in_file, overlap.first, overlap.last) == (
        1250,
        1,
        "2021Q2",
        "2021Q2",
    )
    later = batch(tmp_path, sheet([row("1", When="2021-04-01")]))
    assert dry_run(sqlite_house, later).overlaps == []


def test_counts_overlap_the_answers_that_came_before(sqlite_house: House, tmp_path: Path) -> None:
    run_import(sqlite_house, batch(tmp_path, sheet([row("1", When="2021-02-15")])))
    [overlap] = dry_run(sqlite_house, batch(tmp_path, wide_sheet(), "wide", WIDE)).overlaps
    assert (overlap.there, overlap.in_file, overlap.first) == (1, 1250, "2021Q2")
    wide = batch(tmp_path, wide_sheet(collection_quarter="3"), "wide", WIDE)
    assert dry_run(sqlite_house, wide).overlaps == []


def test_what_was_answered_here_is_not_imported_on_top(house: House, tmp_path: Path) -> None:
    with house.client() as client:
        item = {"link": house.mint(), "trust": 4, "satisfaction": 4}
        assert client.post("/api/v1/responses", json=item).status_code == 201
    house.clock.forward(days=30)
    prepared = batch(tmp_path, sheet([row("1", When=NOW.date().isoformat())]))
    with pytest.raises(Conflict, match="This system already took 1 answer of permits"):
        run_import(house, prepared, now=house.clock.now)
    run_import(house, prepared, now=house.clock.now, also=True)
    assert house.count() == 2


def test_the_same_file_again_is_told_how_to_undo_it(sqlite_house: House, tmp_path: Path) -> None:
    prepared = batch(tmp_path, sheet([row("1")]))
    run_import(sqlite_house, prepared)
    with pytest.raises(Conflict, match=f"undo that first: cx import undo {prepared.id}"):
        dry_run(sqlite_house, prepared)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [("2021-01-01", "2021Q2"), ("2021-03-31", "2021Q2"), ("2020-12-31", ""), ("2021-04-01", "")],
)
def test_the_first_day_of_a_quarter_overlaps_too(
    sqlite_house: House, tmp_path: Path, day: str, quarter: str
) -> None:
    run_import(sqlite_house, batch(tmp_path, sheet([row("1", When=day)])))
    overlaps = dry_run(sqlite_house, batch(tmp_path, wide_sheet(), "wide", WIDE)).overlaps
    assert [overlap.first for overlap in overlaps] == ([quarter] if quarter else [])

"""An import can be taken out again: all of it, and nothing else."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from cxserver import db, tables
from cxserver.comments import handovers
from cxserver.errors import NotFound
from cxserver.imports import taken, undoing
from cxserver.intake import recount
from cxserver.response_id import ResponseId
from tests.support import quarter_answers
from tests.support.cli_runner import invoke
from tests.support.house import NOW, House
from tests.support.import_files import WIDE, batch, row, run_import, sheet, snapshot, wide_sheet


def test_undoing_leaves_what_was_there_before(house: House, tmp_path: Path) -> None:
    quarter_answers.answer_all(house, 20)
    run_import(house, batch(tmp_path, sheet([row("1"), row("2", Where="Code L")]), name="kept.csv"))
    before = snapshot(house)
    rows = [row("3", When="2023-08-01", Said="Slow"), row("4", When="2023-09-01", ease="")]
    prepared = batch(tmp_path, sheet(rows), name="wrong.csv")
    run_import(house, prepared)
    _, message = invoke(house, "import", "undo", prepared.id, fails=True)
    assert "2 answers of permits, 2023-08-01 to 2023-09-01) for good" in message
    assert snapshot(house) != before
    _, message = invoke(house, "import", "undo", prepared.id, "--yes")
    assert f"Removed import {prepared.id} (wrong.csv: 2 answers" in message
    assert snapshot(house) == before
    assert "agree" in invoke(house, "recount", "--check")[0]
    assert "complete" in "".join(invoke(house, "audit", "verify"))
    _, message = invoke(house, "import", "undo", prepared.id, "--yes", fails=True)
    assert "There is no import" in message
    run_import(house, prepared)
    assert house.count() == 24


def test_its_batches_and_what_they_released_go_along(house: House, tmp_path: Path) -> None:
    earlier = [row(str(n), When="2023-07-03") for n in range(5)]
    run_import(house, batch(tmp_path, sheet(earlier), name="kept.csv"))
    before = snapshot(house)
    rows = [row(str(n), When=f"2023-0{month}-01") for month in (7, 8) for n in range(10, 15)]
    rows = [[f"{at}", *cells[1:]] for at, cells in enumerate(rows)]
    given = batch(tmp_path, sheet(rows), name="wrong.csv")
    run_import(house, given, also=True)
    between = snapshot(house)
    assert len(between["batches"]) == len(before["batches"]) + 2 == 3
    assert len(between["released"]) > len(before["released"]) > 0
    _undo(house, given.id)
    assert snapshot(house) == before


def test_counts_go_as_they_came(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, sheet([row("1", When="2021-02-15")])))
    before = snapshot(house)
    counts = batch(tmp_path, wide_sheet(), "wide", WIDE)
    run_import(house, counts, also=True)
    _undo(house, counts.id)
    assert snapshot(house) == before
    assert recount.differences(db.source(house.engine)) == []


def test_what_staff_made_of_a_comment_goes_with_it(house: House, tmp_path: Path) -> None:
    before = snapshot(house)
    prepared = batch(tmp_path, sheet([row("1", Said="Slow")]))
    run_import(house, prepared)
    [answer] = house.responses()
    about = {"service": "permits", "day": answer["day"], "response": answer["id"]}
    case = about | {"office": "riverside", "state": "open", "changed": NOW}
    note = about | {"id": "1", "at": NOW, "who": "a@example.gov", "text": "Call the clerk."}
    review = about | {"decision": "approve", "who": "a@example.gov", "at": NOW}
    with db.write(house.engine) as connection:
        connection.execute(insert(tables.cases).values(case))
        connection.execute(insert(tables.case_notes).values(note))
        handovers.note(connection, ResponseId(*about.values()), "0" * 32, "Ann", NOW)
        connection.execute(insert(tables.comment_reviews).values(review))
    assert _undo(house, prepared.id) == undoing.Undone(answers=1, versions=1, cases=1)
    assert snapshot(house) == before


def test_what_fails_half_way_leaves_the_import(house: House, tmp_path: Path) -> None:
    prepared = batch(tmp_path, sheet([row("1"), row("2")]))
    run_import(house, prepared)
    before = snapshot(house)
    with pytest.raises(RuntimeError), db.write(house.engine) as connection:
        undoing.undo(connection, taken.named(connection, prepared.id))
        raise RuntimeError("the power went")
    assert snapshot(house) == before


def test_the_imports_are_listed(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    assert "Nothing was imported" in invoke(house, "import", "list")[0]
    first = batch(tmp_path, sheet([row("1"), row("2", When="2024-02-29")]), name="rows.csv")
    run_import(house, first)
    second = batch(tmp_path, wide_sheet(), "wide", WIDE, name="wide.csv")
    run_import(house, second, now=NOW + timedelta(hours=1))
    shown, _ = invoke(house, "import", "list")
    assert "2023-07-31 to 2024-02-29" in shown and "2021-01-01 to 2021-03-31" in shown
    imports = json.loads(invoke(house, "import", "list", "--json")[0])
    assert [(entry["id"], entry["file"], entry["from"], entry["answers"]) for entry in imports] == [
        (first.id, "rows.csv", "csv", 2),
        (second.id, "wide.csv", "wide", 1250),
    ]
    assert [entry["surveys"] for entry in imports] == [["permits/2"], ["permits/3"]]


def test_an_import_is_named_by_the_beginning_of_its_id(sqlite_house: House, tmp_path: Path) -> None:
    prepared = batch(tmp_path, sheet([row("1")]))
    run_import(sqlite_house, prepared)
    with db.read(sqlite_house.engine) as connection:
        assert taken.named(connection, prepared.id[:6].upper()).first == date(2023, 7, 31)
        for unknown in (prepared.id[:3], "ffffffffffff0"):
            with pytest.raises(NotFound):
                taken.named(connection, unknown)


def _undo(house: House, id: str) -> undoing.Undone:
    with db.write(house.engine) as connection:
        return undoing.undo(connection, taken.named(connection, id))

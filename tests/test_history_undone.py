"""An import can be taken out again: all of it, and nothing else."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

import quarters
from cxserver import db, tables
from cxserver.errors import NotFound
from cxserver.imports import taken, undoing
from cxserver.intake import recount
from house import NOW, House
from past import WIDE, batch, everything, row, sheet, take, wide_sheet
from typed import Typed


def test_undoing_leaves_what_was_there_before(house: House, tmp_path: Path, typed: Typed) -> None:
    quarters.answer_all(house, 20)
    take(house, batch(tmp_path, sheet([row("1"), row("2", Where="Code L")]), name="kept.csv"))
    before = everything(house)
    rows = [row("3", When="2023-08-01", Said="Slow"), row("4", When="2023-09-01", ease="")]
    given = batch(tmp_path, sheet(rows), name="wrong.csv")
    take(house, given)
    _, told = typed(house, "import", "undo", given.id, fails=True)
    assert "2 answers of permits, 2023-08-01 to 2023-09-01) for good" in told
    assert everything(house) != before
    _, told = typed(house, "import", "undo", given.id, "--yes")
    assert f"Removed import {given.id} (wrong.csv: 2 answers" in told
    assert everything(house) == before
    assert "agree" in typed(house, "recount", "--check")[0]
    assert "complete" in "".join(typed(house, "audit", "verify"))
    _, told = typed(house, "import", "undo", given.id, "--yes", fails=True)
    assert "There is no import" in told
    take(house, given)
    assert house.count() == 24


def test_counts_go_as_they_came(house: House, tmp_path: Path) -> None:
    take(house, batch(tmp_path, sheet([row("1", When="2021-02-15")])))
    before = everything(house)
    counts = batch(tmp_path, wide_sheet(), "wide", WIDE)
    take(house, counts, also=True)
    _undo(house, counts.id)
    assert everything(house) == before
    assert recount.differences(db.source(house.engine)) == []


def test_what_staff_made_of_a_comment_goes_with_it(house: House, tmp_path: Path) -> None:
    before = everything(house)
    given = batch(tmp_path, sheet([row("1", Said="Slow")]))
    take(house, given)
    [answer] = house.responses()
    about = {"service": "permits", "day": answer["day"], "response": answer["id"]}
    case = about | {"office": "riverside", "state": "open", "changed": NOW}
    note = about | {"id": "1", "at": NOW, "who": "a@example.gov", "text": "Call the clerk."}
    review = about | {"decision": "approve", "who": "a@example.gov", "at": NOW}
    with db.write(house.engine) as connection:
        connection.execute(insert(tables.cases).values(case))
        connection.execute(insert(tables.case_notes).values(note))
        connection.execute(insert(tables.comment_reviews).values(review))
    assert _undo(house, given.id) == undoing.Undone(answers=1, versions=1, cases=1)
    assert everything(house) == before


def test_what_fails_half_way_leaves_the_import(house: House, tmp_path: Path) -> None:
    given = batch(tmp_path, sheet([row("1"), row("2")]))
    take(house, given)
    before = everything(house)
    with pytest.raises(RuntimeError), db.write(house.engine) as connection:
        undoing.undo(connection, taken.named(connection, given.id))
        raise RuntimeError("the power went")
    assert everything(house) == before


def test_the_imports_are_listed(sqlite_house: House, tmp_path: Path, typed: Typed) -> None:
    house = sqlite_house
    assert "Nothing was imported" in typed(house, "import", "list")[0]
    first = batch(tmp_path, sheet([row("1"), row("2", When="2024-02-29")]), name="rows.csv")
    take(house, first)
    second = batch(tmp_path, wide_sheet(), "wide", WIDE, name="wide.csv")
    take(house, second, now=NOW + timedelta(hours=1))
    shown, _ = typed(house, "import", "list")
    assert "2023-07-31 to 2024-02-29" in shown and "2021-01-01 to 2021-03-31" in shown
    told = json.loads(typed(house, "import", "list", "--json")[0])
    assert [(one["id"], one["file"], one["from"], one["answers"]) for one in told] == [
        (first.id, "rows.csv", "csv", 2),
        (second.id, "wide.csv", "wide", 1250),
    ]
    assert [one["surveys"] for one in told] == [["permits/2"], ["permits/3"]]


def test_an_import_is_named_by_the_beginning_of_its_id(sqlite_house: House, tmp_path: Path) -> None:
    given = batch(tmp_path, sheet([row("1")]))
    take(sqlite_house, given)
    with db.read(sqlite_house.engine) as connection:
        assert taken.named(connection, given.id[:6].upper()).first == date(2023, 7, 31)
        for unknown in (given.id[:3], "ffffffffffff0"):
            with pytest.raises(NotFound):
                taken.named(connection, unknown)


def _undo(house: House, id: str) -> undoing.Undone:
    with db.write(house.engine) as connection:
        return undoing.undo(connection, taken.named(connection, id))

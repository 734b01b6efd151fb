"""What cannot be taken is told with its cure, and then nothing is."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver import db
from cxserver.errors import Conflict, ServerError
from cxserver.imports import cells, shape, taking
from cxserver.imports.rejected import RowRefused
from cxserver.instrument import instruments
from cxserver.intake import recount
from tests.support import examples
from tests.support.cli_runner import invoke
from tests.support.house import NOW, House
from tests.support.import_files import (
    HEAD,
    MAP,
    WIDE,
    batch,
    dry_run,
    rejected,
    row,
    sheet,
    snapshot,
    toml,
    wide_sheet,
)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"Where": "Code X"}, "column 'Where': there is no office 'Code X' of permits"),
        ({"Trust": ""}, "column 'Trust': there is no answer to trust"),
        ({"Trust": "6"}, "column 'Trust': this is not a point from 1 to 5"),
        ({"Happy": "4.40"}, "column 'Happy': this is a mean"),
        ({"ease": "0"}, "column 'ease': 0 is not a point. Fix: set zero = \"not asked\""),
        ({"When": "last July"}, "column 'When': this is not a date"),
        ({"When": "31/07/2023"}, "column 'When': the map does not say which number"),
        ({"When": "2026-10-26"}, "column 'When': 2026-10-26 is not before last week"),
        ({"Said": "x" * 2001}, "column 'Said': the text is too long"),
        ({"Id": "1"}, "column 'Id': another row of this file has the same id"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_its_cure(
    sqlite_house: House, tmp_path: Path, cells: dict[str, str], says: str
) -> None:
    [message] = rejected(sqlite_house, tmp_path, [row("1", Said="two\nlines"), row("2", **cells)])
    assert message.startswith("past.csv, line 4, ")
    assert says in message and "Fix: " in message


def test_what_somebody_wrote_is_never_repeated(sqlite_house: House, tmp_path: Path) -> None:
    [message] = rejected(sqlite_house, tmp_path, [[*row("1"), "Ana Pérez"]])
    assert "it has 12 cells, and there are 11 columns" in message
    assert "Ana" not in message


def test_one_bad_row_keeps_all_of_them_out(house: House, tmp_path: Path) -> None:
    rows = [row("1"), row("2", Trust="often"), row("3", Trust="rarely")]
    file, map = tmp_path / "past.csv", tmp_path / "map.toml"
    file.write_bytes(sheet(rows))
    map.write_text(toml(MAP), encoding="utf-8")
    before = snapshot(house)
    words = ("import", "run", file, "--map", map)
    _, message = invoke(house, *words, fails=True)
    # Rows with the same fault share a sentence; each is named in it.
    assert "past.csv, 2 rows, column 'Trust': this is not a point" in message
    assert "Lines 3, 4." in message and "2 rows have errors. Nothing was imported." in message
    invoke(house, *words, "--dry-run", "--skip-rejected")
    assert snapshot(house) == before
    shown, message = invoke(house, *words, "--skip-rejected", "--json")
    assert json.loads(shown)["imported"] == house.count() == 1
    assert [fault["line"] for fault in json.loads(shown)["rejected"]] == [3, 4]
    _, message = invoke(house, *words, "--skip-rejected", fails=True)
    assert "was imported before" in message
    assert house.count() == 1


def test_what_fails_half_way_leaves_nothing(house: House, tmp_path: Path) -> None:
    given = batch(tmp_path, sheet([row(str(n)) for n in range(1100)]))
    summary = dry_run(house, given)
    before = snapshot(house)

    def break_down(n: int) -> None:
        raise RuntimeError("the power went")

    def write(progress: taking.Progress) -> None:
        with db.write(house.engine) as connection:
            taking.take(connection, given, summary, NOW, progress)

    with pytest.raises(RuntimeError):
        write(break_down)
    assert snapshot(house) == before
    write(lambda n: None)
    assert house.count() == 1100
    assert recount.differences(db.source(house.engine)) == []
    with pytest.raises(Conflict):
        write(lambda n: None)


def test_a_file_that_is_no_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    body = sheet([row("1"), row("2", Said="canción")])
    with pytest.raises(ServerError, match="not UTF-8: byte .* in line 3"):
        batch(tmp_path, body.decode().encode("latin-1"))
    with pytest.raises(ServerError, match="not UTF-8"):
        batch(tmp_path, body.decode().encode("utf-16"))
    assert batch(tmp_path, b"\xef\xbb\xbf" + body).sheet.columns == HEAD


def test_a_map_that_names_no_such_column_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="has no column 'Where'"):
        rejected_head = sheet([["1"]], head=("Id",))
        given = batch(
            tmp_path,
            rejected_head,
            mapping=MAP | {"columns": {"trust": "Where"}, "wording": {"en": {"trust": "T"}}},
        )
        dry_run(sqlite_house, given)
    with pytest.raises(ServerError, match=r"map.toml: survey.instrument: .* is none of"):
        shape.parse(MAP | {"survey": {"instrument": "a11"}}, "map.toml")


@pytest.mark.parametrize("form", shape.FORMS)
def test_the_printed_maps_are_maps(form: shape.Form, tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text(shape.example(form), encoding="utf-8")
    assert shape.read(file).survey.instrument in instruments.CODES


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"q1_5": "4.40"}, "this is a mean, not a number of people"),
        ({"volume_of_respondents": "900"}, "900 people answered, and 1,250 gave points"),
        ({"service_name": "Passports"}, "there is no service 'Passports' in the catalog"),
        ({"collection_quarter": "5"}, "'2021Q5' is not a fiscal quarter"),
        ({"collection_year": "2027", "collection_quarter": "1"}, "2027Q1 has not ended"),
        ({"channel": "pigeon"}, "there is no channel 'pigeon'"),
        ({"q2_5": "90%"}, "the shares do not add up"),
    ],
)
def test_a_row_of_counts_that_does_not_hold_is_told(
    sqlite_house: House, tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    given = batch(tmp_path, wide_sheet(**changed), "wide", WIDE)
    summary = dry_run(sqlite_house, given)
    assert [says in str(fault) for fault in summary.rejected] == [True]
    assert not summary.total


@examples.times(3)
@given(
    shares=st.lists(st.integers(0, 100), min_size=5, max_size=5).filter(lambda some: sum(some) > 0),
    total=st.integers(0, 400_000),
)
def test_shares_become_exactly_as_many_people(shares: list[int], total: int) -> None:
    exact = [100 * share / sum(shares) for share in shares]
    given = [f"{share:.3f}%" for share in exact]
    counts = cells.counts(["c"] * 5, given, total)
    assert sum(counts) == total
    assert all(
        abs(n - total * share / 100) < 2 + total / 10_000
        for n, share in zip(counts, exact, strict=True)
    )


@pytest.mark.parametrize(
    ("last", "fits"),
    [("20%", True), ("21%", True), ("19%", True), ("21.1%", False), ("18%", False)],
)
def test_shares_add_up_to_a_hundred_but_for_one(last: str, fits: bool) -> None:
    given = ["20%"] * 4 + [last]
    if fits:
        assert sum(cells.counts(["c"] * 5, given, 1000)) == 1000
        return
    with pytest.raises(RowRefused, match="do not add up to 100"):
        cells.counts(["c"] * 5, given, 1000)


@examples.times(3)
@given(st.text(max_size=12))
def test_any_cell_is_a_count_or_is_refused(cell: str) -> None:
    try:
        n = cells.count("c", cell)
    except RowRefused:
        return
    assert cell.replace(",", "").lstrip("0") == (str(n) if n else "")

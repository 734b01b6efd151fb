"""Numbers mean what the map says, or the file is refused: never something else without a word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cxserver.errors import ServerError
from cxserver.imports import rejected
from cxserver.imports.rejected import Rejection
from tests.support.house import House
from tests.support.import_files import (
    MAP,
    WIDE,
    batch,
    dry_run,
    results_by,
    row,
    run_import,
    sheet,
    wide_sheet,
)
from tests.support.import_files import rejected as why_rejected

TURNED = {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}


def imported(house: House, folder: Path, rows: list[list[str]], **mapping: Any) -> Any:
    run_import(house, batch(folder, sheet(rows), mapping=MAP | mapping))
    [only] = results_by(house, "survey").values()
    return only


def test_a_turned_scale_is_turned_back(sqlite_house: House, tmp_path: Path) -> None:
    rows = [row("1", Happy="1", Trust="5.0"), row("2", Happy="01", Trust="5")]
    only = imported(sqlite_house, tmp_path, rows, values=TURNED)
    assert only.satisfaction.counts == (0, 0, 0, 0, 2)
    assert only.trust.counts == (2, 0, 0, 0, 0)


def test_one_column_may_be_turned_and_the_others_not(sqlite_house: House, tmp_path: Path) -> None:
    only = imported(
        sqlite_house, tmp_path, [row("1", Happy="1", Trust="5")], values={"Happy": TURNED}
    )
    assert only.satisfaction.counts == (0, 0, 0, 0, 1) == only.trust.counts


def test_half_a_turned_scale_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    half = {"1": 5, "5": 1}
    [message] = why_rejected(sqlite_house, tmp_path, [row("1", Happy="1", Trust="4")], values=half)
    assert "the map says what some numbers mean, and not what this one does" in message


def test_what_stands_for_no_answer_is_none(sqlite_house: House, tmp_path: Path) -> None:
    rows = [row("1", Happy="Don't know"), row("2", Happy="6"), row("3", Happy="4")]
    only = imported(sqlite_house, tmp_path, rows, nothing=["don't know", "6"])
    assert only.n == 3 and only.satisfaction.counts == (0, 0, 0, 1, 0)


def test_a_column_of_ten_points_is_refused_as_a_whole(sqlite_house: House, tmp_path: Path) -> None:
    rows = [row(str(n), Happy=str(n % 11)) for n in range(1, 34)]
    with pytest.raises(ServerError, match="Column 'Happy' has numbers from 0 to 10"):
        dry_run(sqlite_house, batch(tmp_path, sheet(rows)))
    mapped = {"Happy": {str(n): 1 + n * 4 // 10 for n in range(11)}}
    only = imported(sqlite_house, tmp_path, rows, values=mapped)
    assert sum(only.satisfaction.counts) == 33


@pytest.mark.parametrize("zero", ["refuse", "not asked"])
@pytest.mark.parametrize("column", ["Trust", "Happy"])
def test_thumbs_are_never_read_as_the_worst_of_five_points(
    sqlite_house: House, tmp_path: Path, column: str, zero: str
) -> None:
    rows = [row(str(n), **{column: str(n % 2)}) for n in range(6)]
    mapping = MAP | ({"zero": zero} if zero == "not asked" else {})
    with pytest.raises(ServerError, match=f"'{column}' has only 0 and 1.*a11-v2-thumbs"):
        dry_run(sqlite_house, batch(tmp_path, sheet(rows), mapping=mapping))
    meant = {"values": {column: {"0": 1, "1": 5}}}
    only = imported(sqlite_house, tmp_path, rows, **meant)
    score = only.trust if column == "Trust" else only.satisfaction
    assert score.counts == (3, 0, 0, 0, 3)


def test_one_slip_of_the_pen_is_a_fault_of_its_row(sqlite_house: House, tmp_path: Path) -> None:
    rows = [row(str(n)) for n in range(1, 120)] + [row("500", Happy="7")]
    [message] = why_rejected(sqlite_house, tmp_path, rows)
    assert "line 121" in message and "not a point from 1 to 5" in message


@pytest.mark.parametrize(
    ("changed", "mapping", "says"),
    [
        ({"q1_point_scale": "4"}, {}, "the question had 4 points, and not five"),
        ({"volume_of_respondents": "5000"}, {}, "5,000 people answered, it says"),
        ({}, {"values": {"1": 5, "5": 1}}, "not the five points in another order"),
    ],
)
def test_counts_that_would_be_read_as_others_are_refused(
    sqlite_house: House,
    tmp_path: Path,
    changed: dict[str, str],
    mapping: dict[str, Any],
    says: str,
) -> None:
    [refused] = wide(sqlite_house, tmp_path, changed, mapping).rejected
    assert says in str(refused) and "Fix: " in str(refused)


def wide(house: House, folder: Path, changed: dict[str, str], mapping: Mapping[str, Any]) -> Any:
    body = wide_sheet(**{name: cell for name, cell in changed.items() if "scale" not in name})
    if "q1_point_scale" in changed:
        head, line = body.decode().splitlines()
        body = f"{head},q1_point_scale\n{line},{changed['q1_point_scale']}\n".encode()
    return dry_run(house, batch(folder, body, "wide", WIDE | dict(mapping)))


def test_a_scale_of_five_points_says_so_and_is_read(sqlite_house: House, tmp_path: Path) -> None:
    assert wide(sqlite_house, tmp_path, {"q1_point_scale": "5"}, {}).total == 1250


def test_turned_counts_are_turned_back(sqlite_house: House, tmp_path: Path) -> None:
    run_import(sqlite_house, batch(tmp_path, wide_sheet(), "wide", WIDE | {"values": TURNED}))
    [only] = results_by(sqlite_house, "survey").values()
    assert only.satisfaction.counts == (1000, 200, 40, 10, 0)


def test_points_may_count_where_the_volume_is_of_something_else(
    sqlite_house: House, tmp_path: Path
) -> None:
    body = wide_sheet(volume_of_respondents="5000", q2_1="", q2_2="", q2_3="", q2_4="", q2_5="")
    run_import(sqlite_house, batch(tmp_path, body, "wide", WIDE | {"respondents": "points"}))
    [only] = results_by(sqlite_house, "survey").values()
    assert only.n == 1250


def test_a_fault_of_thousands_of_lines_takes_one_short_sentence() -> None:
    alike = [Rejection("past.csv", n, "When", "this is not a date", "fix it") for n in range(7_900)]
    [sentence] = rejected.sentences(alike)
    assert "7,900 rows" in sentence and sentence.endswith("and 7,880 more.")
    assert len(sentence) < 300

"""Every format of an export is read back by another program, and holds what the answers hold."""

import csv
import io
import json
import sys
from datetime import UTC, date, datetime

import openpyxl
import pyarrow.parquet
import pytest

from cxserver import db
from cxserver import export as reporting
from cxserver.errors import ServerError
from cxserver.export import cells, formats, responses, xlsx
from cxserver.export.responses import Filter
from tests.support.cx_process import cx
from tests.support.shared_house import shared_house

WORDS = [
    *("=1+1", "  =1+1", "\u3000=1", "＝1+1", "@SUM(A1)", "-1", "\t=1+1", '=HYPERLINK("http://e")'),
    *("https://evil.example/", "001", "1e5", "TRUE", "#N/A", "_x0041_", "a\u202eb", "🙂 señal"),
    *("\u200b=1+1", "\u00a0\u2060+1", "﹢1", "\u202d@x", "\u200bplain"),
    *("uno\ndos", 'a;b,c"d', "x" * 2000, "🙂" * 2000, "plain", ""),
]
FORMULAS = tuple("=+-@\t\r\n＝＋－＠﹢﹣")
# What a program may trim away: blanks of any width, and what takes no room.
UNSEEN = " \u00a0\u2003\u3000\u200b\u2060\u202d"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with shared_house(request, request.param) as house:
        with house.client() as client:
            for at, words in enumerate(WORDS):
                item = {"link": house.mint(), "trust": 1 + at % 5, "satisfaction": 5}
                item |= {"comment": words, "drivers": ["ease", "employee"]}
                assert client.post("/api/v1/responses", json=item).status_code == 201
            rated = {"link": house.mint("hearings"), "trust": 4, "satisfaction": 4}
            rated |= {"drivers": {"ease": 2}, "questions": {"purpose": "appeal"}}
            assert client.post("/api/v1/responses", json=rated).status_code == 201
        yield house


@pytest.fixture
def save(street, tmp_path):
    """`save(kind)`: the export of everything in a file."""

    def save(kind, **wanted):
        file = tmp_path / f"all.{kind}"
        written: list[int] = []
        formats.save(
            db.source(street.engine),
            Filter(**wanted),
            kind,
            file,
            lambda rows: written.append(rows),
        )
        assert sum(written) == responses.total(db.source(street.engine), Filter(**wanted))
        return file

    return save


@pytest.fixture
def rows(street):
    """What each of them must hold."""
    return list(responses.rows(db.source(street.engine), Filter()))


def test_csv_is_utf_8_without_a_mark_and_for_excel_it_has_one(save):
    plain, excel = save("csv").read_bytes(), save("excel").read_bytes()
    assert excel == b"\xef\xbb\xbf" + plain
    head = ",".join(responses.COLUMNS).encode()
    assert plain.startswith(head + b"\r\n") and plain.endswith(b"\r\n")


@pytest.mark.parametrize("kind", ["csv", "excel"])
def test_csv_comes_back_and_nothing_in_it_runs(save, rows, kind):
    with save(kind).open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.DictReader(file))
    assert len(records) == len(rows) == len(WORDS) + 1
    for cell in (cell for row in records for cell in row.values()):
        assert not cell.lstrip(UNSEEN).startswith(FORMULAS)
    unguarded = [row["comment"].removeprefix("'").rstrip("\u202c") for row in records]
    assert unguarded == [row["comment"] for row in rows]


def test_json_lines_hold_the_rows_as_they_are(save, rows):
    lines = save("jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == rows and lines[-1] == ""


def test_a_workbook_comes_back_typed_and_without_a_formula_or_a_link(save, rows):
    sheet = openpyxl.load_workbook(save("xlsx"))["responses"]
    head, *body = sheet.iter_rows()
    assert [cell.value for cell in head] == list(responses.COLUMNS)
    for cell in (cell for row in body for cell in row):
        assert cell.data_type != "f" and cell.hyperlink is None
    records = [
        dict(zip(responses.COLUMNS, (cell.value for cell in row), strict=True)) for row in body
    ]
    # This reader does not undo `_x005F_`, which Excel does.
    words = [(row["comment"] or "").replace("_x005F_", "_").rstrip("\u202c") for row in records]
    assert words == [row["comment"] for row in rows]
    for line, row in zip(records, rows, strict=True):
        assert (line["trust"], line["satisfaction"]) == (row["trust"], row["satisfaction"])
        assert line["day"] == datetime.fromisoformat(row["day"])
        hour = row["answered_hour"] and datetime.fromisoformat(row["answered_hour"])
        assert line["answered_hour"] == (hour and hour.replace(tzinfo=None))
    assert records[0]["driver_scores"] == "ease=2" and records[0]["questions"] == "purpose=appeal"


def test_a_workbook_leaves_a_cell_empty_where_nothing_was_asked_or_may_be_told(tmp_path):
    empty = dict.fromkeys(responses.COLUMNS) | {"service": "permits", "trust": 1}
    path = tmp_path / "some.xlsx"
    with path.open("wb") as file, xlsx.writer(file, tmp_path) as put:
        put(empty)
    _, row = openpyxl.load_workbook(path)["responses"].iter_rows()
    assert [cell.value for cell in row if cell.value is not None] == ["permits", 1]


def test_parquet_has_types_and_lists_and_the_words_as_they_are(save, rows):
    table = pyarrow.parquet.read_table(save("parquet"))
    types = {field.name: str(field.type) for field in table.schema}
    assert types["day"] == "date32[day]" and types["trust"] == "int8"
    assert types["answered_hour"] == "timestamp[ms, tz=UTC]"
    assert types["drivers_positive"].startswith("list<")
    for record, row in zip(table.to_pylist(maps_as_pydicts="strict"), rows, strict=True):
        day = date.fromisoformat(row["day"])
        hour = row["answered_hour"] and datetime.fromisoformat(row["answered_hour"]).astimezone(UTC)
        assert record == row | {"day": day, "answered_hour": hour}


@pytest.mark.parametrize("kind", formats.KINDS)
def test_the_same_answers_make_the_same_bytes_and_leave_nothing_behind(save, kind):
    first = save(kind).read_bytes()
    again = save(kind)
    assert again.read_bytes() == first
    assert [path.name for path in again.parent.iterdir() if ".all" in path.name] == []


@pytest.mark.parametrize("kind", formats.KINDS)
def test_an_export_that_breaks_off_leaves_the_old_file_and_no_half_of_the_new(
    street, tmp_path, kind
):
    file = tmp_path / "out"
    file.write_text("the old one")

    def breaks(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        formats.save(db.source(street.engine), Filter(), kind, file, breaks)
    assert file.read_text() == "the old one"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []


@pytest.mark.parametrize("kind", formats.KINDS)
def test_an_export_of_nothing_is_a_file_with_a_head(save, kind):
    file = save(kind, service="calls")
    if kind == "parquet":
        assert pyarrow.parquet.read_table(file).num_rows == 0
    elif kind == "xlsx":
        assert openpyxl.load_workbook(file)["responses"].max_row == 1
    else:
        assert len(file.read_bytes().splitlines()) == (0 if kind == "jsonl" else 1)


def test_rows_that_fill_a_sheet_go_on_the_next(rows, tmp_path):
    file = io.BytesIO()
    book = xlsx.Book(file, tmp_path, height=11)
    for row in rows:
        book.put(row)
    book.close()
    sheets = openpyxl.load_workbook(file)
    heights = [sheet.max_row for sheet in sheets]
    assert sheets.sheetnames == ["responses", "responses 2", "responses 3"]
    assert heights[:2] == [11, 11] and sum(heights) == len(rows) + 3
    assert all(sheet["A1"].value == "service" for sheet in sheets)


@pytest.mark.parametrize("character", ["x", "é", "🙂"])
def test_a_cell_that_excel_cannot_hold_is_cut_and_says_so(character):
    fits = character * (cells.CELL_LIMIT // (len(character.encode("utf-16-le")) // 2))
    assert cells.cut(fits) == fits
    short = cells.cut(fits + "xx")
    assert short.endswith(cells.CUT) and fits.startswith(short.removesuffix(cells.CUT))
    assert cells.CELL_LIMIT - 2 < len(short.encode("utf-16-le")) // 2 <= cells.CELL_LIMIT


def test_without_pyarrow_a_sentence_says_what_to_install(street, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "cxserver.export.parquet", raising=False)
    monkeypatch.delattr(reporting, "parquet", raising=False)
    with pytest.raises(ServerError, match=r"pip install 'cxsdk\[parquet\]'"):
        formats.save(
            db.source(street.engine), Filter(), "parquet", tmp_path / "out", lambda rows: None
        )
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_file_of_each_kind(street, tmp_path):
    for kind in formats.KINDS:
        file = tmp_path / f"all.{kind}"
        cx(street, "export", "--format", kind, "-o", str(file))
        assert file.stat().st_size > 100
    printed = cx(street, "export", "--format", "excel", "--service", "hearings")
    assert printed.startswith("\ufeffservice,") and "purpose=appeal" in printed


def test_an_export_can_be_of_a_subtree_and_without_flagged_answers(street):
    everything = cx(street, "export", "--format", "jsonl", "--under", "riverside").splitlines()
    assert len(everything) == len(WORDS) + 1
    assert cx(street, "export", "--format", "jsonl", "--under", "lakeside") == ""
    flagged = sum('"flags": []' not in line for line in everything)
    sure = cx(street, "export", "--format", "jsonl", "--without-flagged").splitlines()
    assert len(sure) == len(everything) - flagged

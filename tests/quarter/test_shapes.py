"""The headers of OMB's files, the reader that checks them, and the folder they lie in."""

from pathlib import Path

import pytest

from cxserver.export import cells
from cxserver.quarter import answers, fiscal
from cxserver.quarter.formats import sorting, v1, wide
from tests.support import omb_upload, quarter_answers
from tests.support.house import CATALOGUE

ROOT = Path(__file__).parents[2]


def test_the_header_of_the_wide_file_is_that_of_the_schema_document():
    page = (ROOT / "tests/data/omb_cx_reporting_collections.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    assert list(wide.HEADER) == [row[0].strip() for row in rows[1:] if "--" not in row[0]]


def test_the_headers_of_v1_are_those_of_touchpoints():
    # GSA/touchpoints@4933e27d, app/models/form.rb: to_a11_header_csv, to_a11_submissions_csv
    assert ",".join(v1.HEADER) == (
        "submission comment,survey_instrument_reference,agency_poc_name,agency_poc_email,"
        "department,bureau,service,transaction_point,mode,start_date,end_date,total_volume,survey_opp_volume,"
        "response_count,OMB_control_number,federal_register_url"
    )
    assert ",".join(v1.DETAIL) == (
        "standardized_question_number,standardized_question_identifier,customized_question_text,"
        "likert_scale_1,likert_scale_2,likert_scale_3,likert_scale_4,likert_scale_5,"
        "response_volume,notes,start_date,end_date"
    )


def test_the_files_name_the_contact_and_the_notice_of_the_catalogue(sqlite_house, tmp_path):
    url = "https://www.federalregister.gov/d/2026-12345"
    filing = (
        '[agency.filing]\ncontact_name = "Ana Diaz"\ncontact_mail = "ana@example.gov"\n'
        f'federal_register_url = "{url}"\n'
    )
    sqlite_house.apply(CATALOGUE.replace("[clearance.umbrella]", filing + "[clearance.umbrella]"))
    quarter_answers.answer_all(sqlite_house, 20)
    quarter_answers.write(sqlite_house, "v1", tmp_path / "v1")
    headers = quarter_answers.tables(tmp_path / "v1", "v1-header.csv")
    assert headers
    for [row] in headers.values():
        assert (row["agency_poc_name"], row["agency_poc_email"]) == ("Ana Diaz", "ana@example.gov")
        assert row["federal_register_url"] == url
    quarter_answers.write(sqlite_house, "wide", tmp_path / "wide")
    files = quarter_answers.tables(tmp_path / "wide", "wide.csv")
    assert files
    for [row] in files.values():
        assert row["federal_register_url"] == url


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("external_id", "External_id"),
        (",question_4", ",question_4,more"),
        (",1,0,null,", ",1,,null,"),
        (",1,0,null,", ",1,0,0.0,"),
        ("a1,5", "a1,6"),
        ("a1,5", ",5"),
        ("b2,1", "a1,1"),
        ("external", "\ufeffexternal"),
    ],
)
def test_the_independent_reader_finds_faults(old, new):
    head = ",".join(column["name"] for column in omb_upload.SPEC["columns"])
    good = f"{head}\r\na1,5,1,0,null,0,0,0,0,0,0,0,0,0,0,0,Words\r\nb2,1" + ",0" * 14 + ",\r\n"
    assert omb_upload.faults("x.csv", good.encode(), "likert_scale") == []
    assert old in good
    assert omb_upload.faults("x.csv", good.replace(old, new, 1).encode(), "likert_scale")


# ---- the folder


# ---- more answers than fit into memory


def test_rows_come_in_order_whatever_lies_on_the_disk_meanwhile():
    words = ["", 'two\nlines, "quoted"', "¿Qué?\u2028"]
    rows = [(f"{n * 7919 % 1000:024x}", (str(n), words[n % 3])) for n in range(1000)]
    some, many = sorting.Lines(room=500), sorting.Lines()
    for name, rest in rows:
        some.add(name, rest)
        many.add(name, rest)
    wanted = [cells.line((name, *rest)) for name, rest in sorted(rows)]
    assert list(some.sorted()) == list(many.sorted()) == wanted


def test_a_page_of_answers_is_sought_and_not_counted_up_to(sqlite_house):
    """Otherwise each page would read all before it: twice the answers, four times the work."""
    page = answers._page(
        fiscal.named(quarter_answers.QUARTER), "permits", (quarter_answers.AFTER.date(), "a")
    )
    words = page.compile(sqlite_house.engine, compile_kwargs={"literal_binds": True})
    with sqlite_house.engine.connect() as connection:
        [first, *_] = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()
    assert "(day,id)>(?,?)" in first.detail

"""The year's indicators (§280.12): counts of the quarters added up, targets, service levels."""

import csv
import json

import openpyxl
import pytest

from cxserver import db
from cxserver.quarter import counts, fiscal
from tests.support import quarter_answers
from tests.support.cx_process import cx

YEAR = quarter_answers.QUARTER[:4]


@pytest.fixture
def agency(house, tmp_path):
    """Answers in two quarters of the year, and service levels of both."""
    quarter_answers.answer_all(house, 200)
    house.clock.forward(days=70)
    house.keys = {slug: house.cut(slug) for slug in house.keys}
    quarter_answers.answer_all(house, 100, seed=281)
    levels = tmp_path / "levels.csv"
    levels.write_text(
        "service,name,unit,period,office,value\n"
        f"permits,Wait time,mm:ss,{YEAR}Q1,,4:10\npermits,Wait time,mm:ss,{YEAR}Q2,,3:21\n"
        f"permits,Cost,USD,{YEAR},,=1+1\n".replace("=1+1", "12.50")
    )
    cx(house, "indicators", "import", str(levels))
    return house


def rows(house, tmp_path, *words):
    return json.loads(
        cx(house, "quarter", "apr", YEAR, "-o", str(tmp_path / "a.xlsx"), *words, "--json")
    )


def test_its_totals_are_those_of_the_quarters(agency, tmp_path):
    entries = {(row["service"], row["code"]): row for row in rows(agency, tmp_path) if row["n"]}
    for slug in ("permits", "hearings", "calls"):
        with db.read(agency.engine) as connection:
            every = [
                part.counts
                for quarter in fiscal.of_year(int(YEAR))
                for part in counts.read(connection, quarter, slug)
                if not part.flagged
            ]
        for measure in ("trust", "satisfaction"):
            points = [
                sum(each) for each in zip(*(tally.points(measure) for tally in every), strict=True)
            ]
            row = entries[slug, measure]
            assert row["n"] == sum(points) > 0
            assert row["actual"] == pytest.approx(sum(points[3:]) / sum(points))
    ease = sum(tally.taps("ease")[0] for tally in every)
    n = sum(tally.n for tally in every)
    assert entries["calls", "ease"]["actual"] == pytest.approx(ease / n)
    assert entries["calls", "ease"]["n"] == n
    # Rated drivers count those who rated them.
    assert 0 < entries["hearings", "ease"]["n"] <= entries["hearings", "trust"]["n"]


def test_targets_stand_beside_what_came_of_them(agency, tmp_path):
    targets = tmp_path / "targets.csv"
    lines = [("service", "measure", "target"), ("permits", "trust", "80%")]
    lines += [("permits", "Wait time", "3:00")]
    with targets.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    entries = rows(agency, tmp_path, "--targets", str(targets))
    permits = {(row["code"], row["period"]): row for row in entries if row["service"] == "permits"}
    assert permits["trust", YEAR]["target"] == "80%"
    waits = {period: row for (code, period), row in permits.items() if code == "Wait time"}
    assert {period: (row["actual"], row["target"]) for period, row in waits.items()} == {
        f"{YEAR}Q1": ("4:10", "3:00"),
        f"{YEAR}Q2": ("3:21", "3:00"),
    }
    # What holds for the year is told once.
    assert [row["actual"] for row in entries if row["code"] == "Cost"] == ["12.50"]


def test_a_target_of_nothing_is_told_and_no_file_is_written(agency, tmp_path):
    targets = tmp_path / "targets.csv"
    targets.write_text("service,measure,target\npermits,hapiness,80%\n")
    out = tmp_path / "none.xlsx"
    refusal = cx(
        agency, "quarter", "apr", YEAR, "-o", str(out), "--targets", str(targets), fails=True
    )
    assert "hapiness" in refusal and not out.exists()


def test_the_workbook_and_the_page_hold_every_row_and_are_the_same_each_time(agency, tmp_path):
    entries = rows(agency, tmp_path)
    first = (tmp_path / "a.xlsx").read_bytes()
    agency.clock.forward(days=1)
    rows(agency, tmp_path)
    assert (tmp_path / "a.xlsx").read_bytes() == first
    head, *body = openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(values_only=True)
    assert head == ("service", "measure", "unit", "period", "target", "actual", "n")
    assert [row[6] for row in body] == [row["n"] for row in entries]
    assert [row[5] for row in body] == [pytest.approx(row["actual"]) for row in entries]
    cx(agency, "quarter", "apr", YEAR, "-o", str(tmp_path / "a.html"))
    page = (tmp_path / "a.html").read_text("utf-8")
    assert page.count("<tr>") == len(entries) + 1 and "§280.12" in page
    assert "http" not in page and "3:21" in page

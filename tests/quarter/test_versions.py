"""What was asked decides where it is filed: instruments, versions, wordings, flags."""

import json
from pathlib import Path

import pytest

from cxserver import db
from cxserver.errors import ServerError
from cxserver.instrument import drivers
from cxserver.quarter import check, filing, fiscal, reflections, volumes
from cxserver.quarter.check import Colour
from cxserver.quarter.formats import fits
from cxserver.quarter.formats.fits import Kind
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume
from tests.support import instrument_catalogs, omb_upload, quarter_answers
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, answer

ROOT = Path(__file__).parents[2]
DRIVERS = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]


def without(driver: str) -> str:
    """The catalog with one driver less on permits."""
    return CATALOGUE.replace(
        'drivers = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]',
        f"drivers = {json.dumps([code for code in DRIVERS if code != driver])}",
    ).replace(
        'driver_mode = "tap"',
        f'driver_mode = "tap"\ndrivers_not_applicable = {{ {driver} = "no {driver} here" }}',
        1,
    )


def test_what_a_version_did_not_ask_is_null_and_never_0(sqlite_house, tmp_path):
    house = sqlite_house
    first = [{"link": house.mint(), "trust": 5, "satisfaction": 5, "drivers": ["employee"]}]
    quarter_answers.send(house, first)
    house.apply(without("employee"))
    quarter_answers.send(
        house, [{"link": house.mint(), "trust": 2, "satisfaction": 2, "drivers": ["ease"]}]
    )
    quarter_answers.write(house, "v2", tmp_path / "v2")
    [rows] = quarter_answers.tables(tmp_path / "v2", "v2.csv").values()
    assert {
        (row["question_1"], row["positive_employee"], row["negative_employee"]) for row in rows
    } == {
        ("5", "1", "0"),
        ("2", "null", "null"),
    }
    assert {row["positive_other"] for row in rows} == {"null"}
    [filing_set] = quarter_answers.manifest(tmp_path / "v2")["sets"]
    assert [survey["name"] for survey in filing_set["surveys"]] == ["permits/1", "permits/2"]


def test_counts_under_another_wording_are_another_file(sqlite_house, tmp_path):
    house = sqlite_house
    quarter_answers.send(house, [{"link": house.mint(), "trust": 5, "satisfaction": 5}])
    house.apply(CATALOGUE.replace('en = "permit renewal"', 'en = "the Permit Office"'))
    quarter_answers.send(house, [{"link": house.mint(), "trust": 1, "satisfaction": 1}])
    quarter_answers.write(house, "v1", tmp_path / "v1")
    details = quarter_answers.tables(tmp_path / "v1", "v1-detail.csv")
    assert set(details) == {"permits_email_post_interaction", "permits_email_post_interaction_2"}
    texts = {
        rows[1]["customized_question_text"]: rows[1]["likert_scale_1"] for rows in details.values()
    }
    assert texts == {
        "This interaction increased my trust in permit renewal.": "0",
        "This interaction increased my trust in the Permit Office.": "1",
    }
    quarter_answers.write(house, "v2", tmp_path / "v2")
    assert (
        len(quarter_answers.tables(tmp_path / "v2", "v2.csv")) == 2
    )  # the text of trust is told once


def test_flagged_answers_are_left_out_unless_asked_for(house, tmp_path):
    with house.client() as client:
        answer(client, house.mint())  # at once: faster than anybody reads
    quarter_answers.send(house, [{"link": house.mint(), "trust": 1, "satisfaction": 1}])
    for form in fits.FORMATS:
        path = tmp_path / form
        assert quarter_answers.write(house, form, path).answers == 1
        assert quarter_answers.manifest(path)["flagged"] == {
            "included": False,
            "answers_with_a_flag": 1,
        }
        assert quarter_answers.write(house, form, path, with_flagged=True).answers == 2
        assert quarter_answers.manifest(path)["flagged"]["included"] is True


# ---- which instrument fits where


def test_a_thumb_up_is_1_and_its_drivers_went_well(house, tmp_path):
    house.apply(instrument_catalogs.catalog_text("a11-v2-thumbs"))
    up = {"link": house.mint(), "trust": 1, "drivers": ["ease"]}
    down = {"link": house.mint(), "trust": 0, "drivers": ["employee"]}
    quarter_answers.send(house, [up, down])
    quarter_answers.write(house, "v2", tmp_path / "out")
    [file] = (tmp_path / "out").glob("*.csv")
    assert omb_upload.faults(file.name, file.read_bytes(), "thumbs_up_down") == []
    [rows] = quarter_answers.tables(tmp_path / "out", "v2.csv").values()
    by = {row["question_1"]: row for row in rows}
    ease, employee = (drivers.BY_CODE[code].omb for code in ("ease", "employee"))
    taps = {f"{side}_{code}" for side in ("positive", "negative") for code in (ease, employee)}
    assert {name for name in taps if by["1"][name] == "1"} == {f"positive_{ease}"}
    assert {name for name in taps if by["0"][name] == "1"} == {f"negative_{employee}"}
    [filing_set] = quarter_answers.manifest(tmp_path / "out")["sets"]
    assert filing_set["counts"]["trust"] == {"down": 1, "up": 1}
    assert "50% gave a thumb up" in (tmp_path / "out" / "SUMMARY.txt").read_text("utf-8")
    with db.write(house.engine) as connection:
        reflection = Reflection("Steady.", "A counter.", "Ana", quarter_answers.AFTER)
        reflections.put(connection, fiscal.named(quarter_answers.QUARTER), "permits", reflection)
        volume = Volume(20, 10, "Queue", "Ana", quarter_answers.AFTER)
        volumes.put(connection, fiscal.named(quarter_answers.QUARTER), "permits", "email", volume)
    filed = filing.rehearse(
        db.source(house.engine),
        quarter_answers.order("v2"),
        quarter_answers.AFTER,
        lambda rows: None,
    )
    assert check.rating(filed.drawer, filed.entries) is Colour.GREEN


@pytest.mark.parametrize(
    ("kind", "fitting"),
    [
        (Kind("likert_scale", True, False), {"v1", "wide", "v2"}),
        (Kind("likert_scale", True, True), {"v1", "wide"}),
        (Kind("likert_scale", False, False), {"v2"}),
        (Kind("thumbs_up_down", False, False), {"v2"}),
        (Kind("thumbs_up_down", True, False), {"v2"}),
        (Kind("likert_scale", True, False, ("ease",)), {"v1", "wide"}),
    ],
)
def test_where_an_instrument_files_follows_from_what_it_asks(kind, fitting):
    assert {form for form in fits.FORMATS if fits.refusal(kind, form) is None} == fitting


def test_the_table_of_instruments_is_printed_with_reasons_and_cures(sqlite_house):
    shown = cx(sqlite_house, "quarter", "formats")
    assert all(name in shown for name in fits.KINDS)
    assert "trust was asked with a thumb" in shown and "Fix: file it as v2" in shown
    assert shown.count("its five cells are empty") == 2
    assert "operational_metrics (wide)" in shown
    page = (ROOT / "docs" / "reference" / "quarter-formats.md").read_text(encoding="utf-8")
    for name, row in fits.table():
        cells = " | ".join("no" if row[form] else "yes" for form in fits.FORMATS)
        assert f"| {name} | {cells} |" in page


def test_a_quarter_of_flagged_answers_alone_says_so(sqlite_house, tmp_path):
    with sqlite_house.client() as client:
        answer(client, sqlite_house.mint())  # at once: faster than anybody reads
    with pytest.raises(ServerError, match=r"All 1 answers .* \(--with-flagged\)"):
        quarter_answers.write(sqlite_house, "v2", tmp_path / "out")
    quarter_answers.write(sqlite_house, "v2", tmp_path / "out", with_flagged=True)
    paper = (tmp_path / "out" / "INSTRUCTIONS.txt").read_text(encoding="utf-8")
    steps = [
        line.split()[4] for line in paper.splitlines() if line.startswith("   cx quarter record")
    ]
    assert steps == ["draft", "checked", "signed-off"]
    assert paper.count("--format v2 --with-flagged") == 5

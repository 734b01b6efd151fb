"""The quarter's files: OMB's headers, our counts, nothing lost and nothing made up."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import kinds
import ombcheck
import quarters
from command import cx
from cxserver import db
from cxserver.errors import ServerError
from cxserver.instrument import drivers
from cxserver.reporting.quarter import (
    bundle,
    check,
    filing,
    fiscal,
    fits,
    reflections,
    review,
    v1,
    volumes,
    wide,
)
from cxserver.reporting.quarter.check import Colour
from cxserver.reporting.quarter.fits import Kind
from cxserver.reporting.quarter.reflections import Reflection
from cxserver.reporting.quarter.volumes import Volume
from house import CATALOGUE, House

ROOT = Path(__file__).parents[1]
DRIVERS = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]


def results(house: House, *, flagged: bool = False) -> dict[str, dict]:
    """`cx results` for the quarter, by service."""
    words = [
        "results",
        "--by",
        "service",
        "--from",
        quarters.FIRST,
        "--to",
        quarters.LAST,
        "--json",
    ]
    told = json.loads(cx(house, *words, *([] if flagged else ["--without-flagged"])))
    return {row["service"]: row for row in told["rows"]}


# ---- every format counts the same people


def test_the_totals_of_every_format_are_those_of_cx_results(house, tmp_path):
    quarters.answer_all(house, 600)
    known = results(house)
    assert set(known) == {"permits", "hearings", "calls"}
    for form in fits.FORMATS:
        cx(house, "quarter", quarters.QUARTER, "--format", form, "-o", str(tmp_path / form))
    check_v1(known, tmp_path / "v1")
    check_wide(known, tmp_path / "wide")
    check_v2(known, tmp_path / "v2")


def check_v1(known, folder):
    heads, details = (
        quarters.tables(folder, "v1-header.csv"),
        quarters.tables(folder, "v1-detail.csv"),
    )
    likert = [f"likert_scale_{point}" for point in range(1, 6)]
    for service, row in known.items():
        assert (
            sum(int(one["response_count"]) for one in quarters.of_service(heads, service))
            == row["n"]
        )
        for identifier, measure in (("answer_01", "satisfaction"), ("answer_02", "trust")):
            rows = [
                one
                for one in quarters.of_service(details, service)
                if one["standardized_question_identifier"] == identifier
            ]
            assert quarters.points(rows, likert) == row[measure]["counts"]
    notes = [row["notes"] for row in quarters.of_service(details, "permits")]
    ease = [
        row
        for row in quarters.of_service(details, "permits")
        if "Ease" in row["customized_question_text"]
    ]
    assert taps(ease, "notes") == both(known["permits"], "ease")
    assert all(re.fullmatch(r"|\+\d+ / −\d+ taps of \d+ answers", note) for note in notes)


def check_wide(known, folder):
    files = quarters.tables(folder, "wide.csv")
    for service, row in known.items():
        rows = list(quarters.of_service(files, service))
        assert sum(int(one["volume_of_respondents"]) for one in rows) == row["n"]
        for number, measure in ((1, "satisfaction"), (2, "trust")):
            names = [f"q{number}_{point}" for point in range(1, 6)]
            assert quarters.points(rows, names) == row[measure]["counts"]
    rows = list(quarters.of_service(files, "hearings"))
    likert = [quarters.points(rows, [f"q4_{point}" for point in range(1, 6)])]
    assert likert == [known["hearings"]["drivers"]["ease"]["counts"]]
    metrics = [one["operational_metrics"] for one in quarters.of_service(files, "permits")]
    found = [re.search(r"Fair treatment: \+(\d+) / −(\d+) taps", told) for told in metrics]
    assert [sum(int(one[side]) for one in found) for side in (1, 2)] == list(
        both(known["permits"], "humanity")
    )


def check_v2(known, folder):
    files = quarters.tables(folder, "v2.csv")
    assert not list(quarters.of_service(files, "hearings"))  # rated drivers do not fit
    for service in ("permits", "calls"):
        rows = list(quarters.of_service(files, service))
        assert len(rows) == known[service]["n"]
        given = [row["question_1"] for row in rows]
        assert [given.count(str(point)) for point in range(1, 6)] == known[service]["trust"][
            "counts"
        ]
        for code, told in known[service]["drivers"].items():
            for side in ("positive", "negative"):
                assert sum(row[f"{side}_{code}"] == "1" for row in rows) == told[side]


def taps(rows, column) -> tuple[int, int]:
    found = [re.match(r"\+(\d+) / −(\d+) taps", row[column]) for row in rows]
    return sum(int(one[1]) for one in found), sum(int(one[2]) for one in found)


def both(row, code) -> tuple[int, int]:
    return row["drivers"][code]["positive"], row["drivers"][code]["negative"]


# ---- OMB's own shapes


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
    quarters.answer_all(sqlite_house, 20)
    quarters.write(sqlite_house, "v1", tmp_path / "v1")
    for [row] in quarters.tables(tmp_path / "v1", "v1-header.csv").values():
        assert (row["agency_poc_name"], row["agency_poc_email"]) == ("Ana Diaz", "ana@example.gov")
        assert row["federal_register_url"] == url
    quarters.write(sqlite_house, "wide", tmp_path / "wide")
    for [row] in quarters.tables(tmp_path / "wide", "wide.csv").values():
        assert row["federal_register_url"] == url


def test_v1_is_one_row_and_seven_and_a_tapped_driver_has_no_points(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 200)
    quarters.write(sqlite_house, "v1", tmp_path / "out")
    heads = quarters.tables(tmp_path / "out", "v1-header.csv")
    details = quarters.tables(tmp_path / "out", "v1-detail.csv")
    assert (
        set(heads)
        == set(details)
        == {
            "permits_site_post_interaction",
            "permits_poster_post_interaction",
            "hearings_email_post_interaction",
            "calls_phone_post_interaction",
        }
    )
    assert {len(rows) for rows in heads.values()} == {1}
    assert {len(rows) for rows in details.values()} == {7}
    for row in details["permits_site_post_interaction"][2:]:
        assert row["customized_question_text"].startswith("What contributed to your rating? ")
        assert {row[f"likert_scale_{point}"] for point in range(1, 6)} == {""}
        assert "taps of" in row["notes"]
    rated = details["hearings_email_post_interaction"]
    assert rated[3]["customized_question_text"] == "It was easy to complete what I needed to do."
    assert sum(int(rated[3][f"likert_scale_{n}"]) for n in range(1, 6)) == int(
        rated[3]["response_volume"]
    )
    unasked = rated[5]  # transparency is not on that survey
    assert [unasked[name] for name in v1.DETAIL[2:10]] == [""] * 8


def test_v2_passes_an_independent_reading_of_the_specification(house, tmp_path):
    quarters.answer_all(house, 400)
    quarters.write(house, "v2", tmp_path / "out")
    files = sorted((tmp_path / "out").glob("*.csv"))
    assert len(files) == 3
    for file in files:
        assert ombcheck.faults(file.name, file.read_bytes(), "likert_scale") == []


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
    head = ",".join(column["name"] for column in ombcheck.SPEC["columns"])
    good = f"{head}\r\na1,5,1,0,null,0,0,0,0,0,0,0,0,0,0,0,Words\r\nb2,1" + ",0" * 14 + ",\r\n"
    assert ombcheck.faults("x.csv", good.encode(), "likert_scale") == []
    assert old in good
    assert ombcheck.faults("x.csv", good.replace(old, new, 1).encode(), "likert_scale")


# ---- the right quarter


@pytest.mark.parametrize(
    ("quarter", "last"),
    [("2027Q1", (2026, 12, 31)), ("2027Q2", (2027, 3, 31))],  # the second one has a clock change
)
def test_the_last_minute_of_a_quarter_counts_once_and_in_it(house, tmp_path, quarter, last):
    offices = {
        ("permits", "riverside"): "America/New_York",
        ("permits", "lakeside"): "America/Los_Angeles",
        ("calls", "center"): "America/Chicago",
    }
    for (service, office), zone in offices.items():
        midnight = datetime(*last, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
        for moment, trust in ((midnight - timedelta(seconds=30), 5), (midnight, 1)):
            channel = "phone" if service == "calls" else "email"
            with quarters.at(house, moment.astimezone(UTC)):
                link = house.mint(service, office, channel=channel)
                quarters.send(house, [{"link": link, "trust": trust, "satisfaction": trust}])
    for form in fits.FORMATS:
        for name, trust in ((quarter, 5), (following(quarter), 1)):
            path = tmp_path / f"{name}-{form}"
            wanted = fiscal.named(name)
            filed = quarters.write(house, form, path, quarter=wanted)
            assert filed.answers == 3
            counts = [one["counts"]["trust"] for one in quarters.manifest(path)["sets"]]
            assert sum(each[trust - 1] for each in counts) == 3


def following(quarter):
    return f"{quarter[:-1]}{int(quarter[-1]) + 1}"


def test_a_quarter_that_has_not_ended_is_written_as_a_draft(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 20)
    early = datetime(2027, 1, 1, 7, 59, tzinfo=UTC)  # one minute to midnight in Los Angeles
    assert quarters.write(sqlite_house, "v1", tmp_path / "early", now=early).draft
    assert quarters.manifest(tmp_path / "early")["draft"] is True
    assert "DRAFT" in (tmp_path / "early" / "SUMMARY.txt").read_text(encoding="utf-8")
    late = early + timedelta(minutes=1)
    assert not quarters.write(sqlite_house, "v1", tmp_path / "late", now=late).draft
    assert quarters.manifest(tmp_path / "late")["draft"] is False


def test_a_quarter_without_answers_is_told(sqlite_house, tmp_path):
    said = cx(
        sqlite_house, "quarter", "2020Q1", "--format", "v2", "-o", str(tmp_path / "x"), fails=True
    )
    assert "nothing to file" in said and not (tmp_path / "x").exists()


# ---- versions of a survey


def without(driver: str) -> str:
    """The catalogue with one driver less on permits."""
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
    quarters.send(house, first)
    house.apply(without("employee"))
    quarters.send(
        house, [{"link": house.mint(), "trust": 2, "satisfaction": 2, "drivers": ["ease"]}]
    )
    quarters.write(house, "v2", tmp_path / "v2")
    [rows] = quarters.tables(tmp_path / "v2", "v2.csv").values()
    assert {
        (row["question_1"], row["positive_employee"], row["negative_employee"]) for row in rows
    } == {
        ("5", "1", "0"),
        ("2", "null", "null"),
    }
    assert {row["positive_other"] for row in rows} == {"null"}
    [told] = quarters.manifest(tmp_path / "v2")["sets"]
    assert [survey["name"] for survey in told["surveys"]] == ["permits/1", "permits/2"]


def test_counts_under_another_wording_are_another_file(sqlite_house, tmp_path):
    house = sqlite_house
    quarters.send(house, [{"link": house.mint(), "trust": 5, "satisfaction": 5}])
    house.apply(CATALOGUE.replace('en = "permit renewal"', 'en = "the Permit Office"'))
    quarters.send(house, [{"link": house.mint(), "trust": 1, "satisfaction": 1}])
    quarters.write(house, "v1", tmp_path / "v1")
    details = quarters.tables(tmp_path / "v1", "v1-detail.csv")
    assert set(details) == {"permits_email_post_interaction", "permits_email_post_interaction_2"}
    texts = {
        rows[1]["customized_question_text"]: rows[1]["likert_scale_1"] for rows in details.values()
    }
    assert texts == {
        "This interaction increased my trust in permit renewal.": "0",
        "This interaction increased my trust in the Permit Office.": "1",
    }
    quarters.write(house, "v2", tmp_path / "v2")
    assert len(quarters.tables(tmp_path / "v2", "v2.csv")) == 2  # the text of trust is told once


# ---- which instrument fits where


def test_a_thumb_up_is_1_and_its_drivers_went_well(house, tmp_path):
    house.apply(kinds.catalogue("a11-v2-thumbs"))
    up = {"link": house.mint(), "trust": 1, "drivers": ["ease"]}
    down = {"link": house.mint(), "trust": 0, "drivers": ["employee"]}
    quarters.send(house, [up, down])
    quarters.write(house, "v2", tmp_path / "out")
    [file] = (tmp_path / "out").glob("*.csv")
    assert ombcheck.faults(file.name, file.read_bytes(), "thumbs_up_down") == []
    [rows] = quarters.tables(tmp_path / "out", "v2.csv").values()
    by = {row["question_1"]: row for row in rows}
    ease, employee = (drivers.BY_CODE[code].omb for code in ("ease", "employee"))
    taps = {f"{side}_{code}" for side in ("positive", "negative") for code in (ease, employee)}
    assert {name for name in taps if by["1"][name] == "1"} == {f"positive_{ease}"}
    assert {name for name in taps if by["0"][name] == "1"} == {f"negative_{employee}"}
    [told] = quarters.manifest(tmp_path / "out")["sets"]
    assert told["counts"]["trust"] == {"down": 1, "up": 1}
    assert "50% gave a thumb up" in (tmp_path / "out" / "SUMMARY.txt").read_text("utf-8")
    with db.write(house.engine) as connection:
        said = Reflection("Steady.", "A counter.", "Ana", quarters.AFTER)
        reflections.put(connection, fiscal.named(quarters.QUARTER), "permits", said)
        told = Volume(20, 10, "Queue", "Ana", quarters.AFTER)
        volumes.put(connection, fiscal.named(quarters.QUARTER), "permits", "email", told)
    filed = filing.rehearse(house.engine, quarters.order("v2"), quarters.AFTER, lambda rows: None)
    assert check.rating(filed.drawer, filed.entries) is Colour.GREEN


def test_a_wrong_pair_is_refused_with_the_cure(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 100)
    words = ["quarter", quarters.QUARTER, "--format", "v2", "-o", str(tmp_path / "out")]
    said = cx(sqlite_house, *words, "--service", "hearings", fails=True)
    assert "hearings/1" in said and "rated from 1 to 5" in said and "Cure" in said
    cx(sqlite_house, *words)
    [left] = quarters.manifest(tmp_path / "out")["left_out"]
    assert left["survey"] == "hearings/1" and left["cure"]


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
    shown = cx(sqlite_house, "quarter-formats")
    assert all(name in shown for name in fits.KINDS)
    assert "trust was asked with a thumb" in shown and "Cure: file it as v2" in shown
    page = (ROOT / "docs" / "quarter.md").read_text(encoding="utf-8")
    for name, row in fits.table():
        cells = " | ".join("no" if row[form] else "yes" for form in fits.FORMATS)
        assert f"| {name} | {cells} |" in page


# ---- the folder


def test_the_same_data_give_the_same_bytes_and_only_omb_s_files_are_csv(house, tmp_path):
    quarters.answer_all(house, 150)
    for form in fits.FORMATS:
        for name in ("a", "b"):
            quarters.write(house, form, tmp_path / name / form)
        a, b = (
            {file.name: file.read_bytes() for file in (tmp_path / n / form).iterdir()} for n in "ab"
        )
        assert a == b
        told = {
            file["name"]: file
            for one in quarters.manifest(tmp_path / "a" / form)["sets"]
            for file in one["files"]
        }
        assert {name for name in a if name.endswith(".csv")} == set(told)
        for name, file in told.items():
            assert hashlib.sha256(a[name]).hexdigest() == file["sha256"]
            assert (
                len(list(csv.reader(io.StringIO(a[name].decode(), newline="")))) == file["rows"] + 1
            )
        assert set(a) - set(told) == {
            "manifest.json",
            "FIELDS.txt",
            "INSTRUCTIONS.txt",
            "SUMMARY.txt",
        }


def test_the_manifest_says_which_words_were_asked_and_by_which_software(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 30)
    quarters.write(sqlite_house, "wide", tmp_path / "out")
    told = quarters.manifest(tmp_path / "out")
    [permits] = [one for one in told["sets"] if one["channel"] == "site"]
    [survey] = permits["surveys"]
    assert survey["wording"]["es"]["trust"].startswith("Esta interacción")
    assert (permits["omb_channel"], permits["designated"]) == ("website", True)
    assert told["software"]["version"] and told["format"] == "wide"


def test_flagged_answers_are_left_out_unless_asked_for(house, tmp_path):
    from house import answer

    with house.client() as client:
        answer(client, house.mint())  # at once: faster than anybody reads
    quarters.send(house, [{"link": house.mint(), "trust": 1, "satisfaction": 1}])
    for form in fits.FORMATS:
        path = tmp_path / form
        assert quarters.write(house, form, path).answers == 1
        assert quarters.manifest(path)["flagged"] == {"included": False, "answers_with_a_flag": 1}
        assert quarters.write(house, form, path, with_flagged=True).answers == 2
        assert quarters.manifest(path)["flagged"]["included"] is True


def test_a_folder_with_other_things_is_never_replaced(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 10)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ServerError, match="holds other things"):
        quarters.write(sqlite_house, "v1", mine)
    assert (mine / "letter.txt").read_text(encoding="utf-8") == "keep me"
    quarters.write(sqlite_house, "v1", tmp_path / "out")
    quarters.write(sqlite_house, "wide", tmp_path / "out")  # one of ours: replaced whole
    assert not list((tmp_path / "out").glob("*v1*"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_folder_that_could_not_be_finished_does_not_appear(sqlite_house, tmp_path):
    quarters.answer_all(sqlite_house, 10)

    def fail(rows):
        raise KeyboardInterrupt

    from cxserver.reporting.quarter import filing

    with pytest.raises(KeyboardInterrupt):
        filing.write(
            sqlite_house.engine, quarters.order("v2"), quarters.AFTER, tmp_path / "out", fail
        )
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("form", ["v1", "wide", "v2"])
def test_a_glance_finds_what_the_files_hold(house, form):
    """The staff page judges from counts alone: it must not say another thing than the command."""
    quarters.answer_all(house, 300)
    with db.write(house.engine) as connection:
        every = review.read(connection, fiscal.named(quarters.QUARTER), limit=1000)
        rows = [one.row for one in every]
        review.decide(connection, rows[:20], "approve", "A", quarters.AFTER)
        review.decide(
            connection, [one.row for one in every[20:30]], "withhold", "A", quarters.AFTER
        )
    order = quarters.order(form)
    whole = filing.rehearse(house.engine, order, quarters.AFTER, lambda rows: None)
    seen = filing.glance(house.engine, order, quarters.AFTER)
    assert [(one.set.stem, one.set.counts.n, one.comments) for one in seen.entries] == [
        (one.set.stem, one.set.counts.n, one.comments) for one in whole.entries
    ]
    assert check.judge(seen.drawer, seen.entries) == check.judge(whole.drawer, whole.entries)


def test_the_zip_holds_the_folder_and_is_the_same_each_time(house, tmp_path):
    quarters.answer_all(house, 100)
    order = quarters.order("v2")
    body = bundle.make(house.engine, order, quarters.AFTER)
    assert body == bundle.make(house.engine, order, quarters.AFTER + timedelta(days=3))
    quarters.write(house, "v2", tmp_path / "out")
    with zipfile.ZipFile(io.BytesIO(body)) as zipped:
        held = {one.partition("/")[2]: zipped.read(one) for one in zipped.namelist()}
    assert held == {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

"""The quarter's files: OMB's shapes, our counts, the same bytes each time."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest

from cxserver import db
from cxserver.comments import omb_review
from cxserver.quarter import bundle, check, filing, fiscal
from cxserver.quarter.formats import fits, v1
from tests.support import omb_upload, quarter_answers
from tests.support.cx_process import cx
from tests.support.house import House
from tests.support.matches import first_match
from tests.support.shared_house import shared_house


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request):
    """A quarter with answers, on each of the two: every test of this file only reads it."""
    with shared_house(request, request.param) as house:
        quarter_answers.answer_all(house, 400)
        with db.write(house.engine) as connection:
            rows = [
                comment.row
                for comment in omb_review.read(connection, fiscal.named(quarter_answers.QUARTER))
            ]
            omb_review.decide(connection, rows[:20], "approve", "A", quarter_answers.AFTER)
            omb_review.decide(connection, rows[20:30], "withhold", "A", quarter_answers.AFTER)
        yield house


def results(house: House, *, flagged: bool = False) -> dict[str, dict]:
    """`cx results` for the quarter, by service."""
    words = [
        "results",
        "--by",
        "service",
        "--from",
        quarter_answers.FIRST,
        "--to",
        quarter_answers.LAST,
        "--json",
    ]
    report = json.loads(cx(house, *words, *([] if flagged else ["--without-flagged"])))
    return {row["service"]: row for row in report["rows"]}


# ---- every format counts the same people


def test_the_totals_of_every_format_are_those_of_cx_results(full, tmp_path):
    known = results(full)
    assert set(known) == {"permits", "hearings", "calls"}
    for form in fits.FORMATS:
        quarter_answers.write(full, form, tmp_path / form)
    check_v1(known, tmp_path / "v1")
    check_wide(known, tmp_path / "wide")
    check_v2(known, tmp_path / "v2")


def check_v1(known, folder):
    heads, details = (
        quarter_answers.tables(folder, "v1-header.csv"),
        quarter_answers.tables(folder, "v1-detail.csv"),
    )
    likert = [f"likert_scale_{point}" for point in range(1, 6)]
    for service, row in known.items():
        assert (
            sum(
                int(record["response_count"])
                for record in quarter_answers.of_service(heads, service)
            )
            == row["n"]
        )
        for identifier, measure in (("answer_01", "satisfaction"), ("answer_02", "trust")):
            rows = [
                record
                for record in quarter_answers.of_service(details, service)
                if record["standardized_question_identifier"] == identifier
            ]
            assert quarter_answers.points(rows, likert) == row[measure]["counts"]
    notes = [row["notes"] for row in quarter_answers.of_service(details, "permits")]
    ease = [
        row
        for row in quarter_answers.of_service(details, "permits")
        if "Ease" in row["customized_question_text"]
    ]
    assert taps(ease, "notes") == both(known["permits"], "ease")
    assert all(re.fullmatch(r"|\+\d+ / −\d+ taps of \d+ answers", note) for note in notes)


def check_wide(known, folder):
    files = quarter_answers.tables(folder, "wide.csv")
    for service, row in known.items():
        rows = list(quarter_answers.of_service(files, service))
        assert sum(int(record["volume_of_respondents"]) for record in rows) == row["n"]
        for number, measure in ((1, "satisfaction"), (2, "trust")):
            names = [f"q{number}_{point}" for point in range(1, 6)]
            assert quarter_answers.points(rows, names) == row[measure]["counts"]
    rows = list(quarter_answers.of_service(files, "hearings"))
    likert = [quarter_answers.points(rows, [f"q4_{point}" for point in range(1, 6)])]
    assert likert == [known["hearings"]["drivers"]["ease"]["counts"]]
    metrics = [
        record["operational_metrics"] for record in quarter_answers.of_service(files, "permits")
    ]
    matches = [first_match(r"Fair treatment: \+(\d+) / −(\d+) taps", text) for text in metrics]
    assert [sum(int(match[side]) for match in matches) for side in (1, 2)] == list(
        both(known["permits"], "humanity")
    )


def check_v2(known, folder):
    files = quarter_answers.tables(folder, "v2.csv")
    assert not list(quarter_answers.of_service(files, "hearings"))  # rated drivers do not fit
    for service in ("permits", "calls"):
        rows = list(quarter_answers.of_service(files, service))
        assert len(rows) == known[service]["n"]
        ratings = [row["question_1"] for row in rows]
        assert [ratings.count(str(point)) for point in range(1, 6)] == known[service]["trust"][
            "counts"
        ]
        for code, counts in known[service]["drivers"].items():
            for side in ("positive", "negative"):
                assert sum(row[f"{side}_{code}"] == "1" for row in rows) == counts[side]


def taps(rows, column) -> tuple[int, int]:
    matches = [first_match(r"^\+(\d+) / −(\d+) taps", row[column]) for row in rows]
    return sum(int(match[1]) for match in matches), sum(int(match[2]) for match in matches)


def both(row, code) -> tuple[int, int]:
    return row["drivers"][code]["positive"], row["drivers"][code]["negative"]


# ---- OMB's own shapes


def test_v1_is_one_row_and_seven_and_a_tapped_driver_has_no_points(full, tmp_path):
    quarter_answers.write(full, "v1", tmp_path / "out")
    heads = quarter_answers.tables(tmp_path / "out", "v1-header.csv")
    details = quarter_answers.tables(tmp_path / "out", "v1-detail.csv")
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


def test_v2_passes_an_independent_reading_of_the_specification(full, tmp_path):
    quarter_answers.write(full, "v2", tmp_path / "out")
    files = sorted((tmp_path / "out").glob("*.csv"))
    assert len(files) == 3
    for file in files:
        assert omb_upload.faults(file.name, file.read_bytes(), "likert_scale") == []


def test_a_wrong_pair_is_refused_with_the_cure(full, tmp_path):
    words = [
        "quarter",
        "write",
        quarter_answers.QUARTER,
        "--format",
        "v2",
        "-o",
        str(tmp_path / "out"),
    ]
    refusal = cx(full, *words, "--service", "hearings", fails=True)
    assert "hearings/1" in refusal and "rated from 1 to 5" in refusal and "Fix: " in refusal
    cx(full, *words)
    [left] = quarter_answers.manifest(tmp_path / "out")["left_out"]
    assert left["survey"] == "hearings/1" and left["cure"]


# ---- the folder


def test_the_same_data_give_the_same_bytes_and_only_omb_s_files_are_csv(full, tmp_path):
    for form in fits.FORMATS:
        for name in ("a", "b"):
            quarter_answers.write(full, form, tmp_path / name / form)
        a, b = (
            {file.name: file.read_bytes() for file in (tmp_path / n / form).iterdir()} for n in "ab"
        )
        assert a == b
        files = {
            file["name"]: file
            for filing_set in quarter_answers.manifest(tmp_path / "a" / form)["sets"]
            for file in filing_set["files"]
        }
        assert {name for name in a if name.endswith(".csv")} == set(files)
        for name, file in files.items():
            assert hashlib.sha256(a[name]).hexdigest() == file["sha256"]
            assert (
                len(list(csv.reader(io.StringIO(a[name].decode(), newline="")))) == file["rows"] + 1
            )
        assert set(a) - set(files) == {
            "manifest.json",
            "FIELDS.txt",
            "INSTRUCTIONS.txt",
            "SUMMARY.txt",
        }


def test_the_manifest_says_which_words_were_asked_and_by_which_software(full, tmp_path):
    quarter_answers.write(full, "wide", tmp_path / "out")
    manifest = quarter_answers.manifest(tmp_path / "out")
    [permits] = [filing_set for filing_set in manifest["sets"] if filing_set["channel"] == "site"]
    [survey] = permits["surveys"]
    assert survey["wording"]["es"]["trust"].startswith("Esta interacción")
    assert (permits["omb_channel"], permits["designated"]) == ("website", True)
    assert manifest["software"]["version"] and manifest["format"] == "wide"


@pytest.mark.parametrize("form", ["v1", "wide", "v2"])
def test_a_glance_finds_what_the_files_hold(full, form):
    """The staff page judges from counts alone: it must not say another thing than the command."""
    order = quarter_answers.order(form)
    whole = filing.rehearse(db.source(full.engine), order, quarter_answers.AFTER, lambda rows: None)
    with db.read(full.engine) as connection:
        seen = filing.glance(connection, order, quarter_answers.AFTER)
    assert [(entry.set.stem, entry.set.counts.n, entry.comments) for entry in seen.entries] == [
        (entry.set.stem, entry.set.counts.n, entry.comments) for entry in whole.entries
    ]
    assert check.judge(seen.drawer, seen.entries) == check.judge(whole.drawer, whole.entries)


def test_the_zip_holds_the_folder_and_is_the_same_each_time(full, tmp_path):
    order = quarter_answers.order("v2")
    with bundle.make(db.source(full.engine), order, quarter_answers.AFTER) as first:
        body = first.read()
    with bundle.make(
        db.source(full.engine), order, quarter_answers.AFTER + timedelta(days=3)
    ) as second:
        assert body == second.read()
    quarter_answers.write(full, "v2", tmp_path / "out")
    with zipfile.ZipFile(io.BytesIO(body)) as zipped:
        members = {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}
    assert members == {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

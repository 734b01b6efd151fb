"""An answer is in the quarter of its day, once; a quarter that runs is a draft."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cxserver.quarter import fiscal
from cxserver.quarter.formats import fits
from tests.support import quarter_answers
from tests.support.cx_process import cx


@pytest.mark.parametrize(
    ("quarter", "last"),
    [
        ("2027Q1", date(2026, 12, 31)),
        ("2027Q2", date(2027, 3, 31)),
    ],  # the second one has a clock change
)
def test_the_last_minute_of_a_quarter_counts_once_and_in_it(house, tmp_path, quarter, last):
    offices = {
        ("permits", "riverside"): "America/New_York",
        ("permits", "lakeside"): "America/Los_Angeles",
        ("calls", "center"): "America/Chicago",
    }
    for (service, office), zone in offices.items():
        midnight = datetime.combine(last, time(), ZoneInfo(zone)) + timedelta(days=1)
        for moment, trust in ((midnight - timedelta(seconds=30), 5), (midnight, 1)):
            channel = "phone" if service == "calls" else "email"
            with quarter_answers.moved_clock(house, moment.astimezone(UTC)):
                link = house.mint(service, office, channel=channel)
                quarter_answers.send(house, [{"link": link, "trust": trust, "satisfaction": trust}])
    for form in fits.FORMATS:
        for name, trust in ((quarter, 5), (following(quarter), 1)):
            path = tmp_path / f"{name}-{form}"
            wanted = fiscal.named(name)
            filed = quarter_answers.write(house, form, path, quarter=wanted)
            assert filed.answers == 3
            counts = [
                filing_set["counts"]["trust"]
                for filing_set in quarter_answers.manifest(path)["sets"]
            ]
            assert sum(each[trust - 1] for each in counts) == 3


def following(quarter):
    return f"{quarter[:-1]}{int(quarter[-1]) + 1}"


def test_a_quarter_that_has_not_ended_is_written_as_a_draft(sqlite_house, tmp_path):
    quarter_answers.answer_all(sqlite_house, 20)
    early = datetime(2027, 1, 1, 7, 59, tzinfo=UTC)  # one minute to midnight in Los Angeles
    assert quarter_answers.write(sqlite_house, "v1", tmp_path / "early", now=early).draft
    assert quarter_answers.manifest(tmp_path / "early")["draft"] is True
    assert "DRAFT" in (tmp_path / "early" / "SUMMARY.txt").read_text(encoding="utf-8")
    late = early + timedelta(minutes=1)
    assert not quarter_answers.write(sqlite_house, "v1", tmp_path / "late", now=late).draft
    assert quarter_answers.manifest(tmp_path / "late")["draft"] is False


def test_a_quarter_without_answers_is_told(sqlite_house, tmp_path):
    refusal = cx(
        sqlite_house,
        "quarter",
        "write",
        "2020Q1",
        "--format",
        "v2",
        "-o",
        str(tmp_path / "x"),
        fails=True,
    )
    assert "nothing to file" in refusal and not (tmp_path / "x").exists()

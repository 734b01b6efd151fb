"""The hour of an answer leaves the house only where 5 share it."""

import csv
import io
from collections import Counter

import pytest

from cxserver import db
from cxserver.disclosure import ENOUGH
from cxserver.export import formats, hours, responses
from cxserver.export.responses import Filter
from tests.support.api_reader import add_answers, noon
from tests.support.cx_process import cx
from tests.support.shared_house import shared_house

KINDS = ("csv", "excel", "jsonl", "xlsx", "parquet")
TAPPED = {"drivers": ["ease"]}
RATED = {"drivers": {"ease": 2}, "questions": {"purpose": "appeal"}}
GROUPS = (
    (noon(10, 6, 14), "permits", "riverside", "site", 5, TAPPED),
    (noon(10, 6, 15), "permits", "riverside", "site", 4, TAPPED),
    # The same hour again at another office, and on another day.
    (noon(10, 6, 15), "permits", "lakeside", "site", 4, TAPPED),
    (noon(10, 7, 15), "permits", "riverside", "site", 4, TAPPED),
    # In two services together they are 6, in each 3.
    (noon(10, 8), "permits", "riverside", "site", 3, TAPPED),
    (noon(10, 8), "hearings", "riverside", "site", 3, RATED),
    (noon(10, 9), "hearings", "riverside", "site", 9, RATED),
)
TOLD = {
    ("permits", "riverside", "2026-10-06T14:00:00Z"): 5,
    ("hearings", "riverside", "2026-10-09T16:00:00Z"): 9,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with shared_house(request, request.param) as house:
        add_answers(house, *GROUPS)
        yield house


def _told(rows):
    return Counter(
        (row["service"], row["office"], row["answered_hour"])
        for row in rows
        if row["answered_hour"]
    )


def test_the_number_is_that_of_batches():
    assert hours.FEWEST == ENOUGH


@pytest.mark.parametrize("page", [1, 2, 5, 7, 2000])
def test_an_hour_is_told_where_five_answered_the_same_service_there(street, monkeypatch, page):
    monkeypatch.setattr(responses, "PAGE", page)
    exported = list(responses.rows(db.source(street.engine), Filter()))
    assert _told(exported) == TOLD and len(exported) == 32
    assert sum(row["answered_hour"] is None for row in exported) == 18


def test_whatever_else_is_in_a_file_the_same_rows_tell_their_hour(street):
    for wanted in (
        Filter(service="permits"),
        Filter(office="riverside"),
        Filter(offices=frozenset({"riverside", "lakeside"}), office="lakeside"),
        Filter(start=noon(10, 6).date(), end=noon(10, 6).date()),
        Filter(start=noon(10, 8).date()),
    ):
        exported = list(responses.rows(db.source(street.engine), wanted))
        there = {(row["service"], row["office"], row["day"]) for row in exported}
        assert _told(exported) == {
            cell: n for cell, n in TOLD.items() if (*cell[:2], cell[2][:10]) in there
        }


def test_only_the_day_of_a_page_and_the_one_before_are_held(street, monkeypatch):
    monkeypatch.setattr(responses, "PAGE", 1)
    snapshots = []
    read = hours.SharedHours.read

    def noted(*arguments):
        snapshots.append(read(*arguments))
        return snapshots[-1]

    monkeypatch.setattr(hours.SharedHours, "read", noted)
    list(responses.rows(db.source(street.engine), Filter()))
    assert (
        len(snapshots) == 33 and max(len({cell[2] for cell in cells}) for cells in snapshots) <= 2
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_can_leave_it_out_and_repeats_to_the_byte(street, tmp_path, kind):
    first, again = tmp_path / "first", tmp_path / "again"
    for file in (first, again):
        assert formats.save(db.source(street.engine), Filter(), kind, file, lambda rows: None) == 32
    assert first.read_bytes() == again.read_bytes()


def test_the_command_tells_every_hour_where_that_is_asked_for(street):
    few, every = cx(street, "export"), cx(street, "export", "--every-hour")
    rows = [list(csv.DictReader(io.StringIO(text, newline=""))) for text in (few, every)]
    assert _told(rows[0]) == TOLD
    assert all(row["answered_hour"] for row in rows[1])
    for few_row, other in zip(*rows, strict=True):
        assert other == few_row | {"answered_hour": other["answered_hour"]}

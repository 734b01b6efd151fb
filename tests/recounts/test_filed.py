"""Every number in the files of a quarter, and of what is published of it, recounted alone."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from cxserver.accounts import roles
from tests.recounts import recompute_filed as recount
from tests.recounts.recompute import Row, points
from tests.recounts.recompute_filed import Set
from tests.recounts.recounted import is_rounded
from tests.support import api_reader
from tests.support.filed_quarter import (
    FORMS,
    QUARTER,
    SERVICES,
    VOLUMES,
    FiledQuarter,
    filed_quarter,
)
from tests.support.staff_accounts import sign_in

SIDES = ("positive", "negative")


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest) -> Iterator[FiledQuarter]:
    """The quarter, ready to be filed."""
    with filed_quarter(request) as desk:
        yield desk


@pytest.fixture(params=sorted(roles.FILERS))
def client(request: pytest.FixtureRequest, desk: FiledQuarter) -> Iterator[TestClient]:
    """Somebody of each role that may file."""
    with desk.books.house.client() as client:
        sign_in(desk.books.house, client, request.param)
        yield client


# ---- the files


def unpacked(client: TestClient, form: str) -> dict[str, str]:
    """The files that the page offers, by name."""
    got = client.get(f"/staff/quarter/files/{QUARTER}/{form}")
    assert got.status_code == 200
    with zipfile.ZipFile(io.BytesIO(got.content)) as folder:
        return {name.rpartition("/")[2]: folder.read(name).decode() for name in folder.namelist()}


def tables(files: dict[str, str], end: str) -> dict[Set, list[dict[str, str]]]:
    """The rows of the files with this end, by service and channel."""
    return {
        (name.split("_")[0], name.split("_")[1]): list(csv.DictReader(io.StringIO(text)))
        for name, text in files.items()
        if name.endswith(f".{end}.csv")
    }


def test_the_v2_files_add_up_to_the_answers(desk: FiledQuarter, client: TestClient) -> None:
    shown, wanted = tables(unpacked(client, "v2"), "v2"), desk.sets("v2")
    assert wanted and shown.keys() == wanted.keys()
    for name, lines in shown.items():
        rows = wanted[name]
        given = Counter(line["question_1"] for line in lines)
        assert [given[str(point)] for point in range(1, 6)] == points(rows, "trust")
        for code in desk.books.exists["services"][name[0]]["drivers"]:
            tapped = [sum(line[f"{side}_{code}"] == "1" for line in lines) for side in SIDES]
            assert tuple(tapped) == recount.taps(rows, code)
        assert sum(line["question_4"] != "" for line in lines) == desk.comments(rows)[1]


def test_the_v1_files_add_up_to_the_answers(desk: FiledQuarter, client: TestClient) -> None:
    files, wanted = unpacked(client, "v1"), desk.sets("v1")
    heads, details = tables(files, "v1-header"), tables(files, "v1-detail")
    assert wanted and heads.keys() == details.keys() == wanted.keys()
    for name, rows in wanted.items():
        served, offered = VOLUMES.get(name, ("", ""))
        [head] = heads[name]
        columns = ("total_volume", "survey_opp_volume", "response_count")
        assert [head[column] for column in columns] == [str(served), str(offered), str(len(rows))]
        for line, question in zip(details[name], ("satisfaction", "trust"), strict=False):
            cells = [int(line[f"likert_scale_{point}"]) for point in range(1, 6)]
            assert cells == points(rows, question) and line["response_volume"] == str(len(rows))
        assert_rated(details[name], rows)


def assert_rated(lines: list[dict[str, str]], rows: list[Row]) -> None:
    """The rows of drivers: points where they were rated, taps in words where they were not."""
    for line, code in zip(lines[2:4], ("effectiveness", "ease"), strict=True):
        if rows[0]["service"] == "hearings":
            cells = [int(line[f"likert_scale_{point}"]) for point in range(1, 6)]
            assert cells == recount.scores(rows, code)
        else:
            good, poor = recount.taps(rows, code)
            assert line["notes"] == f"+{good} / −{poor} taps of {len(rows)} answers"


def test_the_wide_files_add_up_to_the_answers(desk: FiledQuarter, client: TestClient) -> None:
    shown, wanted = tables(unpacked(client, "wide"), "wide"), desk.sets("wide")
    assert wanted and shown.keys() == wanted.keys()
    for name, [line] in shown.items():
        assert line["volume_of_respondents"] == str(len(wanted[name]))
        for number, question in ((1, "satisfaction"), (2, "trust")):
            cells = [int(line[f"q{number}_{point}"]) for point in range(1, 6)]
            assert cells == points(wanted[name], question)


@pytest.mark.parametrize("form", FORMS)
def test_the_summary_tells_scores_and_response_rates_of_the_answers(
    desk: FiledQuarter, client: TestClient, form: str
) -> None:
    first, *parts = unpacked(client, form)["SUMMARY.txt"].split("\n\n")
    filed = sum(map(len, desk.sets(form).values()))
    assert f"\n{filed:,} people answered." in first
    assert len(parts) == len(desk.sets(form))
    for (service, channel), rows in desk.sets(form).items():
        said = next(part for part in parts if f"{SERVICES[service]}, by {channel} " in part)
        assert said.splitlines()[0].endswith(f": {len(rows):,} answers.")
        assert_scored(said, rows)
        rate = re.findall(r"Of ([\d,]+) who were offered the survey, ([\d.]+)% answered", said)
        assert len(rate) == ((service, channel) in VOLUMES)
        for offered, share in rate:
            assert int(offered.replace(",", "")) == VOLUMES[service, channel][1]
            assert is_rounded(share, 100 * len(rows) / VOLUMES[service, channel][1])


def assert_scored(said: str, rows: list[Row]) -> None:
    """Satisfaction and trust: the share of 4 and 5, and the mean."""
    for title, question in (("Satisfaction", "satisfaction"), ("Trust", "trust")):
        [(share, mean)] = re.findall(rf"{title}: (\d+)% gave 4 or 5; mean ([\d.]+) of 5", said)
        assert is_rounded(share, recount.share(rows, question))
        assert is_rounded(mean, recount.mean(rows, question))


# ---- what everybody may read


@pytest.mark.parametrize("form", FORMS)
def test_the_published_quarter_shows_the_answers_of_eleven_and_more(
    desk: FiledQuarter, form: str
) -> None:
    shown, wanted = published(desk, form), desk.sets(form)
    assert wanted and shown.keys() == wanted.keys()
    assert not all(row["hidden"] for row in shown.values())
    for name, row in shown.items():
        if row["hidden"]:
            assert row["n"] is row["trust"] is row["satisfaction"] is row["drivers"] is None
            continue
        assert row["n"] == len(wanted[name])
        assert row["trust"] == recount.by_points(wanted[name], "trust")
        assert row["satisfaction"] == recount.by_points(wanted[name], "satisfaction")
        for code, taps in row["drivers"].items():
            assert_published(taps, wanted[name], code)


def assert_published(taps: dict[str, Any], rows: list[Row], code: str) -> None:
    """A driver: its points where it was rated, else how many tapped it."""
    if rows[0]["service"] == "hearings":
        assert taps["counts"] == recount.scores(rows, code)
    else:
        assert (taps["positive"], taps["negative"]) == recount.taps(rows, code)


@pytest.mark.parametrize("form", FORMS)
def test_the_published_quarter_hides_what_tells_of_fewer_than_eleven(
    desk: FiledQuarter, form: str
) -> None:
    wanted = desk.sets(form)
    hidden = {name for name, row in published(desk, form).items() if row["hidden"]}
    small = recount.small(wanted)
    assert {("permits", "poster"), ("calls", "phone")} <= small <= hidden
    for service in SERVICES:
        mine = {name: len(rows) for name, rows in wanted.items() if name[0] == service}
        sizes = [n for name, n in mine.items() if name in hidden]
        assert recount.is_safe(sizes) or len(sizes) == len(mine)
        assert bool(sizes) == bool(small & mine.keys())


def published(desk: FiledQuarter, form: str) -> dict[Set, dict[str, Any]]:
    """The rows of the quarter as a program reads them."""
    house = desk.books.house
    headers = api_reader.bearer(api_reader.new_key(house))
    with house.client() as client:
        got = client.get(f"/api/v1/quarters/{QUARTER}", params={"format": form}, headers=headers)
    assert got.status_code == 200
    return {(row["service"], row["channel"]): row for row in got.json()["rows"]}

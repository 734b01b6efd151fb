"""What programs read row by row: the export's rows for keys with rows, comments by batch."""

import csv
import io
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.api import walk
from cxserver.export import formats
from cxserver.export.responses import Filter
from tests.support.api_reader import (
    LATER,
    Group,
    add_answers,
    add_region,
    bearer,
    counts_by,
    new_key,
    noon,
    results,
    rows,
)
from tests.support.closed_batches import release
from tests.support.comment_factory import ASKING, add_comments
from tests.support.shared_house import shared_house

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
TAPPED = {"drivers": ["ease"], "comment": "Quick, and kind."}
RATED = {"drivers": {"ease": 2, "employee": 5}, "questions": {"purpose": "appeal"}}
# A kiosk whose clock was half an hour slow: such answers carry a flag.
SLOW = {"clock_offset": 1800, "answered_at": "2026-10-27T15:30:00Z"}
GROUPS: tuple[Group, ...] = (
    # A quarter before.
    (noon(9, 9), "permits", "riverside", "site", 7, {}),
    (noon(9, 9), "permits", "lakeside", "site", 6, {}),
    (noon(9, 16), "permits", "riverside", "site", 6, {"comment": "All went well."}),
    # October: riverside is busy, lakeside has 3; two of the north's offices, one of them small.
    (noon(10, 6), "permits", "riverside", "site", 12, TAPPED),
    (noon(10, 6, 18), "permits", "riverside", "poster", 2, {"trust": 1, "comment": "Slow."}),
    (noon(10, 8), "permits", "riverside", "site", 3, {"trust": 2, "language": "es"}),
    (noon(10, 13), "permits", "lakeside", "site", 3, {"trust": 1, "comment": "A lonely one."}),
    (noon(10, 14), "permits", "hilltop", "site", 20, {}),
    (noon(10, 15), "permits", "seaside", "site", 2, {"trust": 1}),
    (noon(10, 20), "hearings", "riverside", "site", 9, RATED),
    (noon(10, 21), "permits", "riverside", "site", 4, {"comment": "Few people came."}),
    (noon(10, 22), "calls", "center", "site", 30, {"trust": 5}),
    (noon(10, 23), "calls", "center", "site", 8, {"language": "es"}),
    (noon(10, 27), "calls", "center", "kiosk", 6, SLOW),
    (noon(10, 27), "permits", "hilltop", "kiosk", 3, SLOW),
    # November: a month that is not over.
    (noon(11, 4), "permits", "riverside", "site", 8, {}),
    (noon(11, 17), "permits", "riverside", "site", 8, {}),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with shared_house(request, request.param) as house:
        add_region(house)
        add_answers(house, *GROUPS)
        release(house)
        yield house


@pytest.fixture(scope="module")
def exported(street):
    """Every answer, as plain rows."""
    file = io.StringIO(newline="")
    formats.write(db.source(street.engine), Filter(every_hour=True), "csv", file, lambda rows: None)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


@pytest.fixture(scope="module")
def everything(street):
    """A key that reads all rows."""
    return new_key(street, comments=True, rows=True)


@pytest.fixture(scope="module")
def reader(street):
    """A key that reads batches, and what people wrote."""
    return new_key(street, comments=True)


# ---- responses


def plain(row):
    names = ("service", "office", "channel", "language", "survey", "delay", "scale")
    return (*(row[name] for name in names), str(row["trust"]), str(row["day"]))


def test_a_key_with_rows_reads_every_row_of_the_export(client, exported, everything):
    answers = rows(client, everything)
    assert len(answers) == 137
    assert Counter(map(plain, answers)) == Counter(map(plain, exported))
    assert {row["office"] for row in answers} >= {"lakeside", "seaside"}


def test_a_key_without_rows_is_refused_them_with_the_way_to_get_them(client, reader):
    got = client.get("/api/v1/responses", headers=bearer(reader))
    assert got.status_code == 403 and got.json()["code"] == "not_yours"
    assert "--rows" in got.json()["detail"]


def test_rows_and_results_of_a_key_with_rows_are_of_the_same_people(client, everything):
    days = {"from_": "2026-10-06", "to": "2026-10-14"}
    answers = rows(client, everything, **{"from": "2026-10-06", "to": "2026-10-14"})
    counts = Counter(row["office"] for row in answers)
    assert counts == counts_by(results(client, everything, **days), "office")
    assert counts == {"riverside": 17, "lakeside": 3, "hilltop": 20}


def test_a_row_says_its_hour_where_five_share_it_like_the_export(client, street):
    answers = rows(client, new_key(street, "permits", "riverside", rows=True), **OCTOBER)
    assert Counter((row["answered_hour"], row["week"], row["month"]) for row in answers) == {
        ("2026-10-06T16:00:00Z", "2026-W41", "2026-10"): 12,
        (None, "2026-W41", "2026-10"): 5,
        (None, "2026-W43", "2026-10"): 4,
    }


def test_no_row_has_words(client, everything):
    answers = rows(client, everything)
    assert len(answers) > 30 and any(row["questions"] for row in answers)
    for row in answers:
        assert "comment" not in row and set(row["questions"]) <= {"purpose"}


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("path", ["responses", "comments"])
def test_page_by_page_nothing_is_told_twice_and_nothing_left_out(client, everything, path, limit):
    whole = rows(client, everything, path)
    assert len(whole) > 7
    assert rows(client, everything, path, limit=limit) == whole


def test_within_a_month_the_order_tells_nothing_of_the_day(client, everything):
    answers = rows(client, everything)
    order = [(row["service"], row["month"]) for row in answers]
    assert order == sorted(order)
    days = [row["day"] or "" for row in answers if row["service"] == "calls"]
    assert days not in (sorted(days), sorted(days, reverse=True))


def _inside(cursor):
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")


def test_a_cursor_holds_no_day_and_a_foreign_one_opens_nothing(street, client, everything):
    got = client.get("/api/v1/responses", params={"limit": 1}, headers=bearer(everything)).json()
    cursor = got["next"]
    assert date.fromisoformat(_inside(cursor)[1]).day == 1
    north = new_key(street, office="north", rows=True)
    answers = rows(client, north, cursor=cursor)
    assert {row["office"] for row in answers} == {"hilltop", "seaside"}
    got = client.get(
        "/api/v1/responses", params={"cursor": cursor}, headers=bearer(new_key(street))
    )
    assert got.status_code == 403
    for spoilt in ("A" * 8, cursor[:-4], "-" * 40, cursor[::-1]):
        query = {"cursor": spoilt}
        got = client.get("/api/v1/responses", params=query, headers=bearer(everything))
        assert got.status_code == 422, spoilt


def test_any_days_can_be_asked_for(client, everything):
    answers = rows(client, everything, **{"from": "2026-09-10", "to": "2026-10-06"})
    assert Counter(row["day"] for row in answers) == {"2026-09-16": 6, "2026-10-06": 14}
    for limit in (1, 4):
        days = {"from": "2026-10-08", "to": "2026-10-21"}
        assert len(rows(client, everything, limit=limit, **days)) == 41
    for query in (
        {"from": "2026-10-01", "to": "2026-09-30"},
        {"from": "0001-01-01"},
        {"to": "0001-01-01"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "+5"},
        {"limit": "1e2"},
    ):
        got = client.get("/api/v1/responses", params=query, headers=bearer(everything))
        assert got.status_code == 422, query
    assert rows(client, everything, **{"from": "9998-12-01"}) == []
    assert len(rows(client, everything, to="9999-12-31")) == 137


def test_a_quiet_office_is_looked_for_in_steps(street, client, everything, monkeypatch):
    monkeypatch.setattr(walk, "STEPS", 1)
    assert len(rows(client, everything, office="center")) == 44
    assert len(rows(client, everything, office="seaside")) == 2
    assert len(rows(client, everything, "comments", office="riverside")) == 24


# ---- comments


BATCHED = {
    ("2026-W38", "All went well."): 6,
    ("2026-W41", "Quick, and kind."): 12,
    ("2026-W41", "Slow."): 2,
    # With the 3 of the 8th it closed a batch.
    ("2026-W43", "Few people came."): 4,
}


def worded(comments):
    return Counter((row["week"], row["comment"]) for row in comments)


def test_comments_come_with_their_batch_and_with_rows_at_once(client, exported, everything, reader):
    assert worded(rows(client, reader, "comments")) == BATCHED
    waiting = {("2026-W42", "A lonely one."): 3}
    assert worded(rows(client, everything, "comments")) == BATCHED | waiting
    assert sum(bool(row["comment"]) for row in exported) == 27


def test_comments_are_for_keys_that_read_them(street, client):
    for text in (new_key(street), new_key(street, rows=True)):
        got = client.get("/api/v1/comments", headers=bearer(text))
        assert got.status_code == 403 and got.json()["code"] == "not_yours"
        assert "--comments" in got.json()["detail"]


def test_the_days_of_comments_are_whole_weeks_but_for_keys_with_rows(client, everything, reader):
    for day in ("2026-10-05", "2026-10-07", "2026-10-11"):
        days = {"from": day, "to": day}
        assert len(rows(client, reader, "comments", **days)) == 14
        assert rows(client, everything, "comments", **days) == []
    assert len(rows(client, everything, "comments", **{"from": "2026-10-06", "to": "2026-10-06"}))


def test_what_one_person_gave_stands_beside_the_words(client, reader):
    comments = rows(client, reader, "comments")
    assert set(comments[0]) == {
        *("service", "office", "week", "trust", "satisfaction", "scale", "comment", "questions"),
        *("drivers_positive", "drivers_negative", "driver_scores"),
    }
    kind = [row for row in comments if row["comment"] == "Quick, and kind."]
    assert {(row["trust"], row["satisfaction"]) for row in kind} == {(4, 5)}
    assert all(row["drivers_positive"] == ["ease"] for row in kind)
    assert {row["trust"] for row in comments if row["comment"] == "Slow."} == {1}


def test_answers_and_words_cannot_be_laid_beside_each_other(street, client, everything):
    """Each list has an order of its own, and their cursors no half of an id in common."""
    with db.read(street.engine) as connection:
        ids = list(connection.execute(select(tables.responses.c.id)).scalars())
    halves = {id[:16] for id in ids}, {id[16:] for id in ids}
    for path, mine, others in (("responses", *halves), ("comments", *reversed(halves))):
        cursor: dict[str, str] = {}
        for _ in range(5):
            got = client.get(
                f"/api/v1/{path}", params={"limit": 1} | cursor, headers=bearer(everything)
            )
            cursor = {"cursor": got.json()["next"]}
            half = _inside(cursor["cursor"])[2]
            assert not half or (half in mine and half not in others)


# ---- the door

PATHS = ("/api/v1/results", "/api/v1/responses", "/api/v1/comments")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_good_key_nothing_is_read(street, client, everything, path):
    late = new_key(street, expires=LATER.date() - timedelta(days=1))
    for sent in (
        {},
        {"authorization": everything},
        {"authorization": "Basic " + everything},
        {"authorization": "Bearer"},
        {"authorization": "Bearer nothing"},
        {"authorization": "Bearer " + everything[:-1]},
        {"authorization": "Bearer cxa1_" + "A" * 43 + "_000000"},
        {"authorization": f"Bearer {everything} {everything}"},
        {"cookie": "key=" + everything},
        {"authorization": "Bearer " + late},
    ):
        got = client.get(path, headers=sent)
        assert got.status_code == 401, sent
        assert got.headers["content-type"] == "application/problem+json"
        assert got.headers["www-authenticate"].startswith('Bearer realm="results"')
        assert everything[5:40] not in got.text
    assert "ended on" in client.get(path, headers=bearer(late)).text


@pytest.mark.parametrize("path", PATHS)
def test_a_key_in_an_address_is_refused_whatever_else_is_sent(client, everything, path):
    for query in (f"key={everything}", f"service={everything}", f"{everything}=1"):
        got = client.get(f"{path}?{query}", headers=bearer(everything))
        assert got.status_code == 400 and got.json()["code"] == "key_in_address"
        assert everything[5:40] not in got.text


@pytest.mark.parametrize("path", PATHS)
def test_what_is_read_is_never_kept_nor_shared_with_other_sites(client, everything, path):
    headers = bearer(everything) | {"origin": "https://evil.example"}
    got = client.get(path, headers=headers)
    assert got.status_code == 200 and got.headers["cache-control"] == "no-store"
    assert not [name for name in got.headers if name.startswith("access-control-")]
    head = client.head(path, headers=bearer(everything))
    assert head.status_code == 200 and head.content == b""
    gone = client.delete(path, headers=bearer(everything))
    assert gone.status_code == 405 and "GET" in gone.headers["allow"]
    assert ("POST" in gone.headers["allow"]) == (path == "/api/v1/responses")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_word_bearer_is_read_in_any_case(client, everything, scheme):
    shown = {"authorization": f"{scheme} {everything}"}
    assert client.get("/api/v1/responses", headers=shown).status_code == 200


def test_no_row_has_the_words_of_a_typed_question(sqlite_house):
    """What was chosen is in a row; what was typed is among the comments alone."""
    sqlite_house.apply(ASKING)
    said = {"missed": "The ramp is closed.", "purpose": "appeal"}
    add_comments(sqlite_house, "", of="hearings", questions=said)
    key = new_key(sqlite_house, rows=True, comments=True)
    with sqlite_house.client() as client:
        [row] = rows(client, key)
        [words] = rows(client, key, "comments")
    assert row["questions"] == {"purpose": "appeal"}
    assert words["questions"] == {"missed": "The ramp is closed."}

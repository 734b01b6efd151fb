"""What programs read: the numbers of the export, and nothing that tells of fewer than 5 people."""

import csv
import io
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.api import walk
from cxserver.reporting import formats
from cxserver.reporting.export import Filter
from lasting import lasting
from reads import LATER, bearer, fill, grow, key, noon, rows, week

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
TAPPED = {"drivers": ["ease"], "comment": "Quick, and kind."}
RATED = {"drivers": {"ease": 2, "employee": 5}, "questions": {"purpose": "appeal"}}
# A kiosk whose clock was half an hour slow: such answers carry a flag.
SLOW = {"clock_offset": 1800, "answered_at": "2026-10-27T15:30:00Z"}
GROUPS = (
    # October: riverside is busy, lakeside has 3; two of the north's offices, one of them small.
    (noon(10, 6), "permits", "riverside", "site", 12, TAPPED),
    (noon(10, 6, 18), "permits", "riverside", "poster", 2, {"trust": 1, "comment": "Slow."}),
    (noon(10, 8), "permits", "riverside", "site", 3, {"trust": 2, "language": "es"}),
    (noon(10, 21), "permits", "riverside", "site", 4, {"comment": "Few people came."}),
    (noon(10, 13), "permits", "lakeside", "site", 3, {"trust": 1, "comment": "A lonely one."}),
    (noon(10, 14), "permits", "hilltop", "site", 20, {}),
    (noon(10, 15), "permits", "seaside", "site", 2, {"trust": 1}),
    (noon(10, 20), "hearings", "riverside", "site", 9, RATED),
    (noon(10, 22), "calls", "center", "site", 30, {"trust": 5}),
    (noon(10, 23), "calls", "center", "site", 8, {"language": "es"}),
    (noon(10, 27), "calls", "center", "kiosk", 6, SLOW),
    (noon(10, 27), "permits", "hilltop", "kiosk", 3, SLOW),
    # November: a month that is not over, with a week that is and one that is not.
    (noon(11, 4), "permits", "riverside", "site", 8, {}),
    (noon(11, 17), "permits", "riverside", "site", 8, {}),
    # A quarter before.
    (noon(9, 9), "permits", "riverside", "site", 7, {}),
    (noon(9, 9), "permits", "lakeside", "site", 6, {}),
    (noon(9, 16), "permits", "riverside", "site", 6, {"comment": "All went well."}),
)


SCOPES: tuple[dict[str, str], ...] = (
    {},
    {"service": "permits"},
    {"office": "riverside"},
    {"service": "calls"},
)
# What stands beside the answers of a row.
BESIDE = ("service", "office", "month", "channel", "language", "week", "day", "answered_hour")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with lasting(request, request.param) as house:
        grow(house)
        fill(house, *GROUPS)
        yield house


@pytest.fixture(scope="module")
def exported(street):
    """Every answer, as plain rows."""
    file = io.StringIO(newline="")
    formats.write(db.source(street.engine), Filter(every_hour=True), "csv", file, lambda rows: None)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


@pytest.fixture(scope="module")
def everything(street):
    return key(street, comments=True)


def results(client, text, **asked):
    asked = OCTOBER | {name.rstrip("_"): value for name, value in asked.items()}
    got = client.get("/api/v1/results", params=asked, headers=bearer(text))
    assert got.status_code == 200, got.text
    return got.json()["rows"]


def told(rows, by):
    """By name how many answers; None is hidden."""
    return {row[by]: row["n"] for row in rows}


# ---- responses


def test_rows_come_of_months_whose_numbers_are_told_by_themselves(client, exported, everything):
    found = rows(client, everything)
    assert Counter((row["service"], row["office"], row["month"]) for row in found) == {
        ("calls", "center", "2026-10"): 44,
        ("hearings", "riverside", "2026-10"): 9,
        ("permits", "riverside", "2026-09"): 13,
        ("permits", "lakeside", "2026-09"): 6,
    }
    told = {(row["service"], row["office"], row["month"]) for row in found}
    wanted = [row for row in exported if (row["service"], row["office"], row["day"][:7]) in told]
    assert Counter(map(_plain, found)) == Counter(map(_plain, wanted))


def _plain(row):
    return row["service"], row["office"], row["survey"], str(row["trust"])


def test_no_row_is_in_one_that_is_not_in_the_other(street, client):
    """Whatever stands in rows, results tell it; and what they add up to is the same."""
    for scope in SCOPES:
        text = key(street, **scope)
        counts = Counter(
            (row["service"], row["office"], row["month"]) for row in rows(client, text)
        )
        for (service, office, month), n in counts.items():
            year, number = month.split("-")
            last = date(int(year), int(number) % 12 + 1, 1) - timedelta(days=1)
            asked = {"from_": f"{month}-01", "to": str(last), "service": service, "office": office}
            assert told(results(client, text, **asked), "office") == {office: n}


def test_all_that_stands_beside_a_row_five_share(street, client):
    for scope in SCOPES:
        found = rows(client, key(street, **scope))
        groups = Counter(tuple(row[name] for name in BESIDE) for row in found)
        assert groups and min(groups.values()) >= 5
    found = rows(client, key(street, "permits", "riverside"), **OCTOBER)
    # 12 in one hour; 2, 3 and 4 at other times, some in Spanish, hide behind one another.
    assert Counter(tuple(row[name] for name in BESIDE[3:]) for row in found) == {
        (None, None, "2026-W41", "2026-10-06", "2026-10-06T16:00:00Z"): 12,
        (None, None, None, None, None): 9,
    }
    found = rows(client, key(street, "calls"), **OCTOBER)
    assert Counter((row["channel"], row["language"], len(row["flags"])) for row in found) == {
        ("site", "en", 0): 30,
        ("site", "es", 0): 8,
        ("kiosk", "en", 2): 6,
    }


def test_no_row_has_words(client, everything):
    for row in rows(client, everything):
        assert "comment" not in row and set(row["questions"]) <= {"purpose"}


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("path", ["responses", "comments"])
def test_page_by_page_nothing_is_told_twice_and_nothing_left_out(client, everything, path, limit):
    whole = rows(client, everything, path)
    assert rows(client, everything, path, limit=limit) == whole


def test_within_a_month_the_order_tells_nothing_of_the_day(client, everything):
    found = rows(client, everything)
    order = [(row["service"], row["month"]) for row in found]
    assert order == sorted(order)
    days = [row["day"] or "" for row in found if row["service"] == "calls"]
    assert days not in (sorted(days), sorted(days, reverse=True))


def _inside(cursor):
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")


def test_a_cursor_holds_no_day_and_a_foreign_one_opens_nothing(street, client, everything):
    got = client.get("/api/v1/responses", params={"limit": 1}, headers=bearer(everything)).json()
    cursor = got["next"]
    assert date.fromisoformat(_inside(cursor)[1]).day == 1
    north = key(street, office="north")
    assert rows(client, north, cursor=cursor) == []
    for spoilt in ("A" * 8, cursor[:-4], "-" * 40, cursor[::-1]):
        asked = {"cursor": spoilt}
        got = client.get("/api/v1/responses", params=asked, headers=bearer(everything))
        assert got.status_code == 422, spoilt


def test_months_can_be_asked_for_and_parts_of_months_not(client, everything):
    found = rows(client, everything, **{"from": "2026-09-01", "to": "2026-09-30"})
    assert {row["month"] for row in found} == {"2026-09"} and len(found) == 19
    for asked in (
        {"from": "2026-09-02"},
        {"to": "2026-09-29"},
        {"from": "2026-10-01", "to": "2026-09-30"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "+5"},
        {"limit": "1e2"},
    ):
        got = client.get("/api/v1/responses", params=asked, headers=bearer(everything))
        assert got.status_code == 422, asked
    assert rows(client, everything, **{"from": "9998-12-01"}) == []


def test_a_quiet_office_is_looked_for_in_steps(street, client, everything, monkeypatch):
    monkeypatch.setattr(walk, "STEPS", 1)
    assert len(rows(client, everything, office="center")) == 44
    assert rows(client, everything, office="seaside") == []
    assert len(rows(client, everything, "comments", office="riverside")) == 24


# ---- comments


def test_comments_come_of_weeks_of_offices_that_are_over_and_have_five(
    street, client, exported, everything
):
    crowds = Counter((row["office"], week(date.fromisoformat(row["day"]))) for row in exported)
    wanted = [
        (row["service"], row["office"], week(date.fromisoformat(row["day"])), row["comment"])
        for row in exported
        if row["comment"] and crowds[row["office"], week(date.fromisoformat(row["day"]))] >= 5
    ]
    found = rows(client, everything, "comments")
    names = ("service", "office", "week", "comment")
    assert Counter(tuple(row[name] for name in names) for row in found) == Counter(wanted)
    assert not any(row["comment"] == "A lonely one." for row in found)
    got = client.get("/api/v1/comments", headers=bearer(key(street)))
    assert got.status_code == 403 and got.json()["code"] == "not_yours"
    for asked in ({"from": "2026-10-06"}, {"to": "2026-10-10"}, {"to": "9999-12-26"}):
        got = client.get("/api/v1/comments", params=asked, headers=bearer(everything))
        assert got.status_code == 422, asked


def test_beside_a_comment_stands_trust_where_five_of_its_service_and_week_gave_the_same(
    client, everything
):
    found = rows(client, everything, "comments")
    assert {(row["week"], row["comment"], row["trust"]) for row in found} == {
        ("2026-W38", "All went well.", 4),
        # 12, 3 and 2: the last two would follow.
        ("2026-W41", "Quick, and kind.", None),
        ("2026-W41", "Slow.", None),
        # 9 more of that week gave a 4 too, about another service.
        ("2026-W43", "Few people came.", None),
    }
    assert set(found[0]) == {
        *("service", "office", "week", "trust", "scale"),
        "comment",
        "questions",
    }


def test_answers_and_words_cannot_be_laid_beside_each_other(street, client, everything):
    """Each list has an order of its own, and their cursors no half of an id in common."""
    with db.read(street.engine) as connection:
        ids = list(connection.execute(select(tables.responses.c.id)).scalars())
    halves = {id[:16] for id in ids}, {id[16:] for id in ids}
    for path, mine, others in (("responses", *halves), ("comments", *reversed(halves))):
        cursor = {}
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
    late = key(street, expires=LATER.date() - timedelta(days=1))
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
    asked = bearer(everything) | {"origin": "https://evil.example"}
    got = client.get(path, headers=asked)
    assert got.status_code == 200 and got.headers["cache-control"] == "no-store"
    assert not [name for name in got.headers if name.startswith("access-control-")]
    head = client.head(path, headers=bearer(everything))
    assert head.status_code == 200 and head.content == b""
    gone = client.delete(path, headers=bearer(everything))
    assert gone.status_code == 405 and "GET" in gone.headers["allow"]
    assert ("POST" in gone.headers["allow"]) == (path == "/api/v1/responses")

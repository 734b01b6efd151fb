"""What programs read: the numbers of the export, and nothing that tells of fewer than 5 people."""

import csv
import io
import json
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import numpy
import pytest
from sqlalchemy import select

from command import cx
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
    formats.write(street.engine, Filter(every_hour=True), "csv", file, lambda rows: None)
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


# ---- results


def test_what_is_shown_are_the_numbers_of_the_command(street, client, everything):
    for words, compared in (
        (("--by", "office"), {"center"}),
        (("--by", "service"), {"permits", "hearings", "calls"}),
        (("--by", "service", "--under", "north"), {"permits"}),
        (("--by", "month", "--service", "permits"), {"2026-10"}),
        (("--by", "language", "--service", "calls"), {"en", "es"}),
    ):
        days = ("--from", OCTOBER["from"], "--to", OCTOBER["to"])
        by = words[1]
        known = {
            row[by]: row
            for row in json.loads(cx(street, "results", "--json", *words, *days))["rows"]
        }
        asked = {name[2:]: value for name, value in zip(words[::2], words[1::2], strict=True)}
        shown = {row[by]: row for row in results(client, everything, **asked) if not row["hidden"]}
        assert shown.keys() == compared
        for name, row in shown.items():
            assert row == known[name] | {"hidden": False, "thumbs": None}


def test_fewer_than_five_are_hidden_and_so_is_what_would_give_them_away(client, everything):
    found = results(client, everything)
    assert told(found, "office") == {
        "center": 44,
        "lakeside": None,
        "riverside": None,  # all permits are told: 49 less 25 less 21 would be lakeside's 3
        "seaside": None,
        "hilltop": None,  # the north is told: 25 less 23 would be seaside's 2
    }
    for row in found:
        if row["hidden"]:
            assert [row[name] for name in ("n", "trust", "satisfaction", "drivers")] == [None] * 4
    assert told(results(client, everything, by="service", under="north"), "service") == {
        "permits": 25
    }


SCOPES: tuple[dict[str, str], ...] = (
    {},
    {"service": "permits"},
    {"office": "riverside"},
    {"service": "calls"},
)
# What stands beside the answers of a row.
BESIDE = ("service", "office", "month", "channel", "language", "week", "day", "answered_hour")
QUESTIONS = [
    {"by": by} | asked
    for by in ("office", "service", "channel", "language", "month")
    for asked in (
        *({}, {"service": "permits"}, {"service": "hearings"}, {"office": "riverside"}),
        *({"office": "lakeside"}, {"under": "north"}, {"under": "riverside", "service": "permits"}),
        *({"service": "permits", "channel": "site"}, {"service": "permits", "language": "es"}),
    )
]


@pytest.mark.parametrize("with_rows", [False, True])
@pytest.mark.parametrize("scope", SCOPES)
def test_nothing_of_fewer_than_five_can_be_worked_out_from_all_that_is_told(
    street, client, exported, scope, with_rows
):
    """By linear algebra: what is told are sums over people. Can these be added and subtracted so
    that a few people are left? Flagged answers are told apart in half of the questions. The rows
    of single answers are sums as well: of those that have all in common that stands beside them.
    (With them nobody is asked about flags: here all who used a kiosk have one, which nobody knows.)
    """
    text = key(street, **scope)
    sums = {}
    for asked in QUESTIONS:
        for without in ("false",) if with_rows else ("false", "true"):
            asked = OCTOBER | asked | {"without_flagged": without}
            got = client.get("/api/v1/results", params=asked, headers=bearer(text))
            if got.status_code != 200:
                assert got.status_code in (403, 422)
                continue
            for row in got.json()["rows"]:
                if row["n"] is not None:
                    wanted = asked | scope | {asked["by"]: row[asked["by"]]}
                    people = tuple(int(_is_of(one, wanted)) for one in exported)
                    assert sum(people) == row["n"], wanted
                    sums[people] = wanted
    if with_rows:
        found = rows(client, text, **OCTOBER)
        assert found or scope == {"service": "permits"}
        sums |= _groups(exported, found)
    assert len(sums) > 1
    told = numpy.array(list(sums))
    # Nobody can tell apart the people who are counted in the same sums.
    alike, sizes = numpy.unique(told, axis=1, return_counts=True)
    small = [at for at, size in enumerate(sizes) if size < 5 and alike[:, at].any()]
    for many in range(1, 5):
        for few in combinations(small, many):
            if sum(sizes[at] for at in few) < 5:
                aim = numpy.isin(numpy.arange(len(sizes)), few).astype(float)
                found = numpy.linalg.lstsq(alike.T.astype(float), aim, rcond=None)[0]
                assert numpy.abs(alike.T @ found - aim).max() > 1e-6, few


def _groups(exported, found):
    """Who is in each group of rows that look alike, but for what they answered."""
    beside = [tuple(row[name] for name in BESIDE) for row in found]
    groups = Counter(beside)
    at = {
        n: max((group for group in groups if _fits(one, group)), key=_known, default=None)
        for n, one in enumerate(exported)
    }
    sums = {}
    for group, n in groups.items():
        people = tuple(int(at[one] == group) for one in range(len(exported)))
        assert sum(people) == n, group
        sums[people] = group
    return sums


def _fits(one, group):
    day = date.fromisoformat(one["day"])
    mine = [one["service"], one["office"], one["day"][:7], one["channel"], one["language"]]
    mine += [week(day), one["day"], one["answered_hour"]]
    return all(told in (None, own) for told, own in zip(group, mine, strict=True))


def _known(group):
    return sum(told is not None for told in group)


def _is_of(row, wanted):
    if wanted["without_flagged"] == "true" and row["flags"]:
        return False
    if wanted["by"] != "office" and "under" in wanted:
        below = {"north": ("hilltop", "seaside"), "riverside": ("riverside",)}[wanted["under"]]
        if row["office"] not in below:
            return False
    named = ("service", "office", "channel", "language")
    return row["day"].startswith("2026-10") and all(
        row[name] == wanted[name] for name in named if name in wanted
    )


def test_months_are_told_one_by_one_and_a_quarter_where_its_months_are(client, everything):
    year = {"from_": "2026-07-01", "to": "2026-10-31"}
    months = results(client, everything, by="month", office="lakeside", **year)
    assert told(months, "month") == {"2026-09": 6, "2026-10": None}
    both = told(results(client, everything, by="office", **year), "office")
    assert both == {"center": 44} | dict.fromkeys(("hilltop", "lakeside", "riverside", "seaside"))
    assert told(results(client, everything, by="month", **year), "month") == {
        "2026-09": 19,
        "2026-10": 102,
    }
    third = {"from_": "2026-07-01", "to": "2026-09-30"}
    quarters = results(client, everything, by="quarter", office="lakeside", **third)
    assert told(quarters, "quarter") == {"2026Q4": 6}


def test_flagged_answers_can_be_left_out_where_five_are_or_none(street, client, exported):
    in_october = [row for row in exported if row["day"].startswith("2026-10")]
    flagged = Counter(row["service"] for row in in_october if row["flags"])
    assert flagged == {"calls": 6, "permits": 3}
    for service, left in (("calls", {"center": 38}), ("hearings", {"riverside": 9})):
        found = results(client, key(street, service), without_flagged="true")
        assert told(found, "office") == left
    found = results(client, key(street, "permits"), by="service", without_flagged="true")
    assert told(found, "service") == {"permits": None}
    # Who reads all is told all without flags: less the calls' own, the 3 of the permits were left.
    for text, n in ((key(street), None), (key(street, "calls"), 38)):
        found = results(client, text, by="channel", service="calls", without_flagged="true")
        assert told(found, "channel")["site"] == n


def test_a_key_reads_what_it_is_for_and_403_tells_nothing_of_the_rest(street, client):
    north = key(street, office="north")
    assert told(results(client, north), "office") == {"hilltop": None, "seaside": None}
    assert told(results(client, north, by="service"), "service") == {"permits": 25}
    permits = key(street, "permits", "riverside")
    assert told(results(client, permits, by="service"), "service") == {"permits": 21}
    assert told(results(client, permits, by="channel"), "channel") == {"site": None, "poster": None}
    assert told(results(client, permits, by="language"), "language") == {"en": None, "es": None}
    for text, asked in (
        (north, {"office": "riverside"}),
        (north, {"under": "riverside"}),
        (permits, {"service": "hearings"}),
        (permits, {"office": "hilltop"}),
        (permits, {"office": "nowhere"}),
    ):
        for path in ("results", "responses"):
            got = client.get(f"/api/v1/{path}", params=asked, headers=bearer(text))
            assert got.status_code == 403 and got.json()["code"] == "not_yours"
    assert rows(client, north) == []  # 23 and 2
    assert {row["service"] for row in rows(client, permits)} == {"permits"}


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-10-02", "to": "2026-10-31"},
        {"from": "2026-10-01", "to": "2026-10-30"},
        {"from": "2026-10-31", "to": "2026-10-01"},
        {"from": "2026-11-01", "to": "2026-11-30"},
        {"from": "2025-10-01", "to": "2026-10-31"},
        {"from": "1000-01-01", "to": "1000-01-31"},
        {"from": "0001-01-01", "to": "0001-01-31"},
        {"from": "9999-12-01", "to": "9999-12-31"},
        {"from": "2026-10-01"},
        {"to": "2026-10-31"},
        {"by": "quarter", "from": "2026-08-01", "to": "2026-10-31"},
        {"from": "1' OR 1=1--", "to": "2026-10-31"},
        {"from": "20261001", "to": "20261031"},
        {"from": "1759276800", "to": "2026-10-31"},
        {"by": "day"},
        {"by": ""},
        {"office": "' OR 1=1--"},
        {"office": ""},
        {"channel": "pigeon"},
        {"language": "en'"},
        {"without_flagged": "maybe"},
        {"nothing": "1"},
        {"by": ["office", "service"]},
        {"by": "channel"},
        {"by": "channel", "service": "permits", "office": "riverside"},
        {"by": "office", "channel": "site", "service": "permits"},
        {"channel": "site", "language": "en", "service": "permits"},
    ],
)
def test_what_cannot_be_asked_is_422_with_the_rule(client, everything, asked):
    got = client.get("/api/v1/results", params=asked, headers=bearer(everything))
    assert got.status_code == 422 and got.headers["content-type"] == "application/problem+json"
    assert got.json()["detail"] or got.json()["faults"]
    assert "1=1" not in got.text


def test_without_dates_the_last_month_that_is_over_is_told(client, everything):
    got = client.get("/api/v1/results", headers=bearer(everything)).json()
    assert {"from": got["from"], "to": got["to"]} == OCTOBER and got["by"] == "office"
    asked = {"by": "quarter"}
    got = client.get("/api/v1/results", params=asked, headers=bearer(everything)).json()
    assert (got["from"], got["to"]) == ("2026-07-01", "2026-09-30")


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

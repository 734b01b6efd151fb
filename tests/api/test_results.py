"""Results by program: the export's own counts with rows, closed batches without."""

import json
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import numpy
import pytest

from cxserver import periods
from tests.api.test_read import OCTOBER, everything, exported, reader, street
from tests.support import instrument_catalogs
from tests.support.api_reader import (
    LATER,
    add_answers,
    bearer,
    counts_by,
    new_key,
    noon,
    results,
    rows,
    week,
)
from tests.support.closed_batches import release
from tests.support.comment_factory import add_comments
from tests.support.cx_process import cx
from tests.support.optional import present

__all__ = ["everything", "exported", "reader", "street"]  # fixtures

MONTH = {"from_": OCTOBER["from"], "to": OCTOBER["to"]}
YEAR = {"from_": "2026-07-01", "to": "2026-11-18"}
EMPTY = dict.fromkeys(("n", "trust", "thumbs", "satisfaction", "drivers"))

# ---- with rows


@pytest.mark.parametrize("by", ["office", "service", "channel", "language", "month"])
def test_a_key_with_rows_gets_the_numbers_of_the_command(street, client, everything, by):
    days = ("--from", OCTOBER["from"], "--to", OCTOBER["to"])
    known = json.loads(cx(street, "results", "--json", "--by", by, *days))["rows"]
    groups = results(client, everything, by=by, **MONTH)
    assert groups == [row | {"hidden": False, "thumbs": None} for row in known]


def test_a_key_with_rows_gets_every_service_and_quarter_as_the_export_counts_them(
    client, exported, everything
):
    wanted = Counter(
        (row["service"], periods.of("quarter", date.fromisoformat(row["day"])).name)
        for row in exported
    )
    counts = {
        (service, row["quarter"]): row["n"]
        for service in ("permits", "hearings", "calls")
        for row in results(client, everything, service=service, by="quarter", **YEAR)
    }
    assert counts == wanted and len(counts) == 4


def test_a_key_with_rows_cuts_as_it_likes_and_nothing_is_hidden(client, everything):
    query = {"channel": "site", "language": "es", "without_flagged": "true"}
    groups = results(client, everything, **query, from_="2026-10-07", to="2026-10-25")
    assert counts_by(groups, "office") == {"riverside": 3, "center": 8}
    assert counts_by(results(client, everything, **MONTH), "office")["seaside"] == 2


# ---- without rows


def test_a_key_without_rows_reads_closed_batches(client, reader):
    assert counts_by(results(client, reader, **MONTH), "office") == {
        "center": 44,
        "hilltop": 20,  # 3 wait, like the 3 of lakeside and the 2 of seaside
        "riverside": 30,
    }


def test_four_that_wait_are_in_no_number_but_of_a_key_with_rows(house):
    add_answers(house, (noon(11, 10), "permits", "riverside", "site", 4, {}))
    release(house)
    whole, part = new_key(house, rows=True), new_key(house)
    days = {"from_": "2026-11-01", "to": "2026-11-18"}
    with house.client() as client:
        for by in ("office", "service", "week", "month", "quarter"):
            assert results(client, part, by=by, **days) == []
            assert [row["n"] for row in results(client, whole, by=by, **days)] == [4]
    at = ("permits", "riverside", "site")
    add_answers(house, (noon(11, 12), *at, 0, {}), (noon(11, 12), *at, 1, {"trust": 1}))
    release(house)
    with house.client() as client:
        [row] = results(client, part, by="week", **days)
    assert (row["week"], row["n"], row["trust"]["counts"]) == ("2026-W46", 5, [1, 0, 0, 4, 0])


@pytest.mark.parametrize("office", ["riverside", "lakeside", "center"])
def test_months_add_up_to_their_quarter(client, reader, office):
    parts: Counter[str] = Counter()
    for row in results(client, reader, by="month", office=office, **YEAR):
        quarter = periods.of("quarter", periods.named(row["month"]).start).name
        parts[quarter] += row["n"]
    assert parts == counts_by(
        results(client, reader, by="quarter", office=office, **YEAR), "quarter"
    )
    assert parts


def test_the_longer_the_days_the_same_offices_are_told_and_more(client, reader):
    before: dict[str, int] = {}
    for days in (3, 14, 30, 60, 90, 200, 730):
        start = LATER.date() - timedelta(days=days)
        counts = counts_by(
            results(client, reader, from_=str(start), to=str(LATER.date())), "office"
        )
        shown = {office: present(n) for office, n in counts.items()}
        assert all(shown[office] >= n for office, n in before.items())
        before = shown
    assert before == {"center": 44, "hilltop": 20, "lakeside": 6, "riverside": 59}


def test_weeks_are_told_by_the_day_that_closed_their_batch(client, reader):
    assert counts_by(results(client, reader, by="week", office="riverside", **YEAR), "week") == {
        week(date(2026, 9, 9)): 7,
        week(date(2026, 9, 16)): 6,
        week(date(2026, 10, 6)): 14,
        week(date(2026, 10, 21)): 3 + 4 + 9,
        week(date(2026, 11, 4)): 8,
        week(date(2026, 11, 17)): 8,
    }


# ---- cuts


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"channel": "site", "language": "en"}, "channel and language"),
        ({"by": "channel", "language": "en"}, "channel and language"),
        ({"by": "language", "without_flagged": "true"}, "language and flagged"),
    ],
)
def test_two_cuts_are_refused_with_what_to_choose(client, reader, query, names):
    got = client.get("/api/v1/results", params=OCTOBER | query, headers=bearer(reader))
    assert got.status_code == 422 and f"Choose one of {names}" in got.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {"by": "channel", "from": "2026-10-01", "to": "2026-10-30"},
        {"by": "channel", "from": "2026-10-05", "to": "2026-10-11"},
        {"language": "es", "from": "2026-11-01", "to": "2026-11-18"},
        {"without_flagged": "true", "by": "week", **OCTOBER},
    ],
)
def test_a_cut_of_other_days_than_whole_months_is_refused_with_what_to_choose(
    client, reader, everything, query
):
    got = client.get("/api/v1/results", params=query, headers=bearer(reader))
    assert got.status_code == 422 and "Choose a month or a quarter" in got.json()["detail"]
    got = client.get("/api/v1/results", params=query, headers=bearer(everything))
    assert got.status_code == 200


def test_a_cut_shows_its_cells(street, client, reader):
    calls = {"service": "calls", **MONTH}
    assert counts_by(results(client, reader, by="channel", **calls), "channel") == {
        "kiosk": 6,
        "site": 38,
    }
    assert counts_by(results(client, reader, by="language", **calls), "language") == {
        "en": 36,
        "es": 8,
    }
    flagged = results(client, reader, without_flagged="true", **calls)
    assert counts_by(flagged, "office") == {"center": 38}


def test_hidden_cells_look_alike(client, reader):
    """2 by poster and the 19 that would give them away."""
    permits = {"service": "permits", **MONTH}
    for query in (permits, permits | {"office": "riverside"}):
        groups = results(client, reader, by="channel", **query)
        assert groups == [{"channel": name, "hidden": True, **EMPTY} for name in ("poster", "site")]
    # A sum of which a part is hidden is hidden.
    assert counts_by(results(client, reader, by="channel", **MONTH), "channel") == {
        "kiosk": 6,
        "poster": None,
        "site": None,
    }


def test_a_cut_of_a_month_that_is_not_over_is_refused_on_its_last_day_too(sqlite_house):
    """Its table is not drawn: rows, hidden or not, would tell which languages have answers."""
    house = sqlite_house
    answer = (noon(11, 10), "permits", "riverside", "site", 1, {"language": "es"})
    add_answers(house, (noon(11, 10), "permits", "riverside", "site", 8, {}), answer)
    house.clock.now = noon(11, 30)
    release(house, house.clock.now)
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    with house.client() as client:
        # Nobody came by the kiosk: that is not told either.
        for query in ({"by": "language"}, {"by": "office", "channel": "kiosk"}):
            got = client.get("/api/v1/results", params=query | days, headers=bearer(new_key(house)))
            assert got.status_code == 422, got.json()["rows"]
            assert "Choose a month or a quarter" in got.json()["detail"]


# ---- nothing follows

_WAYS = (
    *({"by": by} for by in ("office", "service", "channel", "language", "week")),
    *({"by": "service", "without_flagged": "true"}, {"by": "office", "channel": "site"}),
    *({"by": "service", "language": "es"}, {"by": "office", "without_flagged": "true"}),
)
_PLACES: tuple[dict[str, str], ...] = (
    *({}, {"service": "permits"}, {"service": "calls"}, {"office": "riverside"}),
    *({"under": "north"}, {"service": "permits", "office": "riverside"}),
)
_DAYS = (OCTOBER, {"from": "2026-09-16", "to": "2026-10-20"}, {"from": "2026-10-21"})


def test_nothing_of_fewer_than_five_can_be_worked_out_from_all_that_is_told(
    client, exported, reader
):
    """By linear algebra: what is told are sums over people. Can these be added and subtracted so
    that a few people are left?
    """
    batched = [answer for answer in map(_released, exported) if answer]
    sums = {}
    for query in (way | place | days for way in _WAYS for place in _PLACES for days in _DAYS):
        got = client.get("/api/v1/results", params=query, headers=bearer(reader))
        if got.status_code == 200:
            for row in (row for row in got.json()["rows"] if not row["hidden"]):
                wanted = query | {query["by"]: row[query["by"]]}
                people = tuple(int(_is_of(answer, wanted)) for answer in batched)
                assert sum(people) == row["n"], wanted
                sums[people] = wanted
    assert len(sums) > 20
    # Nobody can tell apart the people who are counted in the same sums.
    alike, sizes = numpy.unique(numpy.array(list(sums)), axis=1, return_counts=True)
    small = [at for at, size in enumerate(sizes) if size < 5 and alike[:, at].any()]
    for many in range(1, 5):
        for few in combinations(small, many):
            if sum(sizes[at] for at in few) < 5:
                aim = numpy.isin(numpy.arange(len(sizes)), few).astype(float)
                weights = numpy.linalg.lstsq(alike.T.astype(float), aim, rcond=None)[0]
                assert numpy.abs(alike.T @ weights - aim).max() > 1e-6, few


def _released(row):
    """A row under the day that closed its batch; None where it waits."""
    waits = [("lakeside", "2026-10-13"), ("seaside", "2026-10-15"), ("hilltop", "2026-10-27")]
    if (row["office"], row["day"]) in waits:
        return None
    is_late = (row["service"], row["office"], row["day"]) == ("permits", "riverside", "2026-10-08")
    day = "2026-10-21" if is_late else row["day"]
    return row | {"day": day, "week": week(date.fromisoformat(day))}


def _is_of(row, wanted):
    if wanted.get("without_flagged") == "true" and row["flags"]:
        return False
    if "under" in wanted and row["office"] not in ("hilltop", "seaside"):
        return False
    if not wanted["from"] <= row["day"] <= wanted.get("to", "9999"):
        return False
    named = ("service", "office", "channel", "language", "week")
    return all(row[name] == wanted[name] for name in named if name in wanted)


# ---- what can be asked


def test_a_key_reads_what_it_is_for_and_403_tells_nothing_of_the_rest(street, client):
    north = new_key(street, office="north", rows=True)
    assert counts_by(results(client, north, **MONTH), "office") == {"hilltop": 23, "seaside": 2}
    assert {row["office"] for row in rows(client, north)} == {"hilltop", "seaside"}
    part = new_key(street, office="north")
    assert counts_by(results(client, part, by="service", **MONTH), "service") == {"permits": 20}
    permits = new_key(street, "permits", "riverside", rows=True)
    assert counts_by(results(client, permits, by="service", **MONTH), "service") == {"permits": 21}
    assert {row["service"] for row in rows(client, permits)} == {"permits"}
    for text, query in (
        (north, {"office": "riverside"}),
        (north, {"under": "riverside"}),
        (part, {"office": "riverside"}),
        (permits, {"service": "hearings"}),
        (permits, {"office": "hilltop"}),
        (permits, {"office": "nowhere"}),
    ):
        for path in ("results", "responses"):
            got = client.get(f"/api/v1/{path}", params=query, headers=bearer(text))
            assert got.status_code == 403 and got.json()["code"] == "not_yours"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-10-31", "to": "2026-10-01"},
        {"from": "2026-11-01", "to": "2026-11-30"},
        {"from": "1000-01-01", "to": "1000-01-31"},
        {"from": "0001-01-01", "to": "0001-01-31"},
        {"from": "9999-12-01", "to": "9999-12-31"},
        {"to": "2026-10-31"},
        {"from": "1' OR 1=1--", "to": "2026-10-31"},
        {"from": "20261001", "to": "20261031"},
        {"from": "1759276800", "to": "2026-10-31"},
        {"by": "day"},
        {"by": ""},
        {"office": "' OR 1=1--"},
        {"office": ""},
        {"channel": "pigeon"},
        {"language": "en'"},
        {"language": "fr"},
        {"without_flagged": "maybe"},
        {"nothing": "1"},
        {"by": ["office", "service"]},
    ],
)
def test_what_cannot_be_asked_is_422_with_the_rule(client, everything, query):
    got = client.get("/api/v1/results", params=query, headers=bearer(everything))
    assert got.status_code == 422 and got.headers["content-type"] == "application/problem+json"
    assert got.json()["detail"] or got.json()["faults"]
    assert "1=1" not in got.text


def test_a_mistyped_name_gets_the_nearest_that_the_key_reads(street, client, everything):
    north = new_key(street, office="north", rows=True)
    for text, query, said in (
        (everything, {"office": "hiltop"}, "This key reads no 'hiltop'. Did you mean 'hilltop'?"),
        (everything, {"service": "permit"}, "Did you mean 'permits'?"),
        (north, {"office": "rivreside"}, "This key reads no 'rivreside'."),
        (everything, {"language": "fr"}, "There is no language 'fr'. Use 'en' or 'es'."),
    ):
        got = client.get("/api/v1/results", params=query, headers=bearer(text)).json()
        assert said in got["detail"], got
        assert text == everything or "riverside" not in got["detail"]


@pytest.mark.parametrize(("days", "status"), [(731, 200), (732, 422)])
def test_731_days_are_the_most(client, reader, days, status):
    query = {"from": str(LATER.date() - timedelta(days=days - 1)), "to": str(LATER.date())}
    got = client.get("/api/v1/results", params=query, headers=bearer(reader))
    assert got.status_code == status


def test_without_days_last_month_is_told_and_without_a_last_day_it_is_today(client, reader):
    got = client.get("/api/v1/results", headers=bearer(reader)).json()
    assert {"from": got["from"], "to": got["to"]} == OCTOBER and got["by"] == "office"
    query = {"by": "quarter", "from": "2026-11-01"}
    got = client.get("/api/v1/results", params=query, headers=bearer(reader)).json()
    assert got["to"] == "2026-11-18" and counts_by(got["rows"], "quarter") == {"2027Q1": 16}


def test_thumbs_are_told_apart(sqlite_house):
    """Three thumbs up and two down are in `thumbs`, and no point of trust."""
    sqlite_house.apply(instrument_catalogs.catalog_text("a11-v2-thumbs"))
    for thumb, many in ((1, 3), (0, 2)):
        add_comments(sqlite_house, *[""] * many, trust=thumb, satisfaction=None)
    with sqlite_house.client() as client:
        days = {"from": "2026-10-26", "to": "2026-11-01"}
        query = {"by": "office", **days}
        reader = bearer(new_key(sqlite_house, rows=True))
        [row] = client.get("/api/v1/results", params=query, headers=reader).json()["rows"]
    assert (row["thumbs"]["up"], row["thumbs"]["down"], row["thumbs"]["share"]) == (3, 2, 0.6)
    assert row["trust"]["counts"] == [0, 0, 0, 0, 0]

"""Results by program: the command's numbers, and nothing of fewer than five."""

import json
from collections import Counter
from datetime import date
from itertools import combinations

import numpy
import pytest

from command import cx
from reads import bearer, key, rows, week
from test_api_read import BESIDE, OCTOBER, SCOPES, everything, exported, results, street, told

__all__ = ["everything", "exported", "street"]  # fixtures


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

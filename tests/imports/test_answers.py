"""Rows that are answers come in once, with their counts."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cxserver import db
from cxserver.comments import omb_review
from cxserver.intake import recount, unlinkable
from cxserver.quarter import answers as quarter_answers
from cxserver.quarter import fiscal
from cxserver.quarter.formats import v2
from cxserver.results.scopes import WITHOUT_FLAGGED
from tests.support import quarter_answers as quarters
from tests.support.house import NOW, House
from tests.support.import_files import (
    DRIVERS,
    MAP,
    batch,
    results_by,
    row,
    run_import,
    sheet,
    snapshot,
)


def test_past_answers_come_in_with_their_counts(house: House, tmp_path: Path) -> None:
    rows = [
        row("1", When="2023-07-31 23:30:00 UTC", Said="Call 555-867-5309, please"),
        row("2", When="2023-10-01T02:00:00Z", Trust="Strongly agree"),
        row("3", When="2023-10-01 03:00:00 -0400", Where="Code L", Happy="", employee=""),
    ]
    checked = run_import(house, batch(tmp_path, sheet(rows)))
    assert (checked.total, checked.offices) == (3, {"riverside", "lakeside"})
    assert {name: result.n for name, result in results_by(house, "day").items()} == {
        "2023-07-31": 1,
        "2023-09-30": 1,  # at the office it was still the evening before
        "2023-10-01": 1,
    }
    assert {name: result.n for name, result in results_by(house, "quarter").items()} == {
        "2023Q4": 2,
        "2024Q1": 1,
    }
    [version] = results_by(house, "survey")
    assert version == "permits/2"
    first = next(response for response in house.responses() if response["comment"])
    assert first["comment"] == "Call [phone], please"
    assert (first["flags"], first["delay"]) == ("imported", "self")
    assert first["answered_hour"] == datetime(2023, 7, 31, 23, tzinfo=UTC)
    assert recount.differences(db.source(house.engine)) == []
    claims = unlinkable.findings(db.source(house.engine), NOW)
    assert claims and all(claim.holds for claim in claims)


def test_the_past_uses_nothing_up_and_alarms_nobody(house: House, tmp_path: Path) -> None:
    before = snapshot(house)
    run_import(house, batch(tmp_path, sheet([row("1", Said="I will hurt somebody")])))
    after = snapshot(house)
    for untouched in ("burden", "use_keys", "alerts", "replies", "services"):
        assert after[untouched] == before[untouched], untouched


def test_a_zero_is_not_asked_where_the_map_says_so(sqlite_house: House, tmp_path: Path) -> None:
    mapping = MAP | {"zero": "not asked"}
    run_import(sqlite_house, batch(tmp_path, sheet([row("1", efficiency="0")]), mapping=mapping))
    [only] = results_by(sqlite_house, "survey").values()
    assert "efficiency" not in only.drivers
    assert only.drivers["ease"].counts == (0, 0, 1, 0, 0)


def test_touchpoints_brings_its_answers_and_leaves_hidden_taps_out(
    house: House, tmp_path: Path
) -> None:
    head = ("I trust it.", "Good?", "Bad?", "More", "Location Code", "Status", "Created At")
    rows = [
        [
            "5",
            "ease, Staff",
            "efficiency",
            "Thanks",
            "Code R",
            "received",
            "2024-02-29 12:00:00 UTC",
        ],
        ["3", "", "efficiency,other", "", "Code R", "received", "2024-03-01 12:00:00 UTC"],
    ]
    mapping = {
        "service": "permits",
        "channel": "site",
        "offices": {"Code R": "riverside"},
        "survey": {"instrument": "a11-v2-five-point"},
        "wording": {"en": {"trust": "I trust it.", "comment": "More"}},
        "columns": {
            "trust": "I trust it.",
            "taps_positive": "Good?",
            "taps_negative": "Bad?",
            "comment": "More",
        },
        "taps": {"Staff": "employee"},
    }
    body = sheet(rows, head=head)
    # What is mapped by name does not take the other codes away.
    checked = run_import(house, batch(tmp_path, body, "touchpoints", mapping))
    assert checked.hidden == 1
    [only] = results_by(house, "survey").values()
    assert only.trust.counts == (0, 0, 1, 0, 1)
    taps = {code: (driver.positive, driver.negative) for code, driver in only.drivers.items()}
    assert taps == {"ease": (1, 0), "employee": (1, 0), "efficiency": (0, 1), "other": (0, 1)}
    assert recount.differences(db.source(house.engine)) == []


def test_thumbs_come_back_as_thumbs(sqlite_house: House, tmp_path: Path) -> None:
    head = tuple(v2.HEADER)
    rows = [["a", "1", *"1000000", *"0000000", ""], ["b", "0", *"0000000", *"0100000", "Slow"]]
    mapping = {
        "service": "permits",
        "office": "riverside",
        "channel": "site",
        "quarter": "2024Q3",
        "survey": {"instrument": "a11-v2-thumbs"},
        "wording": {"en": {"trust": "I trust it.", "comment": "More"}},
    }
    run_import(sqlite_house, batch(tmp_path, sheet(rows, head=head), "v2", mapping))
    [only] = results_by(sqlite_house, "survey").values()
    assert (only.thumbs.counts, only.trust.n) == ((1, 1), 0)
    assert only.drivers["effectiveness"].positive == only.drivers["ease"].negative == 1
    assert recount.differences(db.source(sqlite_house.engine)) == []


def test_imported_answers_are_in_no_quarter_file(house: House, tmp_path: Path) -> None:
    quarter = fiscal.named(quarters.QUARTER)
    quarters.answer_all(house, 40)
    own = results_by(house, "quarter", flagged=WITHOUT_FLAGGED)[quarters.QUARTER].n
    old = [row(str(n), When="2026-10-05", Said="Said elsewhere") for n in range(7)]
    run_import(house, batch(tmp_path, sheet(old)))
    assert results_by(house, "quarter", flagged=WITHOUT_FLAGGED)[quarters.QUARTER].n == own + 7
    for form in ("v1", "wide"):
        assert quarters.write(house, form, tmp_path / form).answers == own
    with db.read(house.engine) as connection:
        shown = omb_review.read(connection, quarter)
    assert shown and "Said elsewhere" not in {comment.text for comment in shown}
    with db.read(house.engine) as connection:
        assert quarter_answers.total(connection, quarter, None) == 40


def test_results_equal_an_independent_count(house: House, tmp_path: Path) -> None:
    chance = random.Random(1)
    days = [(date(2021, 1, 1) + timedelta(chance.randrange(1500))).isoformat() for _ in range(25)]
    offices = {"Code R": "riverside", "Code L": "lakeside"}
    rows = [
        {
            "When": chance.choice(days),
            "Where": chance.choice(list(offices)),
            "Happy": str(chance.randint(1, 5)),
            "Trust": str(chance.randint(1, 5)),
            **{code: chance.choice(["", *"12345"]) for code in DRIVERS},
        }
        for _ in range(400)
    ]
    run_import(
        house, batch(tmp_path, sheet([row(str(n), **cells) for n, cells in enumerate(rows)]))
    )
    for group, key in (
        ("office", lambda cells: offices[cells["Where"]]),
        ("day", lambda cells: cells["When"]),
        ("month", lambda cells: cells["When"][:7]),
    ):
        results = results_by(house, group)
        assert {name: result.n for name, result in results.items()} == Counter(map(key, rows))
        for name, result in results.items():
            mine = [cells for cells in rows if key(cells) == name]
            assert _points(mine, "Trust") == result.trust.counts
            assert _points(mine, "Happy") == result.satisfaction.counts
            for code in DRIVERS:
                given = result.drivers[code].counts if code in result.drivers else (0,) * 5
                assert _points(mine, code) == given
    assert recount.differences(db.source(house.engine)) == []


def _points(rows: list[dict[str, str]], name: str) -> tuple[int, ...]:
    return tuple(sum(cells[name] == str(point) for cells in rows) for point in range(1, 6))

"""Results: 2,000 answers, counted three ways, agree to the last unit."""

import csv
import json
import random
from collections import Counter, defaultdict
from io import StringIO
from uuid import UUID

import pytest

from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, House

OFFICES = [f"office-{n:02}" for n in range(20)]
DRIVERS = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]


def answer_many(house: House, count: int) -> None:
    """Hand in `count` answers through the API, a hundred at a time."""
    more = "".join(
        f'[[service.permits.office]]\nslug = "{slug}"\nname = "Office {slug}"\n'
        'timezone = "America/Chicago"\n'
        for slug in OFFICES
    )
    house.apply(CATALOGUE + more)
    chance = random.Random(280)
    places = [
        house.mint("permits", slug, channel=channel)
        for slug in OFFICES
        for channel in ("site", "poster")
    ]
    with house.client() as client:
        for _ in range(count):
            taken = client.post("/api/v1/responses", json=_item(chance, places))
            assert taken.status_code == 201, taken.text


def _item(chance: random.Random, places: list) -> dict[str, object]:
    return {
        "link": chance.choice(places),
        "key": str(UUID(int=chance.getrandbits(128))),
        "language": chance.choice(["en", "es"]),
        "trust": chance.randint(1, 5),
        "satisfaction": chance.randint(1, 5),
        "drivers": chance.sample(DRIVERS, chance.randint(0, 3)),
        "comment": chance.choice(["", "", "=cmd|' /C calc'!A0", "Línea 1\nlínea 2", 'a;b,c"d']),
    }


def count_export(rows: list[dict[str, str]], by: str) -> dict[str, dict[str, object]]:
    """The independent count: plain Python over the exported rows."""
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    counted = {}
    for name, members in groups.items():
        trust = Counter(int(row["trust"]) for row in members)
        satisfaction = Counter(int(row["satisfaction"]) for row in members)
        positive = Counter(tap for row in members for tap in row["drivers_positive"].split(";"))
        negative = Counter(tap for row in members for tap in row["drivers_negative"].split(";"))
        counted[name] = {
            "n": len(members),
            "trust": [trust[point] for point in range(1, 6)],
            "satisfaction": [satisfaction[point] for point in range(1, 6)],
            "drivers": {
                code: (positive[code], negative[code])
                for code in DRIVERS
                if positive[code] or negative[code]
            },
        }
    return counted


def test_results_equal_an_independent_count_of_the_export(house):
    answer_many(house, 2000)
    rows = list(csv.DictReader(StringIO(cx(house, "export", "--format", "csv"))))
    assert len(rows) == 2000
    for by in ("office", "channel", "language", "service"):
        results = json.loads(cx(house, "results", "--by", by, "--json"))["rows"]
        assert {
            row[by]: {
                "n": row["n"],
                "trust": row["trust"]["counts"],
                "satisfaction": row["satisfaction"]["counts"],
                "drivers": {
                    code: (taps["positive"], taps["negative"])
                    for code, taps in row["drivers"].items()
                },
            }
            for row in results
        } == count_export(rows, by)
    drivers = json.loads(cx(house, "results", "--by", "driver", "--json"))["rows"]
    both = count_export(rows, "service")["permits"]["drivers"]
    assert {row["driver"]: (row["positive"], row["negative"]) for row in drivers} == both
    assert drivers and all(row["n"] == 2000 for row in drivers)
    assert json.loads(cx(house, "recount", "--check", "--json"))["agrees"] is True


def test_the_export_is_the_same_bytes_again_and_filters_by_office_and_day(sqlite_house, tmp_path):
    house = sqlite_house
    answer_many(house, 300)
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for file in (first, second):
        cx(house, "export", "--format", "csv", "-o", str(file))
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in tmp_path.glob(".*.part")] == []
    lines = cx(house, "export", "--format", "jsonl", "--office", OFFICES[3]).splitlines()
    assert {json.loads(line)["office"] for line in lines} == {OFFICES[3]}
    day = json.loads(lines[0])["day"]
    assert cx(house, "export", "--format", "jsonl", "--from", "2031-01-01") == ""
    same = cx(
        house, "export", "--format", "jsonl", "--office", OFFICES[3], "--from", day, "--to", day
    )
    assert same.splitlines() == lines


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_no_cell_begins_as_a_formula_and_no_word_is_lost(sqlite_house, kind):
    house = sqlite_house
    typed = ["=1+1", "+1", "-1", "@x", "  =1", "＝1", 'say "hi"', "a,b;c", "uno\ndos", "plain"]
    with house.client() as client:
        for words in typed:
            body = {"link": house.mint(), "trust": 4, "satisfaction": 4, "comment": words}
            assert client.post("/api/v1/responses", json=body).status_code == 201
    text = cx(house, "export", "--format", kind)
    if kind == "jsonl":
        assert sorted(json.loads(line)["comment"] for line in text.splitlines()) == sorted(typed)
        return
    comments = [row["comment"] for row in csv.DictReader(StringIO(text, newline=""))]
    dangerous = {"=1+1", "+1", "-1", "@x", "  =1", "＝1"}
    wanted = ["'" + words if words in dangerous else words for words in typed]
    assert sorted(comments) == sorted(wanted)


def test_flagged_answers_can_be_left_out(sqlite_house):
    from tests.support.house import answer

    house = sqlite_house
    with house.client() as client:
        answer(client, house.mint())  # at once: faster than anybody reads
        link = house.mint()
        page = client.get(link).text
        from tests.support.house import stamp_of

        house.clock.forward(seconds=20)
        sent = {"stamp": stamp_of(page), "trust": "1", "satisfaction": "1"}
        assert client.post(link, data=sent).status_code == 303
    every = json.loads(cx(house, "results", "--json"))["rows"][0]
    sure = json.loads(cx(house, "results", "--json", "--without-flagged"))["rows"][0]
    assert (every["n"], sure["n"]) == (2, 1)
    assert sure["trust"]["counts"] == [1, 0, 0, 0, 0]


def test_likert_drivers_and_extra_questions_are_counted(house):
    with house.client() as client:
        body = {
            "link": house.mint("hearings"),
            "trust": 4,
            "satisfaction": 5,
            "drivers": {"ease": 2, "employee": 5},
            "questions": {"purpose": "appeal"},
        }
        assert client.post("/api/v1/responses", json=body).status_code == 201
    (row,) = json.loads(cx(house, "results", "--json"))["rows"]
    assert row["drivers"]["ease"]["counts"] == [0, 1, 0, 0, 0]
    assert row["drivers"]["employee"]["counts"] == [0, 0, 0, 0, 1]
    (exported,) = csv.DictReader(StringIO(cx(house, "export")))
    assert exported["driver_scores"] == "ease=2;employee=5"
    assert exported["questions"] == "purpose=appeal"
    assert "agree" in cx(house, "recount", "--check")

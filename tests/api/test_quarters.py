"""GET /api/v1/quarters/…: what is filed, for everybody or for nobody, and never a small group."""

import json

import pytest

from cxserver.quarter import fiscal
from tests.support import api_reader, quarter_answers
from tests.support.house import CATALOGUE

ADDRESS = f"/api/v1/quarters/{quarter_answers.QUARTER}"
OPEN = CATALOGUE.replace(
    'slug = "everyday"', 'slug = "everyday"\npublish = { omb_contact = "Letter of 2 October" }'
)
# By service and channel. 8 are too few, and 12 beside them would give them away.
ANSWERS = {"email": 12, "sms": 8, "web": 40}


def filled(house, catalogue=OPEN, answers=ANSWERS):
    house.apply(catalogue)
    words = {"satisfaction": 5, "drivers": ["ease"], "comment": "A secret."}
    items = [
        {"link": house.mint(channel=channel), "trust": 1 + at % 5, **words}
        for channel, n in answers.items()
        for at in range(n)
    ]
    quarter_answers.send(house, items)
    house.clock.now = quarter_answers.AFTER


def test_it_tells_the_rows_of_the_files(house, tmp_path):
    filled(house)
    quarter_answers.write(house, "v2", tmp_path / "out")
    wanted = {
        filing_set["channel"]: filing_set["counts"]
        for filing_set in quarter_answers.manifest(tmp_path / "out")["sets"]
    }
    with house.client() as client:
        quarter = client.get(ADDRESS).json()
    assert (quarter["omb_contact"], quarter["format"]) == ("Letter of 2 October", "v2")
    assert quarter["last_day"] == fiscal.last_day(fiscal.named(quarter_answers.QUARTER)).isoformat()
    shown = {row["channel"]: row for row in quarter["rows"] if not row["hidden"]}
    assert "web" in shown
    for channel, row in shown.items():
        assert row["n"] == wanted[channel]["answers"]
        assert list(row["trust"].values()) == wanted[channel]["trust"]
        assert row["drivers"]["ease"]["positive"] == wanted[channel]["drivers"]["ease"]["positive"]
    assert "secret" not in json.dumps(quarter)


def test_fewer_than_eleven_are_hidden_and_so_is_what_would_give_them_away(sqlite_house):
    filled(sqlite_house)
    with sqlite_house.client() as client:
        rows = {row["channel"]: row for row in client.get(ADDRESS).json()["rows"]}
    assert {channel for channel, row in rows.items() if row["hidden"]} == {"email", "sms"}
    for name in ("n", "trust", "satisfaction", "drivers"):
        assert rows["sms"][name] is rows["email"][name] is None
    assert rows["web"]["n"] == 40


def test_it_is_closed_unless_the_catalogue_opens_it(sqlite_house):
    house = sqlite_house
    filled(house, CATALOGUE)
    whole, part = api_reader.new_key(house), api_reader.new_key(house, "permits")
    wrong = whole[:-1] + ("1" if whole.endswith("0") else "0")
    with house.client() as client:
        assert client.get(ADDRESS).status_code == 404
        assert client.get(ADDRESS, headers=api_reader.bearer(part)).status_code == 404
        assert client.get(ADDRESS, headers=api_reader.bearer(wrong)).status_code == 401
        response = client.get(ADDRESS, headers=api_reader.bearer(whole))
        assert response.status_code == 200 and response.json()["omb_contact"] is None
        assert client.get(f"{ADDRESS}?key={whole}").status_code == 400


@pytest.mark.parametrize("name", ["2027Q2", "2027Q5", "2027", "x", "2027Q1%20"])
def test_a_quarter_that_runs_or_is_none_is_not_found(sqlite_house, name):
    filled(sqlite_house)
    with sqlite_house.client() as client:
        assert client.get(f"/api/v1/quarters/{name}").status_code == 404
        assert client.get(f"{ADDRESS}?format=v3").status_code == 422
        assert client.get(f"{ADDRESS}?format=v1&format=v1").status_code == 422

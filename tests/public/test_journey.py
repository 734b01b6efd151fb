"""The tour: from a minted link to a counted answer, as an agency, a person and a manager see it."""

import json

from cxserver import db
from cxserver.intake import recount
from tests.support.cx_process import cx
from tests.support.house import answer


def test_a_minted_link_becomes_a_counted_answer(house):
    with house.client() as client:
        link = house.mint("permits", "riverside")
        page = client.get(link)
        assert page.status_code == 200 and "Riverside Office" in page.text
        sent = answer(
            client, link, drivers=["ease", "employee"], comment="Thank you, Ana", trust="5"
        )
        assert sent.status_code == 303
        assert sent.headers["location"] == "/s/permits/riverside/thanks?lang=en"
        thanks = client.get(sent.headers["location"])
        assert thanks.status_code == 200 and "Thank you" in thanks.text
        assert "permit" not in thanks.text.lower()
    results = json.loads(cx(house, "results", "--by", "office", "--json"))
    assert results["rows"] == [
        {
            "office": "riverside",
            "n": 1,
            "trust": results["rows"][0]["trust"],
            "satisfaction": results["rows"][0]["satisfaction"],
            "drivers": {
                "ease": {"positive": 1, "negative": 0},
                "employee": {"positive": 1, "negative": 0},
            },
        }
    ]
    assert results["rows"][0]["trust"]["counts"] == [0, 0, 0, 0, 1]
    row = json.loads(cx(house, "export", "--format", "jsonl"))
    assert row["comment"] == "Thank you, Ana" and row["day"] == "2026-11-04"
    assert "agree" in cx(house, "recount", "--check")


def test_the_form_and_the_json_door_end_in_the_same_row(house):
    with house.client() as client:
        by_form = house.mint()
        answer(client, by_form, trust="2", satisfaction="3", drivers=["ease"], comment="Slow")
        by_json = client.post(
            "/api/v1/responses",
            json={
                "link": house.mint(),
                "trust": 2,
                "satisfaction": 3,
                "drivers": ["ease"],
                "comment": "Slow",
            },
        )
        assert by_json.status_code == 201
    first, second = house.responses()
    for row in (first, second):
        del row["id"], row["flags"]
    assert first == second
    assert recount.differences(db.source(house.engine)) == []

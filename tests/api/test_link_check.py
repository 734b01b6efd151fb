"""POST /api/v1/links/check: who holds no key learns nothing, and one service hears of itself."""

import json
from datetime import timedelta

import pytest

from cxsdk import Key, question
from tests.support.house import NOW

CHECK = "/api/v1/links/check"


def ask(client, key, offices, at=NOW, **replaced):
    return client.post(CHECK, json={"signed": question.sign(key, offices, at)} | replaced)


def test_the_answer_says_what_a_link_of_each_office_meets(street, client):
    reply = ask(client, street.keys["permits"], ["riverside", "lakesid", "center", "x"])
    assert reply.status_code == 200
    assert reply.json() == {
        "now": "2026-11-04T15:20:00Z",
        "base_url": "http://127.0.0.1:8000",
        "offices": [
            {"office": "riverside", "code": "ok", "nearest": []},
            {"office": "lakesid", "code": "unknown_office", "nearest": ["lakeside"]},
            # An office of another service is nobody's business here.
            {"office": "center", "code": "unknown_office", "nearest": []},
            {"office": "x", "code": "unknown_office", "nearest": []},
        ],
    }


def test_to_strangers_all_that_is_unknown_looks_the_same(street, client):
    genuine = street.keys["permits"]
    strangers = [
        Key("permits", 1, bytes(32)),
        Key("permits", 9, genuine.secret),
        Key("calls", 1, genuine.secret),
        Key("nothing", 1, genuine.secret),
        Key("permits", 1, genuine.secret, "riverside"),
    ]
    replies = [ask(client, key, ["riverside"]) for key in strangers]
    signed = question.sign(genuine, ["riverside"], NOW)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    spoilt = (
        *(signed[:-1] + letter for letter in letters if letter != signed[-1]),
        signed.replace("riverside", "lakeside"),
        signed.replace("1,null", "1,true"),
        "",
        ".",
        "[]." + signed.rpartition(".")[2],
        "[" * 20_000,
        json.dumps(["permits", 1, None, 10**400, []]) + ".x",
    )
    for text in spoilt:
        body = json.dumps({"signed": text})
        replies.append(client.post(CHECK, content=body, headers={"content-type": JSON}))
    assert {reply.status_code for reply in replies} == {401}
    assert len({reply.text for reply in replies}) == 1
    assert replies[0].json()["code"] == "key_unknown"
    assert "www-authenticate" in replies[0].headers


JSON = "application/json"


@pytest.mark.parametrize("minutes", [-16, 16, 60 * 24])
def test_an_old_question_is_not_answered_again(street, client, minutes):
    reply = ask(client, street.keys["permits"], ["riverside"], NOW + timedelta(minutes=minutes))
    assert reply.status_code == 200 and reply.json()["offices"] == []


@pytest.mark.parametrize(
    "body", [{}, {"signed": 7}, {"signed": "x", "more": 1}, {"signed": "x" * 60_001}, []]
)
def test_what_is_no_question_is_refused(client, body):
    reply = client.post(CHECK, json=body)
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


def test_it_is_bounded(client):
    long = client.post(CHECK, content="x" * 70_000, headers={"content-type": JSON})
    assert long.status_code == 413
    assert client.get(CHECK).status_code == 405


def test_a_thousand_names_that_are_wrong_are_compared_a_few_times_only(street, client):
    offices = [f"lakesid{n}" for n in range(1000)]
    results = ask(client, street.keys["permits"], offices).json()["offices"]
    assert len(results) == 1000
    assert [bool(result["nearest"]) for result in results] == [True] * 20 + [False] * 980

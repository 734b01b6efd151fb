"""Keys for programs: shown once, kept as a hash, ended by a day, told what they may not."""

import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import api_keys
from cxserver.errors import ApiKeyRefused, NotFound
from tests.support.api_reader import bearer, new_key
from tests.support.cli_runner import invoke
from tests.support.cx_process import cx

TODAY = date(2026, 11, 4)
TEXT = re.compile(r"cxa1_[A-Za-z0-9_-]{43}_[0-9a-f]{6}")


def find(house, text, today=TODAY):
    with db.read(house.engine) as connection:
        return api_keys.find(connection, text, today)


def refusal(house, text, today=TODAY):
    with pytest.raises(ApiKeyRefused) as refused:
        find(house, text, today)
    return str(refused.value)


def test_a_key_is_found_by_its_text_and_the_text_is_kept_nowhere(house):
    text = new_key(house, "permits", "riverside", comments=True)
    rows = new_key(house, rows=True)
    assert TEXT.fullmatch(text)
    key = find(house, text)
    assert (key.service, key.office, key.comments) == ("permits", "riverside", True)
    assert (key.rows, find(house, rows).rows, find(house, rows).comments) == (False, True, False)
    with db.read(house.engine) as connection:
        stored = repr(connection.execute(select(tables.api_keys)).all()) + repr(key)
    assert text[5:48] not in stored and "key_hash" not in repr(key)


def test_a_key_ends_after_its_last_day_and_when_it_is_withdrawn(house):
    text = new_key(house, expires=TODAY)
    assert find(house, text).state(TODAY) == "live"
    assert "ended on 2026-11-04" in refusal(house, text, TODAY + timedelta(days=1))
    with db.write(house.engine) as connection:
        api_keys.revoke(connection, find(house, text).id, TODAY)
    assert "revoked on 2026-11-04" in refusal(house, text)


def test_a_key_that_was_cut_off_says_so_and_what_is_no_key_too(house):
    text = new_key(house)
    for spoilt in (text[:-1], text[:30], text[:10] + "A" + text[11:], text + "0"):
        if spoilt != text:
            assert "cut off or changed" in refusal(house, spoilt), spoilt
    for foreign in ("", "x", "cxk1_svc_permits_1", "é", " " * 5000):
        assert "is none" in refusal(house, foreign)
    with db.write(house.engine) as connection:
        connection.execute(tables.api_keys.delete())
    assert "know this key" in refusal(house, text)


def test_a_key_cannot_be_of_what_is_not_in_the_catalogue(house):
    for service, office in (("nothing", None), (None, "nowhere"), ("permits", "nowhere")):
        with pytest.raises(NotFound):
            new_key(house, service, office)


def test_the_last_day_of_use_is_noted_once_a_day(house):
    text = new_key(house)

    def used():
        return find(house, text).used

    assert used() is None
    with house.client() as client:
        client.get("/api/v1/results", headers=bearer(text))
        assert used() == TODAY
        with db.write(house.engine) as connection:  # a clock that went back writes nothing
            api_keys.touch(connection, find(house, text), TODAY - timedelta(days=1))
        assert used() == TODAY
        house.clock.forward(days=1)
        client.head("/api/v1/results", headers=bearer(text))
        assert used() == TODAY + timedelta(days=1)


def test_the_commands_issue_list_and_withdraw_a_key_and_the_log_tells(sqlite_house):
    house = sqlite_house
    words = ("Our dashboard", "--service", "permits", "--comments", "--rows")
    text = cx(house, "api-key", "issue", *words)
    assert TEXT.fullmatch(text.removesuffix("\n"))
    [listed] = json.loads(cx(house, "api-key", "list", "--json"))
    issued = date.fromisoformat(listed["issued"])
    assert date.fromisoformat(listed["expires"]) == issued + timedelta(days=90)
    assert (listed["state"], listed["service"]) == ("live", "permits")
    assert listed["comments"] is listed["rows"] is True
    shown = cx(house, "api-key", "list")
    assert "Our dashboard" in shown and listed["id"] in shown and text.strip() not in shown
    assert "revoked" in cx(house, "api-key", "revoke", listed["id"])
    [listed] = json.loads(cx(house, "api-key", "list", "--json"))
    assert listed["state"] == "revoked"
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what, tables.audit.c.about)).all()
    assert [line.what for line in lines] == ["issue key", "withdraw key"]
    assert "service permits with rows and comments" in lines[0].about and text.strip() not in str(
        lines
    )
    assert "is complete: 2 lines" in cx(house, "audit", "verify")


def test_a_key_that_makes_links_says_so(sqlite_house):
    words = ("Permit system", "--service", "permits", "--office", "riverside", "--links")
    assert TEXT.fullmatch(cx(sqlite_house, "api-key", "issue", *words).removesuffix("\n"))
    [listed] = json.loads(cx(sqlite_house, "api-key", "list", "--json"))
    assert (listed["links"], listed["rows"], listed["comments"]) == (True, False, False)
    may = "makes links for service permits, office riverside and below"
    assert may in cx(sqlite_house, "api-key", "list")
    with db.read(sqlite_house.engine) as connection:
        assert may in str(connection.execute(select(tables.audit.c.about)).scalar())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("issue", "x", "--service", "nothing"), "no service 'nothing'"),
        (("issue", "x", "--office", "nowhere"), "no office 'nowhere'"),
        (("issue", "x", "--days", "401"), "than or equal to 400"),
        (("issue", "x", "--days", "0"), "than or equal to 1"),
        (("issue", " "), "use 1 to 200 characters"),
        (("issue", "x", "--links"), "name a --service or an --office"),
        (("issue", "x", "--links", "--rows", "--service", "permits"), "reads nothing"),
        (("issue", "a\nb"), "use 1 to 200 characters"),
        (("revoke", "0123"), "no API key '0123'"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(sqlite_house, words, sentence):
    _, output = invoke(sqlite_house, "api-key", *words, fails=True)
    assert sentence in output and "Traceback" not in output

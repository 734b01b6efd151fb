"""The agency's own patterns apply to every word that a person types, however it comes."""

from sqlalchemy import select

from cxserver import db, tables
from cxserver.comments import replies
from cxserver.response_id import ResponseId
from tests.support.comment_factory import ASKING
from tests.support.house import CATALOGUE, answer
from tests.support.import_files import batch, row, run_import, sheet

# Of the house's own pattern, which goes before those that every agency has.
NUMBER = "A12345678"
QUESTION = """
[[service.permits.survey.question]]
code = "idea"
text = { en = "What would help?", es = "¿Qué ayudaría?" }
category = "none"
reason = "Offices plan by it."

[[service.permits.office]]
slug = "riverside"
"""
TYPING = ASKING.replace('[[service.permits.office]]\nslug = "riverside"\n', QUESTION, 1)
KEY = "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11"


def everything_stored(house):
    """Each row of each table, as text."""
    with db.read(house.engine) as connection:
        return [
            f"{table.name}: {stored}"
            for table in tables.metadata.sorted_tables
            for stored in connection.execute(select(table))
        ]


def words_of(house):
    """What is stored of people's words: comments, then their typed answers."""
    [response] = house.responses()
    return response["comment"], response["questions"]


def holds_number(house):
    """Where the number is stored, but for the catalog and its pattern."""
    return [text for text in everything_stored(house) if NUMBER.lower() in text.lower()]


def test_a_form_masks_the_comment_and_the_typed_question(sqlite_house):
    sqlite_house.apply(TYPING)
    with sqlite_house.client() as client:
        typed = {"comment": f"I am {NUMBER}.", "question-idea": f"Find {NUMBER.lower()} sooner."}
        assert answer(client, sqlite_house.mint(), **typed).status_code == 303
    assert words_of(sqlite_house) == ("I am [number].", {"idea": "Find [number] sooner."})
    assert holds_number(sqlite_house) == []


def test_json_masks_the_comment_and_the_typed_question(sqlite_house):
    sqlite_house.apply(TYPING)
    for more in ({"link": sqlite_house.mint()}, {"link": kiosk(sqlite_house), "key": KEY}):
        item = {"trust": 4, "satisfaction": 4, "comment": NUMBER, "questions": {"idea": NUMBER}}
        with sqlite_house.client() as client:
            assert client.post("/api/v1/responses", json=item | more).status_code == 201
    stored = [(each["comment"], each["questions"]) for each in sqlite_house.responses()]
    assert stored == [("[number]", {"idea": "[number]"})] * 2
    assert holds_number(sqlite_house) == []


def kiosk(house):
    return house.mint(channel="kiosk")


def test_an_import_masks_the_comment(sqlite_house, tmp_path):
    rows = [row("1", Said=f"I am {NUMBER}, call 555-867-5309")]
    run_import(sqlite_house, batch(tmp_path, sheet(rows)))
    assert words_of(sqlite_house)[0] == "I am [number], call [phone]"
    assert holds_number(sqlite_house) == []


def test_a_reply_that_quotes_the_person_is_masked(sqlite_house):
    sqlite_house.apply(
        CATALOGUE.replace("designated = true\n", "designated = true\nreplies = true\n")
    )
    with sqlite_house.client() as client:
        answer(client, sqlite_house.mint(), comment="Where is it?")
    [response] = sqlite_house.responses()
    name = ResponseId(response["service"], response["day"], response["id"])
    with db.write(sqlite_house.engine) as connection:
        today = sqlite_house.clock().date()
        posted = replies.of(connection, name, today)
        assert posted is not None
        replies.post(connection, name, f"Yours, {NUMBER}, is ready.", today, posted.version)
        replied = replies.of(connection, name, today)
    assert replied is not None and replied.text == "Yours, [number], is ready."
    assert holds_number(sqlite_house) == []

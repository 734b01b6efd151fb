"""The code that a reply is read under: made with the answer, and shown once."""

import hashlib
import secrets
import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.comments import replies
from cxserver.public import reply_link
from tests.comments.test_replies import CODE, REPLYING, SAID, code_on, named, replying, rows
from tests.support.house import answer, forbid, stamp_of
from tests.support.matches import first_match

# ---- the code itself


def test_codes_are_eighty_bits_and_each_another():
    codes = {replies.spelled(secrets.token_bytes(10)) for _ in range(1000)}
    assert len(codes) == 1000 and all(CODE.fullmatch(code) for code in codes)
    assert replies.spelled(b"\0" * 10) == "0000-0000-0000-0000"
    assert replies.spelled(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert set("".join(codes)) == {*replies.ALPHABET, "-"}


@pytest.mark.parametrize(
    "text",
    ["01ab-cdef-ghjk-mnpq", " 0LAB cdef GHJK mnpq", "oIabcdefghjkmnpq", "O1AB–CDEF—GHJK‐MNPQ"],
)
def test_a_code_is_read_however_it_is_typed(text):
    assert replies.canonical(text) == "01AB-CDEF-GHJK-MNPQ"
    assert replies.hash_of(text) == hashlib.sha256(b"01AB-CDEF-GHJK-MNPQ").digest()


@pytest.mark.parametrize(
    "text", ["", "01AB", "01AB-CDEF-GHJK-MNPU", "01AB-CDEF-GHJK-MNPQR", "é" * 16]
)
def test_what_cannot_be_a_code_is_none(text):
    assert replies.canonical(text) is None


def test_a_sealed_code_tells_nothing_and_opens_for_a_day(house):
    now, secret = house.clock(), b"s" * 32
    code = "01AB-CDEF-GHJK-MNPQ"
    sealed = reply_link.seal(secret, code, now)
    assert len(sealed) == reply_link.LENGTH
    assert code not in sealed and code.replace("-", "") not in sealed
    assert reply_link.unseal(secret, sealed, now + timedelta(hours=23)) == code
    assert reply_link.unseal(secret, sealed, now + timedelta(hours=25)) == ""
    assert reply_link.unseal(b"t" * 32, sealed, now) == ""
    # The last letter and the = after it say nothing: base64 leaves bits of them unused.
    for at in range(len(sealed) - 2):
        other = "A" if sealed[at] != "A" else "B"
        assert reply_link.unseal(secret, sealed[:at] + other + sealed[at + 1 :], now) == ""
    for odd in ("", "shown", "é" * 120, "=" * 120, sealed + "A", " " * 120):
        assert reply_link.unseal(secret, odd, now) == ""


# ---- the thanks page


def test_words_are_thanked_with_a_code_of_which_the_hash_alone_is_kept(house):
    with replying(house).client() as client:
        sent = answer(client, house.mint(), comment=SAID)
        code = code_on(client, sent)
        assert code
        address = sent.headers["location"]
        assert code not in address and code.replace("-", "") not in address
        page = client.get(address).text
        assert "http://127.0.0.1:8000/r/" + code in page and "127.0.0.1:8000/r for 60 days" in page
        assert "This form can" not in page
    [row], [response] = rows(house), house.responses()
    assert bytes(row.code_hash) == hashlib.sha256(code.encode()).digest()
    assert (row.service, row.day, row.response) == named(response)
    assert (row.until, row.text, row.replied) == (row.day + timedelta(days=60), "", None)
    with db.read(house.engine) as connection:
        for table in tables.metadata.sorted_tables:
            assert code not in repr(connection.execute(select(table)).all())


def test_without_words_without_the_option_and_from_a_kiosk_there_is_no_code(house):
    with replying(house).client() as client:
        assert code_on(client, answer(client, house.mint())) is None
        assert code_on(client, answer(client, house.mint(), comment=" \x00 ")) is None
        other = answer(client, house.mint("calls", "center", channel="phone"), comment=SAID)
        assert code_on(client, other) is None
        for channel in ("kiosk", "email"):
            item = {"link": house.mint(channel=channel), "trust": 4, "satisfaction": 4}
            key = {"key": "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11"}
            assert (
                client.post("/api/v1/responses", json=item | key | {"comment": SAID}).status_code
                == 201
            )
    assert rows(house) == []


def test_a_place_and_a_free_text_question_get_a_code_too(house):
    question = (
        '\n[[service.permits.survey.question]]\ncode = "idea"\n'
        'text = { en = "What would help?", es = "¿Qué ayudaría?" }\n'
        'category = "none"\nreason = "Offices plan by it."\n'
    )
    comment_line = "comment = true\n"
    house.apply(REPLYING.replace(comment_line, comment_line + question, 1))
    with house.client() as client:
        for link in (house.mint(), house.mint(channel="poster"), house.mint(channel="site")):
            sent = answer(client, link, **{"question-idea": "More chairs."})
            assert code_on(client, sent)
    assert len({bytes(row.code_hash) for row in rows(house)}) == 3


def test_the_same_page_sent_again_shows_the_same_code(house):
    """A double click, a refresh, a retry after "we could not confirm"."""
    with replying(house).client() as client:
        for link in (house.mint(), house.mint(channel="poster")):
            form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
            codes = set()
            for _ in range(3):
                codes.add(code_on(client, client.post(link, data=form | {"comment": SAID})))
            assert len(codes) == 1 and None not in codes
    assert len(rows(house)) == 2


def test_pressed_twice_at_once_both_pages_show_the_one_code(house):
    with replying(house).client() as client:
        link = house.mint()
        form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
        sent = []
        presses = [
            threading.Thread(
                target=lambda: sent.append(client.post(link, data=form | {"comment": SAID}))
            )
            for _ in range(4)
        ]
        for press in presses:
            press.start()
        for press in presses:
            press.join()
        codes = {code_on(client, response) for response in sent}
    assert len(codes) == 1 and None not in codes and len(rows(house)) == 1


def test_the_same_answer_from_another_page_says_that_a_code_is_shown_once(house):
    with replying(house).client() as client:
        link = house.mint()
        assert code_on(client, answer(client, link, comment=SAID))
        form = {"stamp": stamp_of(client.get(house.mint()).text)}
        again = client.get(link)  # the link is used: no second page with a stamp of its own
        assert "We already have your answer" in again.text and form
        other = house.mint(ref="case-7", done_at=house.clock())
        twin = house.mint(ref="case-7", done_at=house.clock())
        assert other == twin
        stamps = [stamp_of(client.get(other).text) for _ in range(2)]
        answers = {"trust": "4", "satisfaction": "5", "comment": SAID}
        first, second = (client.post(other, data=answers | {"stamp": stamp}) for stamp in stamps)
        assert code_on(client, first) and code_on(client, second) is None
        page = client.get(second.headers["location"]).text
        assert "it was shown after you sent your answer the first time" in page


def test_other_answers_and_refused_posts_make_no_code(house):
    with replying(house).client() as client:
        link = house.mint()
        form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
        assert client.post(link, data=form | {"trust": "9", "comment": SAID}).status_code == 422
        assert rows(house) == []
        assert client.post(link, data=form | {"comment": SAID}).status_code == 303
        assert client.post(link, data=form | {"comment": "Something else"}).status_code == 409
    assert len(rows(house)) == 1


def test_the_code_stays_when_the_page_changes_its_language(house):
    with replying(house).client() as client:
        sent = answer(client, house.mint(), comment=SAID)
        page = client.get(sent.headers["location"]).text
        other = first_match(r'href="(\?lang=es[^"]*)"', page)[1].replace("&amp;", "&")
        spanish = client.get(urlsplit(sent.headers["location"]).path + other).text
        assert "Guarde este código" in spanish
        assert CODE.findall(spanish) == CODE.findall(page) != []


def test_a_thanks_page_of_yesterday_no_longer_shows_the_code(house):
    with replying(house).client() as client:
        sent = answer(client, house.mint(), comment=SAID)
        house.clock.forward(hours=25)
        page = client.get(sent.headers["location"]).text
        assert not CODE.search(page) and "cannot show it again" in page


def test_a_reply_row_that_is_refused_does_not_cost_the_answer(house):
    replying(house)
    forbid(house, "replies")
    with house.client() as client:
        assert code_on(client, answer(client, house.mint(), comment=SAID)) is None
    assert house.count() == 1 and rows(house) == []

"""When the fault is ours: no words are lost, and none are told."""

import threading
import time
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.routing import Route

from cxserver import db
from cxserver.api import endpoints
from tests.api.test_bad_input import faults_of
from tests.public.test_bad_answers import GOOD, TYPED, send, shows_words, until
from tests.support.house import stamp_of
from tests.support.shared_house import shared_house

# ---- the database fails


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_full_queue_says_so_keeps_the_words_and_loses_nothing(request, engine):
    with shared_house(request, engine, queue_size=1) as house, house.client() as client:
        _fill_the_queue(house, client)


def _fill_the_queue(house, client):
    links = [house.mint() for _ in range(8)]
    stamps = {link: stamp_of(client.get(link).text) for link in links}
    pages = {}

    def person(link):
        pages[link] = send(client, link, urlencode(GOOD), stamps[link])

    people = [threading.Thread(target=person, args=(link,)) for link in links]
    with db.write(house.engine) as connection:
        if house.engine.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE responses IN EXCLUSIVE MODE"))
        for thread in people:
            thread.start()
            time.sleep(0.05)
        until(lambda: len(pages) >= len(links) - 4)
    for thread in people:
        thread.join()
    refused = [link for link in links if pages[link].status_code == 503]
    # On a busy machine whoever waits in the queue may have waited too long, as well.
    assert refused and {page.status_code for page in pages.values()} <= {303, 503}
    for link in refused:
        page = pages[link]
        assert shows_words(page) and page.headers["retry-after"] == "5"
        assert "could not confirm" in page.text and "not saved" not in page.text
        assert stamp_of(page.text) == stamps[link]
        assert send(client, link, urlencode(GOOD), stamps[link]).status_code == 303
    assert house.count() == len(links)


def test_a_database_that_fails_is_a_page_and_not_a_trace(house, capfd):
    with house.client() as client:
        link = house.mint()
        stamp_text = stamp_of(client.get(link).text)
        with db.write(house.engine) as connection:
            connection.execute(text("ALTER TABLE use_keys RENAME TO gone"))
        page = client.get(link)
        assert page.status_code == 503 and page.headers["retry-after"] == "5"
        assert "Your link stays the same" in page.text
        assert page.headers["x-content-type-options"] == "nosniff"
        answered = send(client, link, urlencode(GOOD), stamp_text)
        assert answered.status_code in (422, 503) and shows_words(answered)
        assert client.get("/healthz").status_code == 200
        with db.write(house.engine) as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO use_keys"))
        assert send(client, link, urlencode(GOOD), stamp_text).status_code == 303
    printed = "".join(capfd.readouterr())
    assert "database_failed" in printed and "Traceback" not in printed
    for secret in (TYPED, link.rpartition("/")[2], "key_hash", "SELECT"):
        assert secret not in printed


# ---- the code fails


def test_our_own_fault_is_said_plainly_and_its_words_go_nowhere(sqlite_house, monkeypatch, capfd):
    words = "the typed words of somebody"

    async def fails(request):
        raise ValueError(words)

    async def refuses(request):
        raise HTTPException(418, words)

    below_api = [Route("/fails", fails), Route("/refuses", refuses)]
    monkeypatch.setattr(endpoints, "routes", lambda: below_api)
    with sqlite_house.client(more_routes=[Route("/fails", fails)]) as client:
        page, document = client.get("/fails"), client.get("/api/fails")
        assert page.status_code == document.status_code == 500
        assert "wrong on our side" in page.text and "<h1>" in page.text
        assert faults_of(document) == set()
        assert client.get("/api/refuses").status_code == 418
        for response in (page, document):
            assert words not in response.text
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-content-type-options"] == "nosniff"
        assert client.get("/healthz").status_code == 200
    printed = "".join(capfd.readouterr())
    assert words not in printed and "Traceback" not in printed
    assert "test_our_faults.py" in printed  # where it failed is told, without its words

"""The line between people and the server: replies are lost, requests cut, all come at once."""

import json
import socket
import struct
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from tests.faults import proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.support.house import stamp_of
from tests.support.http_server import PATIENCE


def hang_up_after(site: Site, sent: bytes, seconds: float = 0.0) -> None:
    """Send this, wait a little, and reset the line without having read anything."""
    with socket.create_connection(("127.0.0.1", site.node.port), timeout=PATIENCE) as line:
        line.sendall(sent)
        time.sleep(seconds)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def request(site: Site, path: str, media: str, body: bytes) -> bytes:
    """A POST, as bytes."""
    lines = (f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{site.node.port}", f"Content-Type: {media}")
    head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", ""))
    return head.encode() + body


def as_form(site: Site, crowd: Crowd, word: str) -> bytes:
    """The survey's own form, filled in. Its last field is the text: a cut would shorten it."""
    link = crowd.attempted[word]
    stamp = stamp_of(httpx2.get(link).text)
    fields = {"stamp": stamp, "trust": 4, "satisfaction": 4, "comment": word}
    kind = "application/x-www-form-urlencoded"
    return request(site, urlsplit(link).path, kind, urlencode(fields).encode())


def as_json(site: Site, crowd: Crowd, word: str) -> bytes:
    """The same for programs."""
    fields = {"link": crowd.attempted[word], "trust": 4, "satisfaction": 4, "comment": word}
    body = json.dumps(fields).encode()
    return request(site, "/api/v1/responses", "application/json", body)


def lose_replies(site: Site, people: int) -> proof.Result:
    """So many people's answers arrive, and no reply comes back. They try again."""
    crowd = site.crowd(0)
    for at in range(people):
        word = crowd.invite()
        sent = (as_form if at % 2 else as_json)(site, crowd, word)
        hang_up_after(site, sent, 0.05)
    wait_for_rows(crowd, people)
    result = proof.conclude("F9", crowd)
    doubles = proof.doubled_without_keys(crowd)
    assert doubles == people
    return proof.noted(result, f"use-once keys deleted: {doubles} retries counted twice")


def wait_for_rows(crowd: Crowd, rows: int) -> None:
    """Return when so many answers are stored."""
    ends = time.monotonic() + PATIENCE
    while proof.stored(crowd).total() < rows:
        assert time.monotonic() < ends, "what arrived whole is not stored"
        time.sleep(0.05)


def test_a_lost_reply_makes_no_second_answer(sqlite_site: Site) -> None:
    lose_replies(sqlite_site, 6)


@pytest.mark.slow
def test_lost_replies_make_no_second_answers(standing: Site) -> None:
    lose_replies(standing, 60).save()


@pytest.mark.slow
def test_a_request_cut_at_any_byte_is_a_whole_answer_or_none(standing: Site) -> None:
    crowd = standing.crowd(0)
    for write in (as_form, as_json):
        length = len(write(standing, crowd, crowd.invite()))
        for offset in range(length + 1):
            sent = write(standing, crowd, crowd.invite())
            hang_up_after(standing, sent[:offset], 0.2 if offset == length else 0)
    wait_for_rows(crowd, 2)
    result = proof.conclude("F10", crowd)
    proof.noted(result, parts_of_an_answer(standing, crowd)).save()


def parts_of_an_answer(site: Site, crowd: Crowd) -> str:
    """The control: cut requests that say that they are whole. Parts of what was written arrive,
    and the check that nobody gave such an answer sees them.
    """
    known = set(proof.stored(crowd))
    for left_out in range(1, 13):
        whole = as_form(site, crowd, crowd.invite())
        head, _, body = whole.partition(b"\r\n\r\n")
        length = f"Content-Length: {len(body)}".encode()
        less = head.replace(length, f"Content-Length: {len(body) - left_out}".encode())
        hang_up_after(site, less + b"\r\n\r\n" + body[:-left_out], 0.2)
    parts = set(proof.stored(crowd)) - known - set(crowd.attempted)
    assert parts, "a check that sees no part of an answer would prove nothing"
    return f"cut requests that claim to be whole: {len(parts)} parts of answers stored, all noticed"


# ---- all at once


def at_once(site: Site, links: int) -> proof.Result:
    """Each of these links is answered fifty times at once, then one with fifty different texts."""
    crowd = site.crowd(0)
    words = [crowd.invite() for _ in range(links)]
    with httpx2.Client(timeout=PATIENCE) as client, ThreadPoolExecutor(50) as people:
        statuses = Counter(people.map(lambda word: crowd.send(client, word), words * 50))
        assert statuses == {201: links, 200: 49 * links}
        link, texts = site.house.mint(), [f"{chr(97 + n % 26)}{'z' * n}" for n in range(50)]

        def send(comment: str) -> int:
            body = {"link": link, "trust": 4, "satisfaction": 4, "comment": comment}
            return client.post(f"{site.node.address}/api/v1/responses", json=body).status_code

        crowd.foreign |= set(texts)
        assert Counter(people.map(send, texts)) == {201: 1, 409: 49}
    assert site.house.count() == links + 1
    result = proof.conclude("F11", crowd)
    doubles = proof.doubled_without_keys(crowd)
    return proof.noted(result, f"use-once keys deleted: {doubles} retries counted twice")


def test_fifty_at_once_are_one_answer(sqlite_site: Site) -> None:
    at_once(sqlite_site, 2)


@pytest.mark.slow
def test_fifty_at_once_are_one_answer_for_each_link(standing: Site) -> None:
    at_once(standing, 10).save()

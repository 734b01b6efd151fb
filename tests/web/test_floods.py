"""Bad input on the socket: too much of it, and too slowly."""

import asyncio
import select
import socket
import time

import pytest

from cxserver.web import form_body, protocol
from tests.support import http_server
from tests.support.raw_http import END, FORM, RawReply, read_all
from tests.support.shared_house import row_counts
from tests.web.test_transport import street

__all__ = ["street"]  # a fixture


JSON = b"Content-Type: application/json\r\n"
API = b"/api/v1/responses"


# ---- 1, 2: too much


def test_a_gigabyte_that_is_announced_is_refused_before_it_is_read(street):
    for path, media in ((street.path(), FORM), (API, JSON)):
        with street.connect() as line:
            line.sendall(street.head(b"POST", path) + media + b"Content-Length: 1000000000\r\n\r\n")
            reply = RawReply(line.recv(65536))
            assert reply.status == 413


def test_an_endless_body_in_chunks_is_refused_and_the_line_is_cut(street):
    chunk = b"10000\r\n" + b"a" * 65536 + END
    until = time.monotonic() + http_server.PATIENCE
    with street.connect() as line:
        line.sendall(street.head(b"POST") + FORM + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            while time.monotonic() < until:
                line.sendall(chunk)
                time.sleep(0.002)


@pytest.mark.parametrize(
    ("path", "media", "limit"), [(None, FORM, 64 * 1024), (API, JSON, 1024 * 1024)]
)
def test_no_more_of_an_endless_body_is_held_than_the_limit(street, path, media, limit):
    """The application itself, without a socket whose buffers would blur the count."""
    taken = 0

    async def endless():
        nonlocal taken
        taken += 16_384
        # Whoever reads on and on would never come back to be judged.
        assert taken < 10 * limit
        return {"type": "http.request", "body": b"a" * 16_384, "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": (path or street.path()).decode(),
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", media.split(b": ")[1].strip()),
        ],
    }
    asyncio.run(street.app(scope, endless, send))
    assert sent[0]["status"] == 413
    assert taken <= limit + 16_384


def test_who_sends_too_much_can_still_read_why(street, monkeypatch):
    """Cutting the line at once would show people an error of their browser instead."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", http_server.PATIENCE)
    for media, status in ((FORM, 413), (b"Content-Type: text/plain\r\n", 415)):
        with street.connect() as line:
            head = street.head(b"POST") + media + b"Content-Length: 20000000\r\n\r\n"
            line.sendall(head + b"a" * 20_000_000)  # raises when the line is reset
            reply = RawReply(read_all(line))
            assert reply.statuses == [status] and "</html>" in reply.text


# ---- 3, 4, 5: too slow


@pytest.fixture
def hurried_heads(monkeypatch):
    """The same patience with heads, in half a second."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)


@pytest.fixture
def hurried(monkeypatch):
    """The same patience with all the rest."""
    monkeypatch.setattr(protocol, "READER_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.5)
    monkeypatch.setattr(form_body, "SECONDS", 0.5)


def drip(line, byte=b"a"):
    """Send a byte now and then: whether the line is cut."""
    until = time.monotonic() + http_server.PATIENCE
    line.settimeout(0.05)
    while time.monotonic() < until:
        try:
            line.sendall(byte)
            if line.recv(65536) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def hear(line, words):
    """Read until these words have come, in however many parts."""
    heard = b""
    while words not in heard:
        part = line.recv(65536)
        assert part, heard
        heard += part
    return heard


@pytest.mark.usefixtures("hurried_heads")
@pytest.mark.parametrize(
    ("first", "byte"),
    [(b"", b"G"), (b"GET / HTTP/1.1\r\nX: ", b"a"), (b"", b"\r\n"), (b"GET /", b"a")],
)
def test_a_head_that_drips_in_is_cut_off(street, first, byte):
    with street.connect() as line:
        line.sendall(first)
        assert drip(line, byte)


def test_after_a_request_the_next_head_has_no_more_time(street, monkeypatch):
    """Empty lines begin no request, and must not hold the line open either."""
    with street.connect() as line:
        line.sendall(street.head(b"GET", b"/healthz") + END)
        hear(line, b"ok")
        monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
        assert drip(line, b"\r\n")


@pytest.mark.usefixtures("hurried_heads")
def test_an_idle_line_is_closed(street):
    with street.connect() as line:
        assert line.recv(1) == b""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("length", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
def test_a_body_that_drips_in_is_told_so_and_cut_off(street, length):
    before = row_counts(street.house)
    with street.connect() as line:
        line.sendall(street.head(b"POST") + FORM + length + b"\r\n\r\n5\r\ntrust\r\n")
        assert hear(line, b"too slow").startswith(b"HTTP/1.1 408")
        assert drip(line)
    assert row_counts(street.house) == before


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("path", [b"/healthz", b"/nothing", API])
def test_a_body_nobody_asked_for_does_not_hold_the_line(street, path):
    with street.connect() as line:
        line.sendall(street.head(b"GET", path) + b"Content-Length: 100000\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 ")
        assert drip(line)


@pytest.mark.usefixtures("hurried")
def test_a_reader_who_does_not_read_is_dropped(street):
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", street.port))
        line.sendall((street.head() + END) * 5000)
        cut_off = select.poll()
        cut_off.register(line, 0)  # the end of the line is told in any case
        assert cut_off.poll(http_server.PATIENCE * 1000)

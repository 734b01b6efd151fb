"""Requests that are broken, slow or endless, on a real socket: refused, bounded, nothing stored."""

import http.client
import socket

import pytest

from tests.support import http_server
from tests.support.http_server import Servers
from tests.support.raw_http import CLOSE, END, FORM, RawClient, RawReply, read_all
from tests.support.shared_house import row_counts, shared_house


@pytest.fixture(scope="module")
def street(request):
    servers = Servers()
    try:
        with shared_house(request) as house:
            yield RawClient(house, servers, servers.reserve())
            servers.close()
    finally:
        servers.close()


# ---- 6, 7, 11, 13, 15, 16: requests that are not what they should be

LONG = b"a" * 70_000
BROKEN = {
    # 6: lengths
    "negative length": ((400,), FORM + b"Content-Length: -1\r\n\r\n"),
    "signed length": ((400,), FORM + b"Content-Length: +4\r\n\r\nabcd"),
    "length in hex": ((400,), FORM + b"Content-Length: 0x4\r\n\r\nabcd"),
    "length of 5000 digits": ((400,), FORM + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"),
    "more than the length": (
        (400, 422),
        FORM + b"Content-Length: 4\r\n\r\nabcdGARBAGE / HTTP/1.1\r\n",
    ),
    # 7: smuggling
    "length and chunks": (
        (400,),
        FORM + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "chunks and length": (
        (400,),
        FORM + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    ),
    "two lengths": ((400,), FORM + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"),
    "one length twice": ((400,), FORM + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"),
    "lengths in a list": ((400,), FORM + b"Content-Length: 4, 4\r\n\r\nabcd"),
    "folded line": ((400,), FORM + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
    "unknown coding": ((400,), FORM + b"Transfer-Encoding: gzip\r\n\r\n"),
    "almost chunked": ((400,), FORM + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "chunked, then more": ((400,), FORM + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    "coding with a tab": ((400, 422), FORM + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
    "bad chunk size": ((400,), FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "endless chunk size": ((400,), FORM + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40),
    "blank before the colon": ((400,), FORM + b"Content-Length : 0\r\n\r\n"),
    "no name": ((400,), b": b\r\n\r\n"),
    "NUL in a field": ((400,), b"X: a\0b\r\n\r\n"),
    "lone CR in a field": ((400,), b"X: a\rb\r\n\r\n"),
    # 8 and 9: bodies that are not opened
    "gzip": ((415,), FORM + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"),
    "multipart": (
        (415,),
        b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 4\r\n\r\n--x\r",
    ),
    # 11: too large a head
    "large field": ((431,), b"X: " + LONG + b"\r\n\r\n"),
    "many fields": ((431,), b"".join(b"A%d: b\r\n" % n for n in range(10_000)) + END),
    "a hundred more fields": ((431,), b"A: b\r\n" * 101 + END),
    # 13: hosts
    "two hosts": ((400,), b"Host: evil.example\r\n\r\n"),
    # 16: other protocols
    "websocket": ((426,), b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    "h2c": ((426,), b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"),
    "upgrade alone": ((426,), b"Upgrade: anything\r\n\r\n"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_is_refused_and_stores_nothing(street, name):
    expected, rest = BROKEN[name]
    before = row_counts(street.house)
    reply = street.say(street.head(b"POST") + CLOSE + rest)
    assert reply.status in expected and len(reply.statuses) == 1
    assert row_counts(street.house) == before


LINES = {
    "HTTP/0.9": (400, b"GET /\r\n\r\n"),
    "no host": (400, b"GET {path} HTTP/1.1\r\n\r\n"),
    "HTTP/1.0 without a host": (400, b"GET {path} HTTP/1.0\r\n\r\n"),
    "HTTP/3.0": (400, b"GET {path} HTTP/3.0\r\n{host}\r\n"),
    "HTTP/2 preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 99),
    "another host": (400, b"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    "a host with a path": (400, b"GET {path} HTTP/1.1\r\nHost: 127.0.0.1/x\r\n\r\n"),
    "a host with a user": (400, b"GET {path} HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n"),
    "a host with a tail": (400, b"GET {path} HTTP/1.1\r\nHost: 127.0.0.1.evil\r\n\r\n"),
    "an empty host": (400, b"GET {path} HTTP/1.1\r\nHost:\r\n\r\n"),
    "absolute form": (400, b"GET http://evil.example{path} HTTP/1.1\r\n{host}\r\n"),
    "absolute form of ours": (400, b"GET http://127.0.0.1{path} HTTP/1.1\r\n{host}\r\n"),
    "authority form": (400, b"CONNECT evil.example:80 HTTP/1.1\r\n{host}\r\n"),
    "asterisk form": (400, b"OPTIONS * HTTP/1.1\r\n{host}\r\n"),
    "no slash": (400, b"GET s/permits HTTP/1.1\r\n{host}\r\n"),
    "bytes in the path": (400, b"GET /s/\xff\xfe/x/y HTTP/1.1\r\n{host}\r\n"),
    "NUL in the path": (400, b"GET /s/\0/x/y HTTP/1.1\r\n{host}\r\n"),
    "blank in the path": (400, b"GET /s/a b/x/y HTTP/1.1\r\n{host}\r\n"),
    "long address": (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n{host}\r\n"),
    "huge address": (400, b"GET /" + LONG + b" HTTP/1.1\r\n{host}\r\n"),
    "bare line feeds": (400, b"GET {path} HTTP/1.1\n{host}\n\n"),
    "TRACE": (405, b"TRACE {path} HTTP/1.1\r\n{host}\r\n"),
    "PUT": (405, b"PUT {path} HTTP/1.1\r\n{host}\r\n"),
    "unheard-of method": (400, b"ANSWER {path} HTTP/1.1\r\n{host}\r\n"),
    "NUL by percent": (404, b"GET /s/permits%00/riverside/x HTTP/1.1\r\n{host}\r\n"),
    "no UTF-8 by percent": (404, b"GET /s/permits/%ff%fe/x HTTP/1.1\r\n{host}\r\n"),
    "surrogate by percent": (404, b"GET /s/permits/riverside/%ed%a0%80 HTTP/1.1\r\n{host}\r\n"),
    "dots by percent": (404, b"GET /s/..%2f..%2fetc/passwd/x HTTP/1.1\r\n{host}\r\n"),
    "two slashes": (404, b"GET //evil.example/%2f.. HTTP/1.1\r\n{host}\r\n"),
    "backslashes": (404, b"GET /\\evil.example HTTP/1.1\r\n{host}\r\n"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_broken_request_line_is_refused(street, name):
    expected, line = LINES[name]
    before = row_counts(street.house)
    line = line.replace(b"{path}", street.path()).replace(b"{host}", street.host)
    line = line.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\n" + CLOSE)
    reply = street.say(line)
    assert reply.status == expected and len(reply.statuses) == 1
    assert "evil" not in reply.text and "Traceback" not in reply.text
    assert row_counts(street.house) == before


def test_after_a_broken_request_the_connection_is_closed(street):
    second = street.head() + CLOSE + END
    broken = street.head(b"POST") + FORM + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"
    assert street.say(broken + second).statuses == [400]


def assert_nothing_taken(street, before):
    """An answer that comes later is stored: they are stored in the order in which they come."""
    path = street.path()
    form = street.form(path)
    head = street.head(b"POST", path) + FORM + CLOSE + b"Content-Length: %d\r\n\r\n" % len(form)
    assert street.say(head + form).statuses == [303]
    responses, use_keys, _ = row_counts(street.house)
    assert (responses, use_keys) == (before[0] + 1, before[1] + 1)


def test_a_form_with_a_tail_of_garbage_is_not_taken(street):
    path = street.path()
    form = street.form(path)
    before = row_counts(street.house)
    head = street.head(b"POST", path) + FORM + b"Content-Length: %d\r\n\r\n" % len(form)
    assert street.say(head + form + b"\x00GARBAGE\r\n\r\n").statuses == [400]
    assert_nothing_taken(street, before)
    assert street.say(head.replace(END, END + CLOSE, 1) + form).statuses == [303]


def test_a_form_cut_off_half_way_is_not_taken(street):
    path = street.path()
    form = street.form(path, comment="half")
    before = row_counts(street.house)
    head = street.head(b"POST", path) + FORM + b"Content-Length: %d\r\n\r\n" % (len(form) + 9)
    with street.connect() as line:
        line.sendall(head + form)
        line.shutdown(socket.SHUT_WR)
        read_all(line)
    assert_nothing_taken(street, before)


# ---- what an honest client may do


def test_expect_100_continue_is_answered_and_the_answer_taken(street):
    path = street.path()
    form = street.form(path)
    head = street.head(b"POST", path) + FORM + CLOSE + b"Expect: 100-continue\r\n"
    with street.connect() as line:
        line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(form))
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(form)
        assert RawReply(read_all(line)).statuses == [303]
    refused = street.say(head + b"Content-Length: 1000000000\r\n\r\n")
    assert refused.statuses == [413]


def test_one_line_serves_many_requests_one_after_another_and_all_at_once(street):
    requests = []
    for _ in range(3):
        path = street.path()
        form = street.form(path)
        requests.append(street.head(path=path) + END)
        posted = street.head(b"POST", path) + FORM + b"Content-Length: %d\r\n\r\n" % len(form)
        requests.append(posted + form)
    last = street.head(b"GET", b"/healthz") + CLOSE + END
    assert street.say(b"".join(requests) + last).statuses == [200, 303] * 3 + [200]
    path = street.path().decode()
    line = http.client.HTTPConnection("127.0.0.1", street.port, timeout=http_server.PATIENCE)
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("GET", 200)):
        line.request(method, path)
        answer = line.getresponse()
        assert answer.status == status
        answer.read()
    line.close()


def test_a_form_in_chunks_is_taken(street):
    path = street.path()
    form = street.form(path)
    chunks = b"".join(b"1\r\n" + form[at : at + 1] + END for at in range(len(form)))
    head = street.head(b"POST", path) + FORM + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    assert street.say(head + chunks + b"0\r\n\r\n").statuses == [303]


def test_line_ends_before_a_request_are_forgiven(street):
    assert street.say(b"\r\n\r\n" + street.head() + CLOSE + END).statuses == [200]


# ---- 12, 14, 15, 17: what changes nothing


def test_what_a_stranger_says_of_hosts_and_methods_is_ignored(street):
    claims = (
        b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n"
        b"X-Forwarded-For: 10.9.8.7\r\nX-Forwarded-Prefix: /evil\r\n"
        b"Forwarded: for=10.9.8.7;host=evil.example;proto=https\r\nX-Original-URL: /evil\r\n"
        b"X-Rewrite-URL: /evil\r\nX-HTTP-Method-Override: POST\r\nX-HTTP-Method: POST\r\n"
    )
    before = row_counts(street.house)
    path = street.path()
    page = street.say(street.head(path=path) + claims + CLOSE + END)
    assert page.statuses == [200] and "evil" not in page.text
    for query in (b"?_method=POST&trust=4&satisfaction=5", b"?trust=4&satisfaction=5"):
        assert street.say(street.head(path=path + query) + claims + CLOSE + END).statuses == [200]
    assert row_counts(street.house) == before
    form = street.form(path)
    head = street.head(b"POST", path) + FORM + claims + CLOSE
    taken = street.say(head + b"Content-Length: %d\r\n\r\n" % len(form) + form)
    assert taken.statuses == [303] and "evil" not in taken.text
    assert "location: /s/permits/riverside/thanks?lang=en\r\n" in taken.text


@pytest.mark.parametrize("break_", [b"%0d%0aSet-Cookie:%20a=b", b"%0aX-Evil:%201", b"%E5%98%8A"])
def test_no_line_break_gets_into_an_answers_head(street, break_):
    path = street.path()
    form = street.form(path)
    head = street.head(b"POST", path + b"?lang=es" + break_) + FORM + CLOSE
    taken = street.say(head + b"Content-Length: %d\r\n\r\n" % len(form) + form)
    text = taken.text.lower()
    assert taken.statuses == [303] and "set-cookie" not in text and "x-evil" not in text
    dressed = street.say(street.head(path=path + b")" + break_) + CLOSE + END)
    assert dressed.statuses == [404] and "set-cookie" not in dressed.text.lower()


SCANNERS = (
    b"Sec-Purpose: prefetch;prerender\r\nPurpose: prefetch\r\n",
    b"X-Moz: prefetch\r\n",
    b"User-Agent: Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)\r\n",
    b"User-Agent: Mozilla/5.0 (compatible; MSIE 10.0) BingPreview/1.0b\r\n",
)


def test_scanners_look_and_press_and_the_person_still_answers(street):
    path = street.path()
    before = row_counts(street.house)
    for scanner in SCANNERS:
        for method, status in ((b"HEAD", 200), (b"OPTIONS", 204), *[(b"GET", 200)] * 3):
            reply = street.say(street.head(method, path + b"?r=5") + scanner + CLOSE + END)
            assert reply.statuses == [status]
            # HTTP forbids a body here, and a robot's next request would be read from it.
            assert method == b"GET" or reply.raw.endswith(END + END)
        # Some press the button too: an empty form is invalid, and uses nothing up.
        for robot in (b"", street.form(path).split(b"&")[0]):
            head = street.head(b"POST", path) + FORM + scanner + CLOSE
            sent = head + b"Content-Length: %d\r\n\r\n" % len(robot) + robot
            assert street.say(sent).statuses == [422]
    assert row_counts(street.house) == before
    form = street.form(path)
    head = street.head(b"POST", path) + FORM + CLOSE
    assert street.say(head + b"Content-Length: %d\r\n\r\n" % len(form) + form).statuses == [303]


# ---- 8, 9, 10: bodies of another kind, without a socket

MEDIA = [
    *("", "text/plain", "application/json", "application/x-www-form-urlencodedx", "*/*"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "multipart/mixed; boundary=x"),
    "multipart/form-data; boundary=" + "b" * 5000,
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=",
    "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
    "application/x-www-form-urlencoded, multipart/form-data",
]


@pytest.mark.parametrize("media", MEDIA, ids=lambda media: media[:60])
def test_a_form_of_another_media_type_is_not_read(street, media):
    path = street.path()
    form = street.form(path)
    before = row_counts(street.house)
    line = http.client.HTTPConnection("127.0.0.1", street.port, timeout=http_server.PATIENCE)
    line.request("POST", path.decode(), form, {"content-type": media} if media else {})
    answer = line.getresponse()
    assert answer.status == 415 and b"could not read" in answer.read()
    line.close()
    assert row_counts(street.house) == before


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "compress", "gzip, gzip", "GZIP"])
def test_a_compressed_form_is_never_inflated(street, coding):
    path = street.path()
    headers = {"content-type": "application/x-www-form-urlencoded", "content-encoding": coding}
    line = http.client.HTTPConnection("127.0.0.1", street.port, timeout=http_server.PATIENCE)
    line.request("POST", path.decode(), b"\x1f\x8b" + bytes(5000), headers)
    assert line.getresponse().status == 415
    line.close()


def test_a_million_parts_are_not_even_counted(street):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    line = http.client.HTTPConnection("127.0.0.1", street.port, timeout=http_server.PATIENCE)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    line.request("POST", street.path().decode(), part * 100_000, headers)
    assert line.getresponse().status == 415
    line.close()


def test_the_server_says_nothing_of_what_it_is_made_of(street):
    for request in (street.head(), b"GET / HTTP/1.1\r\nHost: evil\r\n", b"BROKEN\r\n"):
        text = street.say(request + CLOSE + END).text.lower()
        for name in ("uvicorn", "starlette", "python", "x-powered-by", "\r\nserver:"):
            assert name not in text

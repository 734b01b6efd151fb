"""No trace of who answered: marked words, tokens, addresses and devices are looked for everywhere.

A real server, a client at an address of its own, and then a search through every byte that was
kept: the database with its log of writes, exports, and what the server printed.
"""

import hashlib
import http.client
import io
import json
import re
import signal
import socket
import time
from base64 import urlsafe_b64decode
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select, text

from cxsdk import token
from cxsdk.keys import office_secret
from cxsdk.token import Kind, LinkKey
from cxserver import db, tables
from cxserver.export import formats, responses
from tests.support import cx_process, fork_server, http_server
from tests.support.house import CATALOGUE, stamp_of
from tests.support.shared_house import shared_house

ADDRESS = "127.0.7.77"
ALERT = """
[[agency.alert]]
code = "crisis"
name = "Crisis"
mail = ["team@example.gov"]
en = ["canary words"]

[clearance.umbrella]"""
REPLYING = CATALOGUE.replace("designated = true", "designated = true\nreplies = true").replace(
    "[clearance.umbrella]", ALERT.lstrip(), 1
)
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}")
STORED = "canary words that are kept"
UNSENT = "canary words that were never taken"
WHO = {
    "User-Agent": "CanaryAgent/4711",
    "Referer": "https://canary-referer.example/person/42",
    "Cookie": "canary=cookie",
    "Accept-Language": "en-CA-canary",
    "X-Forwarded-For": "203.0.113.77",
    "From": "canary@person.example",
}
PERSONAL = "My number is 123-45-6789, mail canary.person@example.org, call (202) 555-0177."
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Visitor:
    """A person at ADDRESS, with all that a browser tells about them."""

    def __init__(self, port):
        self._port = port

    def ask(self, method, address, body=None, **headers):
        return self.hear(method, address, body, **headers)[::2]

    def hear(self, method, address, body=None, **headers):
        parts = urlsplit(address)
        path = f"{parts.path}?utm_source=canary-query&lang=en&{parts.query}"
        line = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=http_server.PATIENCE, source_address=(ADDRESS, 0)
        )
        line.request(method, path, body, WHO | headers)
        answer = line.getresponse()
        page = answer.read().decode()
        line.close()
        return answer.status, answer.getheader("location"), page

    def send(self, link, stamp, **answers):
        pairs = {"stamp": stamp, "trust": "4", "satisfaction": "5"} | answers
        return self.ask("POST", link, urlencode(pairs), **FORM)


def marks(links):
    """All that would tell a link: its token, its halves, its number, also as bytes."""
    pieces = []
    for link in links:
        whole = urlsplit(link).path.rpartition("/")[2]
        payload, signature = whole.split(".")
        pieces += [whole, payload, signature, urlsafe_b64decode(payload)]
        link_token = token.read(whole)
        # A device's number is kept: it is equipment, no person.
        if link_token.kind is not Kind.KIOSK:
            pieces += [link_token.nonce.hex(), link_token.nonce]
        pieces.append(urlsafe_b64decode(signature + "=="))
    return [mark if isinstance(mark, bytes) else mark.encode() for mark in pieces]


TELLTALE = [
    *(word.encode() for word in (ADDRESS, "CanaryAgent", "canary-referer", "canary=cookie")),
    *(word.encode() for word in ("203.0.113.77", "canary@person", "en-CA", "canary-query")),
    *(word.encode() for word in (UNSENT, "123-45-6789", "canary.person", "555-0177")),
    socket.inet_aton(ADDRESS),
]


def day(house, visitor):
    """A day at the office: people open, answer, err, come late and come again. Their links."""
    opened, answered, refused = house.mint(), house.mint(), house.mint()
    site, kiosk = house.mint(channel="site"), house.mint(channel="kiosk")
    secret = office_secret(house.keys["permits"].secret, "riverside")
    old = int((house.clock.now - timedelta(days=3)).timestamp())
    kid = house.keys["permits"].kid
    expired = f"/s/permits/riverside/{LinkKey(secret, Kind.EMAIL).sign(kid, old, b'canary77')}"
    early = (
        f"/s/permits/riverside/{LinkKey(secret, Kind.EMAIL).sign(kid, old + 400_000, b'canary78')}"
    )
    stamps = {}
    for link in (opened, answered, refused, site):
        status, page = visitor.ask("GET", link)
        assert status == 200
        stamps[link] = stamp_of(page)
    codes = reply(house, visitor, answered, stamps[answered])
    assert visitor.send(answered, stamps[answered], comment=UNSENT)[0] == 409
    assert visitor.send(refused, stamps[refused], trust="9", comment=UNSENT)[0] == 422
    assert visitor.send(site, stamps[site])[0] == 303
    for gone, status in ((expired, 410), (early, 404), (opened[:-1] + "!", 404)):
        assert visitor.ask("GET", gone)[0] == status
        assert visitor.send(gone, stamps[opened], comment=UNSENT)[0] == status
    item = {"link": kiosk, "key": "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11", "trust": 3}
    for answers, status in (({"satisfaction": 3}, 201), ({"comment": UNSENT}, 422)):
        sent = json.dumps(item | answers)
        assert visitor.ask("POST", "/api/v1/responses", sent, **JSON)[0] == status
    assert visitor.ask("POST", refused, "comment=" + UNSENT * 3000, **FORM)[0] == 413
    assert visitor.ask("POST", refused, UNSENT)[0] == 415
    assert visitor.ask("POST", refused, "comment=%ff" + UNSENT, **FORM)[0] == 400
    assert visitor.ask("DELETE", refused)[0] == 405
    return [opened, answered, refused, site, kiosk, expired, early], stamps, codes


def reply(house, visitor, link, stamp):
    """Somebody writes, keeps the code, and looks for a reply. All spellings of the code."""
    pairs = {"stamp": stamp, "trust": "4", "satisfaction": "5"}
    pairs["comment"] = f"{STORED}. {PERSONAL}"
    status, thanks, _ = visitor.hear("POST", link, urlencode(pairs), **FORM)
    assert status == 303
    [code] = set(CODE.findall(visitor.ask("GET", thanks)[1]))
    for path, expected in ((f"/r/{code}", 200), (f"/r?code={code}", 303), (f"/r/{code}0", 404)):
        assert visitor.ask("GET", path)[0] == expected
    bare = code.replace("-", "")
    return [code, bare, code.lower(), bare.lower(), urlsplit(thanks).query.partition("code=")[2]]


def trouble(house, visitor, link, stamp):
    """The database fails while somebody opens and answers."""
    with db.write(house.engine) as connection:
        connection.execute(text("ALTER TABLE use_keys RENAME TO gone"))
    assert visitor.ask("GET", link)[0] == 503
    status, page = visitor.send(link, stamp, comment=UNSENT)
    assert status in (422, 503) and UNSENT in page
    with db.write(house.engine) as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO use_keys"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def remains(request):
    """What is left of a day: files by name, the day's links and stamps, what was printed."""
    with shared_house(request, request.param) as house:
        house.apply(REPLYING)
        port = http_server.free_port()
        house.live_today()  # this server goes by the real clock
        house.move(f"http://127.0.0.1:{port}")
        printed = house.settings.data_dir / "printed.txt"
        with printed.open("wb") as file:
            server = _serve(house, port, file)
            try:
                links, stamps, codes = day(house, Visitor(port))
                trouble(house, Visitor(port), links[0], stamps[links[0]])
                _break(port)
                # Before it stops: SQLite's log of writes is emptied by an orderly stop.
                contents = _files(house)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(http_server.PATIENCE)
        contents |= {f"stopped {name}": content for name, content in _files(house).items()}
        contents["tables"] = _tables(house)
        for kind in ("csv", "jsonl"):
            export = io.StringIO()
            formats.write(
                db.source(house.engine), responses.Filter(), kind, export, lambda rows: None
            )
            contents[kind] = export.getvalue().encode()
        yield contents, links, stamps, printed.read_bytes(), codes


def _serve(house, port, file):
    words = ("serve", "--port", str(port))
    server = fork_server.start(words, cx_process.environment(house), file, file)
    until = time.monotonic() + http_server.PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise RuntimeError("the server does not come up")


def _break(port):
    with socket.create_connection(("127.0.0.1", port), source_address=(ADDRESS, 0)) as line:
        line.sendall(b"GET /canary-query HTTP/1.1\r\nUser-Agent: CanaryAgent\0\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")


def _files(house):
    folder = house.settings.data_dir
    return {
        file.name: file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in ("printed.txt", "root.key")
    }


def _tables(house):
    with db.read(house.engine) as connection:
        return repr(
            [
                tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
                for table in tables.metadata.sorted_tables
                for row in connection.execute(select(table))
            ]
        ).encode()


def test_what_was_taken_is_there(remains):
    """The control: the search finds what is meant to be kept, in every place it is kept in."""
    contents, _, _, printed, _ = remains
    places = {name for name, content in contents.items() if STORED.encode() in content}
    assert places >= {"tables", "csv", "jsonl"}
    files = {name for name in places if "cx.sqlite3" in name}
    assert bool(files) == any("cx.sqlite3" in name for name in contents)
    assert not files or any(name.endswith("-wal") for name in files)
    for word in (b"link_refused", b"clock_ahead_at_agency", b"database_failed"):
        assert word in printed


def test_no_token_and_no_stamp_is_kept_or_printed(remains):
    contents, links, stamps, printed, _ = remains
    for name, content in {**contents, "printed": printed}.items():
        for mark in [*marks(links), *(stamp.encode() for stamp in stamps.values())]:
            assert mark not in content, name


def test_no_code_is_kept_or_printed(remains):
    """Its hash is kept, and nothing else of it: not even the seal it travelled in."""
    contents, _, _, printed, codes = remains
    for name, content in {**contents, "printed": printed}.items():
        for code in codes:
            assert code and code.encode() not in content, name
    digest = hashlib.sha256(codes[0].encode()).digest()
    assert repr(digest).encode() in contents["tables"]


def test_no_address_no_device_and_no_unsent_word_is_kept_or_printed(remains):
    contents, _, _, printed, _ = remains
    for name, content in {**contents, "printed": printed}.items():
        for mark in TELLTALE:
            assert mark not in content, (name, mark)


def test_nothing_that_was_typed_is_printed(remains):
    _, _, _, printed, _ = remains
    assert b"canary" not in printed.lower()
    assert b"Traceback" not in printed and b"SELECT" not in printed and b"INSERT" not in printed


def test_every_event_is_one_line_of_json(remains):
    _, _, _, printed, _ = remains
    events = [json.loads(line) for line in printed.splitlines() if line.startswith(b"{")]
    # A kind of event is a line a second at most: those that were refused share one.
    assert len({event["event"] for event in events}) >= 3
    for event in events:
        assert {"event", "level", "timestamp"} <= set(event)
        if event["event"] == "serving":  # said once, as it starts: of nobody who answers
            continue
        assert set(event) <= {
            *("event", "level", "timestamp", "code", "reason", "service", "minutes", "where", "n"),
            *("reasons", "library"),
        }
        assert event.get("service") in (None, "permits", "hearings", "calls")


def test_what_identifies_was_masked_before_it_was_stored(remains):
    contents, _, _, _, _ = remains
    masked = f"{STORED}. My number is [ssn], mail [email], call [phone]."
    rows = [json.loads(line) for line in contents["jsonl"].splitlines()]
    assert [row["comment"] for row in rows if row["comment"]] == [masked]
    assert {row["channel"] for row in rows} == {"email", "site", "kiosk"}

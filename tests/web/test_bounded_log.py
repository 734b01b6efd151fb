"""What strangers cause at will costs a line a second in the log, and no event goes uncounted."""

import ast
import io
import json
import logging
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import structlog

from cxserver import log
from cxserver.log import BoundedLog
from tests.support.staff_accounts import OURS

SERVER = Path(log.__file__).parent
WINDOW = 0.3


def events(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if re.search(rf"\] {name}\b", line)]


def settled(window: float = WINDOW) -> None:
    time.sleep(2 * window + 0.3)


def test_the_first_is_told_at_once_and_the_rest_in_a_summary(capsys):
    bounded = BoundedLog(WINDOW)
    for reason in ["malformed"] * 30 + ["bad_signature"] * 12:
        bounded.note("info", "link_refused", reason, service=None)
    first = events(capsys.readouterr().out, "link_refused")
    assert len(first) == 1 and "reason=malformed" in first[0]
    settled()
    summary = events(capsys.readouterr().out, "link_refused")
    assert len(summary) == 1 and "n=41" in summary[0]
    assert "'bad_signature': 12, 'malformed': 29" in summary[0]


def test_after_a_quiet_moment_the_next_is_told_at_once_again(capsys):
    bounded = BoundedLog(WINDOW)
    for _ in range(2):
        bounded.note("info", "link_refused", "malformed")
        settled()
    lines = events(capsys.readouterr().out, "link_refused")
    assert len(lines) == 2 and all("reason=malformed" in line for line in lines)


def test_one_kind_of_event_hides_no_other(capsys):
    bounded = BoundedLog(WINDOW)
    for event in ("link_refused", "pairing_refused", "link_refused"):
        bounded.note("info", event, "x")
    assert len(events(capsys.readouterr().out, "pairing_refused")) == 1
    settled()


def test_a_summary_tells_no_endless_list_of_reasons(capsys):
    bounded = BoundedLog(WINDOW)
    for n in range(500):
        bounded.note("info", "link_refused", f"reason {n}")
    settled()
    (summary,) = [line for line in capsys.readouterr().out.splitlines() if "reasons=" in line]
    assert "n=499" in summary and len(summary) < 1000 and "'other': 479" in summary


FLOODS = {
    "bad links": ("link_refused", lambda c: c.get("/s/permits/riverside/" + "A" * 43)),
    "bad kiosk links": ("link_refused", lambda c: c.get("/k/permits/riverside/" + "A" * 43)),
    "bad links by JSON": (
        "link_refused",
        lambda c: c.post(
            "/api/v1/responses",
            json={
                "link": "http://127.0.0.1:8000/s/permits/riverside/" + "A" * 43,
                "trust": 4,
                "satisfaction": 4,
            },
        ),
    ),
    "bad heartbeats": (
        "link_refused",
        lambda c: c.post(
            "/k/heartbeat",
            json={
                "link": "http://127.0.0.1:8000/k/permits/riverside/" + "A" * 43,
                "device_now": "2026-11-04T15:20:00Z",
                **{"waiting": 0, "aside": 0, "release": "", "state": "open"},
            },
        ),
    ),
    "bad codes": ("pairing_refused", lambda c: c.post("/k", data={"code": "ABCD-EFGH"})),
    "bad sign-in links": (
        "sign_in_refused",
        lambda c: c.post("/staff/sign-in/" + "a" * 43, headers=OURS),
    ),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_one_kind_is_a_line_a_second(client, capsys, flood):
    name, act = FLOODS[flood]
    settled(log.WINDOW)
    capsys.readouterr()
    begun = time.monotonic()
    statuses = Counter(act(client).status_code for _ in range(25))
    seconds = time.monotonic() - begun
    assert not {200, 201, 303, 500} & statuses.keys(), statuses
    settled(log.WINDOW)
    lines = events(capsys.readouterr().out, name)
    assert 1 <= len(lines) <= seconds / log.WINDOW + 2
    # The first stands for itself, a summary for what it counts.
    counts = [re.search(r"\bn=(\d+)", line) for line in lines]
    assert sum(int(count[1]) if count else 1 for count in counts) == 25


def test_what_a_library_says_of_broken_requests_is_bounded_too(monkeypatch):
    output = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", output)
    try:
        log.configure()
        for _ in range(30):
            logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
        settled(log.WINDOW)
    finally:
        structlog.reset_defaults()
        root.handlers[:], root.level = before
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "Invalid HTTP request received.",
        "library_repeats",
    ]
    assert lines[1]["n"] == 29


# Who writes to the log by itself, where a request may have led: not at the will of a stranger.
MAY_LOG = {
    "staff/signin/doors.py": "somebody came in by a link that works once",
    "intake/lookout.py": "once a round",
    "intake/sequel.py": "a table that cannot be written",
    "intake/writer.py": "the writer, once a batch",
    "comments/alerts.py": "once a letter",
    "comments/handovers.py": "once a letter and try: nine tries, ever further apart",
    "audit/journal.py": "each is a row, and strangers get ten a minute",
}


def test_what_a_request_leads_to_is_logged_within_bounds():
    rooms = ("public", "api", "staff", "web", "intake", "comments", "audit")
    by_itself = {
        str(path.relative_to(SERVER))
        for room in rooms
        for path in (SERVER / room).rglob("*.py")
        if any(_logs(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    assert by_itself == MAY_LOG.keys()


def _logs(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id == "logger"

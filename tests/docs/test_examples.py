"""The examples run as they stand: the mail arrives at a real mail server, and its link counts."""

import contextlib
import os
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.controller import Controller

from cxsdk import Key
from cxserver.catalog import watch
from tests.support import http_server
from tests.support.house import House, stamp_of

ROOT = Path(__file__).parents[2]
SEND = ROOT / "examples" / "send_after_transaction.py"
TRANSACTION = (ROOT / "docs" / "use" / "your-transaction.md").read_text(encoding="utf-8")
# Seconds after which a server has looked at its keys again, at the latest.
WATCHED = 2 * watch.INTERVAL
EMAIL = (ROOT / "docs" / "use" / "email.md").read_text(encoding="utf-8")


@dataclass
class Mailbox:
    """What the mail server took, for whom."""

    port: int = 0
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real mail server."""
    mailbox = Mailbox()
    mailbox.port = http_server.free_port()
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=mailbox.port, ready_timeout=http_server.PATIENCE
    )
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def living(today: None, open_house: House) -> House:
    """A served house that lives now, as the examples do."""
    return open_house


def send(house: House, mailbox: Mailbox, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "CX_BASE_URL": house.settings.base_url,
        "CX_KEY": house.keys["permits"].text,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.port),
        "MAIL_FROM": "Permit Office <permits@example.gov>",
    }
    line = [sys.executable, "-W", "error", str(SEND), *words]
    return subprocess.run(
        line, env=environment, capture_output=True, text=True, timeout=http_server.PATIENCE
    )


def parts(message: EmailMessage) -> tuple[str, str]:
    """The plain part and the HTML part."""
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in (plain, html)] == ["utf-8", "utf-8"]
    return plain.get_content(), html.get_content()


def link_in(text: str) -> str:
    [link] = re.findall(r"https?://\S+", text)
    return str(link)


def answer(link: str, satisfaction: str = "5") -> int:
    with httpx2.Client() as person:
        stamp = stamp_of(person.get(link).text)
        fields = {"stamp": stamp, "trust": "4", "satisfaction": satisfaction}
        return person.post(link, data=fields).status_code


def ended(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="seconds")


def test_a_mail_is_received_and_its_link_becomes_one_counted_answer(living, mailbox):
    done = send(living, mailbox, "ana@example.com", "case-1001", ended(hours=2), "es")
    assert (done.returncode, done.stderr) == (0, "")
    [(to, message)] = mailbox.received
    assert to == ["ana@example.com"]
    assert message["Subject"] == "Renovación de permisos: ¿qué tal le fue?"
    assert message["From"] == "Permit Office <permits@example.gov>"
    assert message["Date"] and message["Message-ID"]
    plain, html = parts(message)
    assert "Queremos saber cómo le atendimos." in plain and "cómo le atendimos" in html
    assert "Me satisface el servicio que recibí de la renovación de permisos." in html
    link = link_in(plain)
    doors = [door.replace("&amp;", "&") for door in re.findall(r'href="([^"]+)"', html)]
    assert doors == [f"{link}&r={point}" for point in range(1, 6)]
    page = httpx2.get(doors[3]).text
    assert '<html lang="es"' in page
    assert re.search(r'name="satisfaction" value="4" checked|id="satisfaction-4"[^>]*checked', page)
    assert answer(doors[3], "4") == 303
    [row] = living.responses()
    assert (row["service"], row["office"], row["channel"]) == ("permits", "riverside", "email")
    assert (row["satisfaction"], row["language"], row["delay"]) == (4, "es", "4")


def test_a_reminder_asks_for_the_same_answer_again(living, mailbox):
    case = ("bo@example.com", "case-1002", ended(hours=1))
    for _ in range(2):
        assert send(living, mailbox, *case).returncode == 0
    first, second = (link_in(parts(message)[0]) for _, message in mailbox.received)
    assert first == second
    assert answer(first) == 303
    assert "We already have your answer" in httpx2.get(second).text
    assert living.count() == 1


def test_nobody_is_invited_after_48_hours(living, mailbox):
    done = send(living, mailbox, "chris@example.com", "case-1003", ended(hours=49))
    assert done.returncode == 1 and "OutsideWindow" in done.stderr
    assert mailbox.received == []


def test_a_mail_that_cannot_be_sent_breaks_no_transaction(monkeypatch, caplog):
    example = runpy.run_path(str(SEND))
    monkeypatch.setenv("CX_BASE_URL", "https://cx.example.gov")
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(http_server.free_port()))
    monkeypatch.setenv("MAIL_FROM", "permits@example.gov")
    for key in (Key("permits", 1, bytes(32)).text, "cxk1_cut"):
        monkeypatch.setenv("CX_KEY", key)
        caplog.clear()
        example["transaction_ended"]("ana@example.com", "case-1", datetime.now(UTC))
        assert "No survey was sent" in caplog.text


# ---- docs/use/your-transaction.md


def test_the_code_about_transactions_makes_links_and_never_raises(living, monkeypatch, caplog):
    make, check, _, _ = re.findall(r"^```python\n(.*?)^```$", TRANSACTION, re.DOTALL | re.MULTILINE)
    code: dict[str, Any] = {}
    exec(make + check, code)
    monkeypatch.setenv("CX_BASE_URL", living.settings.base_url)
    monkeypatch.setenv("CX_KEY", living.keys["permits"].text)
    link = code["survey_link"]("riverside")
    assert httpx2.get(link).status_code == 200
    code["check_survey_links"]()
    assert not caplog.records
    living.revoke("permits", 1)
    time.sleep(WATCHED)
    code["check_survey_links"]()
    assert "is revoked" in caplog.text
    caplog.clear()
    monkeypatch.setenv("CX_BASE_URL", f"http://127.0.0.1:{http_server.free_port()}")
    code["check_survey_links"]()
    assert "could not be checked" in caplog.text
    caplog.clear()
    assert code["survey_link"]("River side") is None
    assert "BadName" in caplog.text


def test_the_codes_of_the_page_are_those_that_a_check_can_find():
    table = TRANSACTION.partition("| code |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    listed = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    source = (ROOT / "sdk" / "cxsdk" / "findings.py").read_text(encoding="utf-8")
    sentence = source.partition("`code` is one of")[2].partition(".")[0]
    assert listed == set(re.findall(r"`(\w+)`", sentence))


def test_the_test_of_the_page_about_transactions_succeeds(tmp_path):
    *_, conftest, test = re.findall(
        r"^```python\n(.*?)^```$", TRANSACTION, re.DOTALL | re.MULTILINE
    )
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_page.py").write_text(test, encoding="utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_an_example_is_short():
    assert len(SEND.read_text(encoding="utf-8").splitlines()) <= 60


# ---- docs/use/email.md


@pytest.mark.parametrize("at", range(EMAIL.count("```python")))
def test_the_code_of_the_page_about_mail_runs(at, monkeypatch, tmp_path, capsys):
    code = re.findall(r"^```python\n(.*?)^```$", EMAIL, re.DOTALL | re.MULTILINE)[at]
    file = tmp_path / "page.py"
    file.write_text(code, encoding="utf-8")
    monkeypatch.setenv("CX_BASE_URL", "https://cx.example.gov")
    monkeypatch.setenv("CX_KEY", Key("permits", 1, bytes(range(32))).text)
    with contextlib.chdir(tmp_path):
        names = runpy.run_path(str(file))
    assert capsys.readouterr().out
    if "template" in names:
        doors = re.findall(r'href="([^"]+)"', names["template"])
        assert doors == [f"{{{{ link }}}}?r={point}" for point in range(1, 6)]
        assert "https://" not in names["template"]

"""A flood of comments that cannot wait: each is told, and the team is not buried in letters."""

import threading
from datetime import timedelta
from email.message import EmailMessage

import pytest

from cxserver import db
from cxserver.catalog import directory
from cxserver.comments import alerts
from cxserver.jobs import due
from tests.comments.test_alerts import SAID, alarmed, rows, say, send
from tests.support.mail_server import html, plain

__all__ = ["alarmed"]  # a fixture


def left(house):
    return [row for row in rows(house) if row.sent is None]


@pytest.fixture
def flooded(alarmed):
    """Many comments of one kind, and one of another."""
    say(alarmed, *(f"suicide number {n} <b>" for n in range(alerts.FEW + 2)), "a bomb")
    return alarmed


def test_many_of_one_list_share_a_letter_and_each_is_told(flooded, box):
    assert send(flooded) == alerts.FEW + 3
    assert left(flooded) == [] and len(box.letters) == 2
    [many] = [letter for letter in box.letters if "Crisis" in letter["Subject"]]
    assert many["Subject"] == f"Alert: Crisis, {alerts.FEW + 2} comments, Riverside Office"
    ids = [row.response for row in rows(flooded) if row.alert == "crisis"]
    for n, id in enumerate(ids):
        assert f"> suicide number {n} <b>" in plain(many).splitlines()
        assert f"suicide number {n} &lt;b&gt;" in html(many)
        assert id in plain(many) and id in html(many)
    assert "Call the duty officer now." in plain(many)


def test_as_many_as_are_few_are_a_letter_each(alarmed, box):
    say(alarmed, *["suicide"] * alerts.FEW)
    assert send(alarmed) == len(box.letters) == alerts.FEW


def test_one_that_is_refused_keeps_no_other_of_its_letter_back(flooded, box):
    box.dislikes = "number 3"
    assert send(flooded) == alerts.FEW + 2
    assert len(left(flooded)) == 1


def test_a_server_that_breaks_off_is_not_asked_for_each_of_them(flooded, box):
    attempts: list[EmailMessage] = []
    box.breaks = attempts.append
    assert send(flooded) == 0
    assert len(attempts) == 2 and len(left(flooded)) == alerts.FEW + 3
    box.breaks = None
    assert send(flooded) == alerts.FEW + 3


def test_a_server_that_is_told_to_stop_sends_no_further_letter(alarmed, box):
    say(alarmed, SAID, SAID, SAID)
    stop = threading.Event()
    box.meanwhile = stop.set
    with db.read(alarmed.engine) as connection:
        known = directory.load(connection)
    [job] = [job for job in due.JOBS if job.name == "alerts"]

    def work(minutes, **how):
        now = alarmed.clock() + timedelta(minutes=minutes)
        return due.run_due(alarmed.engine, alarmed.settings, known, now, jobs=(job,), **how)

    [done] = work(5, stop=stop)
    assert len(box.letters) == 1 and done.failed
    work(10)
    assert len(box.letters) == 3

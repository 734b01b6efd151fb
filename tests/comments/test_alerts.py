"""Words that cannot wait: phrases are found, the team is mailed, and nothing is lost on the way."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest
from sqlalchemy import event, select, text

from cxserver import db, mail, tables
from cxserver.catalog import directory
from cxserver.comments import alerts
from cxserver.doctor import checkup
from cxserver.errors import MailFailed
from cxserver.intake import store
from cxserver.jobs import due, scheduler
from tests.support import http_server
from tests.support.house import CATALOGUE, NOW, answer, forbid, stamp_of
from tests.support.mail_server import SENDER, html, plain

LISTS = """
[[agency.alert]]
code = "crisis"
name = "Crisis"
mail = ["crisis@example.gov", "night@example.gov"]
next_steps = "Call the duty officer now."
en = ["suicid*", "kill myself", "don't want to live", "want to die"]
es = ["suicid*", "quitarme la vida", "quiero morir*", "hacerme daño"]

[[agency.alert]]
code = "threats"
name = "Threats"
mail = ["safety@example.gov"]
en = ["bring a gun", "bomb*"]
es = ["traer un arma", "bomba*"]
"""
ALARMED = CATALOGUE.replace("[clearance.umbrella]", LISTS + "\n[clearance.umbrella]", 1)
# Of the week in which the house's clock stands.
MONDAY = "2026-11-02"
SAID = "I waited three hours. Some days I want to die. My number is 457-55-5462."


@pytest.fixture
def alarmed(house, box):
    """A house with alerts and a mail server. Its server sends nothing by itself: the tests do."""
    house.apply(ALARMED)
    house.settings = box.settings(house.settings, scheduler=False)
    return house


def rows(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.alerts)).all()


def send(house):
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    return alerts.send_due(house.engine, house.settings, known, house.clock())


def say(house, *comments, **how):
    with house.client() as client:
        for comment in comments:
            assert answer(client, house.mint(**how), comment=comment).status_code == 303


# ---- with the answer


def test_an_alert_is_kept_with_the_answer_and_only_of_words_that_match(alarmed):
    say(alarmed, SAID, "Quick and friendly.", "")
    [row] = rows(alarmed)
    [response] = [
        stored for stored in alarmed.responses() if stored["comment"].startswith("I waited")
    ]
    assert (row.service, row.day, row.response) == ("permits", response["day"], response["id"])
    assert (row.alert, row.office, row.tries, row.sent) == ("crisis", "riverside", 0, None)


def test_the_kiosk_and_a_free_text_question_alert_too(alarmed):
    question = (
        '\n[[service.permits.survey.question]]\ncode = "idea"\ntext = { en = "What would help?", '
        'es = "¿Qué ayudaría?" }\ncategory = "none"\nreason = "Offices plan by it."\n'
    )
    alarmed.apply(ALARMED.replace("comment = true\n", "comment = true\n" + question, 1))
    with alarmed.client() as client:
        answer(client, alarmed.mint(), **{"question-idea": "Voy a traer un arma."})
        item = {"link": alarmed.mint(channel="kiosk"), "trust": 1, "satisfaction": 1}
        item |= {"key": "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11", "comment": "quiero morirme"}
        assert client.post("/api/v1/responses", json=item).status_code == 201
        assert client.post("/api/v1/responses", json=item).status_code == 200
    assert sorted(row.alert for row in rows(alarmed)) == ["crisis", "threats"]


def test_a_refused_and_a_repeated_answer_raise_none(alarmed):
    with alarmed.client() as client:
        link = alarmed.mint()
        form = {"stamp": stamp_of(client.get(link).text), "satisfaction": "5", "comment": SAID}
        assert client.post(link, data=form | {"trust": "9"}).status_code == 422
        assert rows(alarmed) == []
        for _ in range(3):
            assert client.post(link, data=form | {"trust": "4"}).status_code == 303
        assert client.post(link, data=form | {"trust": "1"}).status_code == 409
    assert len(rows(alarmed)) == 1


def test_the_alert_is_in_the_answers_own_transaction(alarmed):
    """What fails after it takes both back; the retry brings both."""
    with alarmed.client() as client:
        link = alarmed.mint()
        form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
        with db.write(alarmed.engine) as connection:
            connection.execute(text("ALTER TABLE alerts RENAME TO gone"))
        assert client.post(link, data=form | {"comment": SAID}).status_code in (422, 503)
        assert alarmed.count() == 0
        with db.write(alarmed.engine) as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO alerts"))
        assert client.post(link, data=form | {"comment": SAID}).status_code == 303
    assert alarmed.count() == 1 and len(rows(alarmed)) == 1


def test_an_alert_row_that_is_refused_does_not_cost_the_answer(alarmed):
    forbid(alarmed, "alerts")
    say(alarmed, SAID)
    assert alarmed.count() == 1 and rows(alarmed) == []


def test_an_answer_without_a_match_costs_no_statement_more(alarmed, monkeypatch):
    said = []
    keep = store.write

    def write(engine, entries):
        event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        return keep(engine, entries)

    monkeypatch.setattr("cxserver.intake.store.write", write)
    say(alarmed, "Quick and friendly.")
    assert said and not any("alerts" in statement or "SAVEPOINT" in statement for statement in said)


# ---- the mail


def test_the_team_is_mailed_with_the_words_and_what_to_do(alarmed, box):
    say(alarmed, SAID + "\nService: none <b>")
    assert send(alarmed) == 1
    [letter], [to] = box.letters, box.bound_for
    assert to == ["crisis@example.gov", "night@example.gov"]
    assert letter["Subject"] == "Alert: Crisis, Riverside Office"
    assert letter["From"] == SENDER
    [response] = alarmed.responses()
    base = alarmed.settings.base_url
    where = f"{base}/staff/comments/permits/{MONDAY}/{response['id']}"
    for written in (plain(letter), html(letter)):
        assert "Some days I want to die. My number is [ssn]." in written
        assert "457-55" not in written and where in written
        assert "Permit renewal" in written and "Riverside Office" in written
        assert "Call the duty officer now." in written
    lines = plain(letter).splitlines()
    assert "> Service: none <b>" in lines and "Service: Permit renewal" in lines
    assert "Service: none &lt;b&gt;" in html(letter)
    [row] = rows(alarmed)
    assert (row.tries, row.sent) == (1, alarmed.clock().date())
    assert send(alarmed) == 0 and len(box.letters) == 1


def test_two_lists_are_two_letters_in_either_language(alarmed, box):
    say(alarmed, "Quiero morirme. Voy a traer un arma.")
    assert send(alarmed) == 2
    assert {letter["Subject"] for letter in box.letters} == {
        "Alert: Crisis, Riverside Office",
        "Alert: Threats, Riverside Office",
    }


def test_of_a_comment_on_two_lists_the_letter_that_was_refused_waits(alarmed, box):
    """One team has its letter; the other must not lose its own by that."""
    say(alarmed, "Quiero morirme. Voy a traer un arma.")
    box.refuses["safety@example.gov"] = "550 No such mailbox"
    assert send(alarmed) == 1
    assert {row.alert: row.sent is not None for row in rows(alarmed)} == {
        "crisis": True,
        "threats": False,
    }
    box.refuses.clear()
    assert send(alarmed) == 1
    assert [letter["Subject"] for letter in box.letters] == [
        "Alert: Crisis, Riverside Office",
        "Alert: Threats, Riverside Office",
    ]
    assert all(row.sent for row in rows(alarmed))


def test_a_mail_server_that_is_down_leaves_it_waiting_and_words_out_of_the_log(
    alarmed, box, capsys
):
    say(alarmed, SAID, SAID)
    box.close()
    for _ in range(3):
        assert send(alarmed) == 0
    printed = capsys.readouterr()
    assert "alert_not_mailed" in printed.out + printed.err
    assert "die" not in printed.out + printed.err
    assert [(row.tries, row.sent) for row in rows(alarmed)] == [(3, None)] * 2
    box.open()
    assert send(alarmed) == 2 and len(box.letters) == 2


def test_without_a_mail_server_alerts_wait(alarmed):
    alarmed.settings = alarmed.settings.model_copy(update={"mail_from": ""})
    say(alarmed, SAID)
    assert send(alarmed) == 0 and rows(alarmed)[0].sent is None


def test_one_letter_that_is_refused_does_not_stop_the_others(alarmed, box, capsys):
    say(alarmed, "suicide, unmailable", "suicide", "a bomb")
    box.dislikes = "unmailable"
    assert send(alarmed) == 2
    printed = capsys.readouterr()
    assert "unmailable" not in printed.out + printed.err
    [left] = [row for row in rows(alarmed) if row.sent is None]
    assert left.tries == 1
    box.dislikes = ""
    assert send(alarmed) == 1


def test_killed_between_the_letter_and_its_mark_it_is_sent_again(alarmed, box, monkeypatch):
    """A team may hear twice, never not at all."""
    say(alarmed, SAID)

    class Killed(BaseException):
        pass

    hand_over = mail.send

    def send_and_die(*given):
        hand_over(*given)
        raise Killed

    monkeypatch.setattr(mail, "send", send_and_die)
    with pytest.raises(Killed):
        send(alarmed)
    monkeypatch.undo()
    assert [(row.tries, row.sent) for row in rows(alarmed)] == [(1, None)]
    assert send(alarmed) == 1 and len(box.letters) == 2
    assert rows(alarmed)[0].tries == 2


def test_an_alert_that_left_the_catalogue_waits_and_is_told(alarmed, capsys):
    say(alarmed, SAID)
    alarmed.apply(CATALOGUE)
    for _ in range(3):
        assert send(alarmed) == 0
    [(state, cure)] = finding(alarmed)
    assert state == "problem" and "'crisis' back" in cure
    alarmed.apply(ALARMED)
    assert send(alarmed) == 1


def test_while_one_process_sends_another_leaves_it_alone(alarmed, box):
    say(alarmed, "a bomb", "a bomb")
    others = []
    box.meanwhile = lambda: others.append(send_from_another_process(alarmed))
    assert send(alarmed) == 2
    assert others == [0, 0] and len(box.letters) == 2
    assert all(row.tries == 1 for row in rows(alarmed))


def send_from_another_process(house):
    """With connections and files of its own, which is all that locks know of a process."""
    engine = db.open_engine(house.settings)
    try:
        with db.read(engine) as connection:
            known = directory.load(connection)
        return alerts.send_due(engine, house.settings, known, house.clock())
    finally:
        engine.dispose()


def test_what_was_tried_least_goes_first(alarmed):
    """What no server will take must not stand before what nobody has tried yet."""
    say(alarmed, *[SAID] * 4)
    with db.write(alarmed.engine) as connection:
        for tries, row in zip((3, 2, 1, 0), alerts.waiting(connection), strict=True):
            mine = tables.alerts.c.response == row.response
            connection.execute(tables.alerts.update().where(mine).values(tries=tries))
        assert [row.tries for row in alerts.waiting(connection)] == [0, 1, 2, 3]


# ---- the doctor


def finding(house):
    findings = [
        each for each in checkup.examine(house.settings, house.clock()) if each.check == "alerts"
    ]
    return [(each.state, each.cure) for each in findings]


def test_the_doctor_tells_of_alerts_that_nobody_hears(alarmed, box):
    assert finding(alarmed) == [("ok", "")]
    heard = alarmed.settings
    alarmed.settings = heard.model_copy(update={"mail_from": ""})
    assert finding(alarmed) == [("problem", "Set CX_SMTP_URL and CX_MAIL_FROM.")]
    alarmed.settings = heard
    say(alarmed, SAID)
    box.close()
    for _ in range(2):
        send(alarmed)
    assert finding(alarmed) == [("ok", "")]
    send(alarmed)
    [(state, cure)] = finding(alarmed)
    assert state == "problem" and "staff pages now" in cure
    with pytest.raises(MailFailed), mail.connected(alarmed.settings):
        pass


def test_the_doctor_tells_of_alerts_that_nobody_acknowledges(alarmed, box):
    say(alarmed, SAID)
    send(alarmed)
    assert finding(alarmed) == [("ok", "")]
    alarmed.clock.forward(days=1)
    [(state, cure)] = finding(alarmed)
    assert state == "warning" and "presses Acknowledge" in cure
    with db.write(alarmed.engine) as connection:
        acknowledged = {"acknowledged": alarmed.clock(), "acknowledged_by": "a@example.gov"}
        connection.execute(tables.alerts.update().values(**acknowledged))
    assert finding(alarmed) == [("ok", "")]


def test_the_doctor_says_nothing_where_there_are_no_alerts(house):
    assert finding(house) == []


# ---- the whole way


class Ticking:
    """A clock that begins where the house's stands, and goes."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self._began)

    @property
    def now(self) -> datetime:
        return self()


def test_a_running_server_mails_the_team_within_seconds(alarmed, box, serve, monkeypatch):
    """A form is sent to a real server over a socket, and nobody does anything more."""
    monkeypatch.setattr(scheduler, "EVERY", 0.2)
    # It looks every 20 seconds; a test waits no longer than one.
    hasty = tuple(replace(job, every=timedelta(seconds=1)) for job in due.JOBS)
    monkeypatch.setattr(due, "JOBS", hasty)
    alarmed.settings = alarmed.settings.model_copy(update={"scheduler": True})
    alarmed.clock = Ticking()
    address = serve.reserve()
    alarmed.move(address)
    serve(alarmed.app(), at=address)
    with httpx2.Client() as client:
        link = alarmed.mint()
        assert answer(client, link, comment="All was well.").status_code == 303
        assert answer(client, alarmed.mint(), comment=SAID).status_code == 303
    deadline = time.monotonic() + http_server.PATIENCE
    while not rows(alarmed)[0].sent:
        assert time.monotonic() < deadline, "no mail came"
        time.sleep(0.05)
    [letter], [to] = box.letters, box.bound_for
    assert to == ["crisis@example.gov", "night@example.gov"]
    assert "Some days I want to die." in plain(letter) and "457-55-5462" not in plain(letter)
    assert [row.sent is not None for row in rows(alarmed)] == [True]

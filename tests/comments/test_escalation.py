"""An alert that nobody acknowledges goes on to the next team, each once and in order."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from cxserver import db, mail, tables
from cxserver.catalog import directory
from cxserver.comments import acknowledging, alerts, escalation
from cxserver.comments.escalation import AlertKey, Mailed
from cxserver.errors import NotFound
from cxserver.intake import unlinkable
from cxserver.jobs import due
from cxserver.response_id import ResponseId
from cxserver.settings import Settings
from tests.comments.test_alerts import ALARMED, SAID, rows, say, send, send_from_another_process
from tests.support.mail_server import html, plain

THEN = """acknowledge_within = 20
en = ["suicid*", "kill myself", "don't want to live", "want to die"]
es = ["suicid*", "quitarme la vida", "quiero morir*", "hacerme daño"]

[[agency.alert.then]]
team = "Regional safety team"
mail = ["region@example.gov"]

[[agency.alert.then]]
team = "Agency duty officer"
mail = ["duty@example.gov", "duty-night@example.gov"]

[[agency.alert]]
code = "threats\""""
FIRST = ["crisis@example.gov", "night@example.gov"]
SECOND, THIRD = ["region@example.gov"], ["duty@example.gov", "duty-night@example.gov"]
MANAGER = "manager@example.gov"
_OLD = ALARMED[ALARMED.index('en = ["suicid*"') : ALARMED.index('code = "threats"')]
ESCALATING = ALARMED.replace(_OLD + 'code = "threats"', THEN, 1)


@pytest.fixture
def escalating(house, box):
    """Three teams, 20 minutes each, and a mail server. Nothing is sent but by the tests."""
    house.apply(ESCALATING)
    house.settings = box.settings(house.settings, scheduler=False)
    return house


def letters(house):
    with db.read(house.engine) as connection:
        table = tables.alert_letters
        return connection.execute(select(table).order_by(table.c.step)).all()


def key_of(house):
    [row] = rows(house)
    return AlertKey(row.service, row.day, row.response, row.alert)


def acknowledge(house, who=MANAGER):
    with db.write(house.engine) as connection:
        return acknowledging.acknowledge(connection, key_of(house), who, house.clock())


def test_each_team_is_mailed_once_when_the_time_of_the_one_before_is_over(escalating, box):
    say(escalating, SAID)
    mailed = []
    for _ in range(14):
        send(escalating)
        mailed.append(len(box.bound_for))
        escalating.clock.forward(minutes=5)
    assert mailed == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]
    assert box.bound_for == [FIRST, SECOND, THIRD]
    assert [(row.step, row.team) for row in letters(escalating)] == [
        (0, "Crisis team"),
        (1, "Regional safety team"),
        (2, "Agency duty officer"),
    ]
    [begun, *later] = [row.at for row in letters(escalating)]
    assert [at - begun for at in later] == [timedelta(minutes=20), timedelta(minutes=40)]


def test_the_letter_says_who_was_told_before_and_when_and_who_is_next(escalating, box):
    say(escalating, SAID)
    for _ in range(3):
        send(escalating)
        escalating.clock.forward(minutes=20)
    first, second, third = box.letters
    assert "within 20 minutes" in plain(first) and "team: Regional safety team." in plain(first)
    assert "Told before" not in plain(first)
    assert second["Subject"] == "Alert: Crisis, Riverside Office, nobody has acknowledged it"
    for written in (plain(second), html(second)):
        assert "Nobody has acknowledged it yet." in written
        assert "Crisis team, 10:20 a.m. EST" in written
        assert "Some days I want to die." in written and "Call the duty officer now." in written
    assert "Regional safety team, 10:40 a.m. EST" in plain(third)
    assert "No other team is told after you." in plain(third)
    assert f"{escalating.settings.base_url}/staff/" in plain(third).split()


def test_acknowledging_in_between_ends_it(escalating, box):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=19)
    assert acknowledge(escalating) is None
    escalating.clock.forward(hours=5)
    assert send(escalating) == 0 and box.bound_for == [FIRST]


def test_whoever_comes_second_hears_who_was_first_and_when(escalating):
    say(escalating, SAID)
    first_at = escalating.clock()
    assert acknowledge(escalating) is None
    escalating.clock.forward(minutes=3)
    for who in (MANAGER, "late@example.gov"):
        other = acknowledge(escalating, who)
        assert (other.who, other.at) == (MANAGER, first_at)
    with db.write(escalating.engine) as connection, pytest.raises(NotFound):
        nobody = AlertKey("permits", first_at.date(), "0" * 32, "crisis")
        acknowledging.acknowledge(connection, nobody, MANAGER, first_at)


def test_acknowledging_leaves_of_the_letters_times_the_hour(escalating, box):
    """No response knows more of its time than the hour, nor does what lies beside it."""
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)
    send(escalating)
    escalating.clock.forward(minutes=2)
    assert {row.at.minute for row in letters(escalating)} == {20, 40}
    acknowledge(escalating)
    hour = datetime(2026, 11, 4, 15, tzinfo=UTC)
    assert {moment for row in letters(escalating) for moment in (row.at, row.tried)} == {hour}


def test_what_nobody_acknowledges_keeps_its_times_for_30_days(escalating, box):
    say(escalating, SAID)
    for _ in range(3):
        send(escalating)
        escalating.clock.forward(minutes=20)
    escalating.clock.forward(days=30, minutes=-61)
    assert send(escalating) == 0 and {row.at.minute for row in letters(escalating)} == {0, 20, 40}
    escalating.clock.forward(minutes=45)
    assert send(escalating) == 0 and {row.at.minute for row in letters(escalating)} == {0}
    assert len(box.letters) == 3 and rows(escalating)[0].acknowledged is None


def test_the_proof_looks_at_the_times_of_the_letters(escalating):
    say(escalating, SAID)
    send(escalating)
    assert acknowledge(escalating) is None
    assert exact_times(escalating) is True
    with db.write(escalating.engine) as connection:
        connection.execute(tables.alert_letters.update().values(at=escalating.clock()))
    assert exact_times(escalating) is False


def exact_times(house):
    claims = unlinkable.findings(db.source(house.engine), house.clock())
    [finding] = [item for item in claims if "no time is kept but the hour" in item.claim]
    return finding.holds


def test_the_first_team_hears_of_one_that_was_acknowledged_before_its_mail(escalating, box):
    say(escalating, SAID)
    acknowledge(escalating)
    assert send(escalating) == 1 and box.bound_for == [FIRST]
    [letter] = box.letters
    assert f"Acknowledged: {MANAGER}, 10:20 a.m. EST" in plain(letter)
    assert "Please acknowledge" not in plain(letter)
    assert letters(escalating)[0].at.minute == 0
    escalating.clock.forward(hours=2)
    assert send(escalating) == 0


def test_acknowledged_while_its_round_is_under_way_it_goes_to_no_further_team(escalating, box):
    say(escalating, SAID, SAID)
    assert send(escalating) == 2
    escalating.clock.forward(minutes=20)

    def both() -> None:
        with db.write(escalating.engine) as connection:
            for row in rows(escalating):
                response = ResponseId(row.service, row.day, row.response)
                acknowledging.acknowledge_all(connection, response, MANAGER, escalating.clock())

    box.meanwhile = both
    assert send(escalating) == 1
    assert box.bound_for == [FIRST, FIRST, SECOND]
    # The one that was on its way is noted as the others: by the hour.
    assert {row.at.minute for row in letters(escalating) if row.at} == {0}


def test_after_a_night_without_a_server_the_next_team_hears_at_once_and_no_other(escalating, box):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(hours=9)
    assert send(escalating) == 1 and box.bound_for == [FIRST, SECOND]
    escalating.clock.forward(minutes=19)
    assert send(escalating) == 0
    escalating.clock.forward(minutes=1)
    assert send(escalating) == 1 and box.bound_for[2:] == [THIRD]


def test_a_mailbox_that_does_not_exist_keeps_nobody_from_the_next(escalating, box):
    say(escalating, SAID)
    box.refuses["night@example.gov"] = "550 No such mailbox"
    for _ in range(3):
        assert send(escalating) == 0
        escalating.clock.forward(minutes=5)
    escalating.clock.forward(minutes=5)
    assert send(escalating) == 1
    assert plain(box.letters[-1]).count("(the mail server did not take it)") == 1


def test_a_further_letter_that_was_refused_is_tried_again(escalating, box):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)
    box.refuses["region@example.gov"] = "451 Try again later"
    assert send(escalating) == 0
    escalating.clock.forward(minutes=1)
    box.refuses.clear()
    assert send(escalating) == 1 and box.bound_for[-1] == SECOND
    assert send(escalating) == 0
    escalating.clock.forward(minutes=20)
    assert send(escalating) == 1 and box.bound_for[-1] == THIRD


def test_killed_between_a_further_letter_and_its_mark_it_is_sent_again_and_once(
    escalating, box, monkeypatch
):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)

    class Killed(BaseException):
        pass

    hand_over = mail.send

    def send_and_die(*given):
        hand_over(*given)
        raise Killed

    monkeypatch.setattr(mail, "send", send_and_die)
    with pytest.raises(Killed):
        send(escalating)
    monkeypatch.undo()
    for _ in range(3):
        send(escalating)
    assert box.bound_for == [FIRST, SECOND, SECOND]


def test_of_two_nodes_one_mails_the_next_team(escalating, box):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)
    others = []
    box.meanwhile = lambda: others.append(send_from_another_process(escalating))
    assert send(escalating) == 1 and others == [0]
    assert send_from_another_process(escalating) == 0
    assert box.bound_for == [FIRST, SECOND]


def test_two_nodes_at_the_same_moment_mail_the_next_team_once(escalating, box):
    say(escalating, SAID)
    send(escalating)
    escalating.clock.forward(minutes=20)
    gate, sent = threading.Barrier(2), []

    def node() -> None:
        gate.wait()
        sent.append(send_from_another_process(escalating))

    nodes = [threading.Thread(target=node) for _ in range(2)]
    for thread in nodes:
        thread.start()
    for thread in nodes:
        thread.join()
    assert sorted(sent) == [0, 1] and box.bound_for == [FIRST, SECOND]


def test_the_job_sends_the_next_letter_and_says_so(escalating, box):
    with db.read(escalating.engine) as connection:
        known = directory.load(connection)
    [job] = [job for job in due.JOBS if job.name == "alerts"]

    def work():
        how = (escalating.engine, escalating.settings, known, escalating.clock())
        return [done.result for done in due.run_due(*how, jobs=(job,))]

    say(escalating, SAID)
    assert work() == ["1 sent"]
    escalating.clock.forward(minutes=20)
    assert work() == ["1 sent"]
    escalating.clock.forward(minutes=5)
    assert work() == ["nothing to send"]
    box.refuses["duty@example.gov"] = "550 No such mailbox"
    escalating.clock.forward(minutes=15)
    assert work() == ["failed: 0 sent, 1 still waiting"]


def test_many_of_one_team_share_a_letter_at_every_step(escalating, box):
    say(escalating, *["suicide"] * (alerts.FEW + 1))
    send(escalating)
    escalating.clock.forward(minutes=20)
    assert send(escalating) == alerts.FEW + 1
    assert box.bound_for == [FIRST, SECOND]
    assert plain(box.letters[1]).count("Told before: Crisis team") == alerts.FEW + 1


def test_a_list_without_further_teams_stays_with_its_own(escalating, box):
    say(escalating, "a bomb")
    send(escalating)
    escalating.clock.forward(days=3)
    assert send(escalating) == 0 and len(box.letters) == 1
    assert "No other team" in plain(box.letters[0])


def test_what_was_mailed_before_there_was_a_button_goes_to_nobody(escalating, box):
    """The migration marks it so; a row without letters has no clock to go by either."""
    say(escalating, SAID)
    with db.write(escalating.engine) as connection:
        connection.execute(tables.alerts.update().values(sent=escalating.today()))
    escalating.clock.forward(days=1)
    assert send(escalating) == 0 and box.letters == []


def test_the_migration_calls_alerts_of_before_acknowledged(empty_database_url, tmp_path):
    engine = db.open_engine(Settings(data_dir=tmp_path, database_url=empty_database_url))
    try:
        db.migrate(engine, "0008")
        with db.write(engine) as connection:
            for id, sent in (("a", "'2026-11-04'"), ("b", "NULL")):
                connection.execute(
                    text(
                        "INSERT INTO alerts (service, day, response, alert, office, tries, sent) "
                        f"VALUES ('p', '2026-11-04', '{id}', 'crisis', 'o', 1, {sent})"
                    )
                )
        db.migrate(engine)
        with db.read(engine) as connection:
            stored = connection.execute(select(tables.alerts)).all()
        assert {row.response: row.acknowledged is not None for row in stored} == {
            "a": True,
            "b": False,
        }
    finally:
        engine.dispose()


# ---- pure


def test_who_is_still_to_be_told_and_when(escalating):
    with db.read(escalating.engine) as connection:
        crisis = directory.load(connection).alert("crisis")
    at = escalating.clock()
    taken = Mailed(0, "Crisis team", at - timedelta(minutes=1), at)
    following = escalation.turns(crisis, [taken])
    assert [(turn.step, turn.team.name, turn.due - at) for turn in following] == [
        (1, "Regional safety team", timedelta(minutes=20)),
        (2, "Agency duty officer", timedelta(minutes=40)),
    ]
    assert escalation.turns(crisis, []) == () == escalation.turns(None, [taken])
    almost = at + timedelta(minutes=20, microseconds=-1)
    assert escalation.steps_due(crisis, [taken], almost) == ()
    assert escalation.steps_due(crisis, [taken], at + timedelta(minutes=20)) == (1,)

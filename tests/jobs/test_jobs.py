"""Work that is due: one does it, whoever dies in the middle, and the answers never wait for it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, select, update
from starlette.types import Message

from cxserver import clock, db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.doctor import checkup
from cxserver.jobs import due, lease, scheduler
from cxserver.timekeeping import evidence
from tests.support import fork_server, http_server, mail_server
from tests.support.cx_process import cx, environment
from tests.support.house import CATALOGUE, NOW, answer
from tests.support.staff_accounts import invite

# As in test_digest: six in the morning on a Monday, and its staff came long before.
DUE = datetime(2026, 11, 2, 11, tzinfo=UTC)
MANAGER = "office-manager@example.gov"
HOUR = timedelta(hours=1)


@pytest.fixture
def mailed(mailed):
    """A house with a mail server and a manager, on a Monday morning."""
    return staffed(mailed)


@pytest.fixture
def quiet(quiet):
    """As `mailed`, on SQLite alone."""
    return staffed(quiet)


def staffed(house):
    house.clock.now = DUE - timedelta(days=60)
    invite(house, Role.OFFICE_MANAGER)
    house.clock.now = DUE
    return house


def run(house, at=DUE):
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    return due.run_due(house.engine, house.settings, known, at, jobs=DIGESTS)


DIGESTS = [job for job in due.JOBS if job.name == "digests"]


def record(house, name="digests"):
    with db.read(house.engine) as connection:
        return lease.records(connection).get(name)


def wait_for(what, seconds=http_server.PATIENCE):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


# ---- the lease


def test_of_many_at_once_one_gets_the_lease(house):
    def take(n):
        with db.write(house.engine) as connection:
            return lease.take(connection, "work", f"holder-{n}", NOW, HOUR)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == 1


def test_a_lease_is_held_until_its_end_or_until_it_is_given_back(house):
    with db.write(house.engine) as connection:
        assert lease.take(connection, "work", "ana", NOW, HOUR)
        assert not lease.take(connection, "work", "ben", NOW + HOUR - timedelta(seconds=1), HOUR)
        assert lease.take(connection, "other", "ben", NOW, HOUR)
        assert lease.take(connection, "work", "ben", NOW + HOUR, HOUR)
        lease.give_back(connection, "work", "ben", NOW + HOUR, "done")
        assert lease.take(connection, "work", "cy", NOW + HOUR, HOUR)


def test_who_lost_the_lease_hears_of_it_and_spoils_nothing(house):
    with db.write(house.engine) as connection:
        assert lease.take(connection, "work", "ana", NOW, HOUR)
        assert lease.keep(connection, "work", "ana", NOW + HOUR / 2, HOUR)
        late = NOW + 2 * HOUR
        assert not lease.keep(connection, "work", "ana", late, HOUR)
        assert lease.take(connection, "work", "ben", late, HOUR)
        assert not lease.keep(connection, "work", "ana", late, HOUR)
        lease.give_back(connection, "work", "ana", late, "done")
        [job] = lease.records(connection).values()
        assert (job.holder, job.ran, job.result) == ("ben", None, "")


def test_what_came_of_it_is_written_down_and_a_long_word_is_cut(house):
    with db.write(house.engine) as connection:
        lease.take(connection, "work", "ana", NOW, HOUR)
        lease.give_back(connection, "work", "ana", NOW, lease.FAILED + "x" * 500)
    job = record(house, "work")
    assert (job.holder, job.until, job.ran, len(job.result)) == ("", None, NOW, 200)
    assert job.failed


# ---- doing what is due


def test_who_was_killed_in_the_middle_is_followed_when_the_lease_ends(mailed, box):
    house = mailed
    box.stalls = True
    # On today's clock: the command has no other.
    with db.write(house.engine) as connection:
        connection.execute(update(tables.staff_members).values(created=DUE))
        evidence.confirm(connection, clock.now())
    line = [sys.executable, "-m", "cxserver", "jobs", "run-due"]
    env = environment(house) | mail_of(house)
    began = clock.now()
    with subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        wait_for(lambda: box.begun == 1)
        assert run(house, clock.now()) == []
        killed.send_signal(signal.SIGKILL)
    box.stalls = False
    leased = record(house)
    assert leased.holder and leased.until and leased.ran is None
    # The letter may have come through when the one who sent it was dead.
    box.letters.clear()
    assert run(house, leased.until - timedelta(seconds=1)) == []
    assert leased.until - began < timedelta(minutes=12)
    [done] = run(house, leased.until)
    assert (done.result, box.to) == ("1 sent", [MANAGER])
    assert run(house, leased.until + HOUR)[0].result == "nothing to send"


def mail_of(house):
    settings = house.settings
    return {
        "CX_SMTP_URL": settings.smtp_url.get_secret_value(),
        "CX_MAIL_FROM": settings.mail_from,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def test_without_a_mail_server_nothing_is_due(sqlite_house):
    invite(sqlite_house, Role.OFFICE_MANAGER)
    assert run(sqlite_house, NOW + timedelta(days=30)) == []
    assert record(sqlite_house) is None


def test_a_job_is_looked_at_every_few_minutes_and_after_a_failure_at_once(quiet, box):
    house, up = quiet, quiet.settings
    assert [done.result for done in run(house)] == ["1 sent"]
    assert run(house, DUE + timedelta(minutes=4)) == []
    house.settings = mail_server.Postbox(http_server.free_port()).settings(up)
    later = DUE + timedelta(days=7)
    [failed] = run(house, later)
    assert failed.failed and record(house).result == failed.result
    house.settings = up
    assert [done.result for done in run(house, later)] == ["1 sent"]


def test_a_clock_that_was_ahead_keeps_nothing_waiting(quiet):
    run(quiet, DUE + timedelta(days=365))
    assert [done.name for done in run(quiet, DUE)] == ["digests"]


def test_one_job_that_breaks_does_not_stop_the_next_and_says_nothing_of_its_words(quiet, box):
    with db.write(quiet.engine) as connection:
        # A row that nothing here writes: as after somebody's hand in the database.
        connection.execute(tables.digests.insert().values(member=member(quiet), every="hour"))
    [done] = run(quiet)
    assert (done.failed, done.result) == (True, "failed: ValueError")


def member(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.staff_members.c.id)).scalar_one()


# ---- the server does it itself


@pytest.fixture
def looks(monkeypatch):
    """How often each server has looked at what is due: they look twenty times a second."""
    monkeypatch.setattr(scheduler, "EVERY", 0.05)
    counted: Counter[Engine] = Counter()

    def count(connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and "FROM jobs" in statement:
            counted[connection.engine] += 1

    event.listen(Engine, "before_cursor_execute", count)
    yield counted
    event.remove(Engine, "before_cursor_execute", count)


def look_again(looks, servers):
    """Wait until so many servers have looked at every job a few times more."""
    looks.clear()
    wait_for(lambda: sum(n >= 4 * len(due.JOBS) for n in list(looks.values())) == servers)


def test_a_server_sends_what_is_due_by_itself(mailed, box):
    with mailed.client() as client:
        wait_for(lambda: box.to == [MANAGER])
        wait_for(lambda: record(mailed).result == "1 sent")
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # of SQLite there is one
def test_of_two_servers_one_sends(mailed, box, looks):
    box.stalls = True
    with mailed.client(), mailed.client():
        wait_for(lambda: box.begun)
        look_again(looks, servers=2)
        assert box.begun == 1, "the other has sent it too, while one was at it"
        box.stalls = False
        wait_for(lambda: record(mailed).ran)
        look_again(looks, servers=2)
    assert box.to == [MANAGER] and box.begun == 1


def test_answers_do_not_wait_for_a_mail_server_that_says_nothing(quiet, box):
    box.stalls = True
    with quiet.client() as client:
        wait_for(lambda: box.begun == 1)
        assert answer(client, quiet.mint()).status_code == 303
        assert record(quiet).holder and not box.letters, "the letter is still under way"
        box.stalls = False
        wait_for(lambda: box.to == [MANAGER])


def test_a_server_that_is_told_to_stop_does_not_wait_for_the_mail(quiet, box, monkeypatch):
    monkeypatch.setattr(scheduler, "_SECONDS_TO_FINISH", 0.5)
    box.stalls = True
    orders: asyncio.Queue[Message] = asyncio.Queue()
    reports: asyncio.Queue[Message] = asyncio.Queue()

    async def live():
        life = asyncio.ensure_future(quiet.app()({"type": "lifespan"}, orders.get, reports.put))
        await orders.put({"type": "lifespan.startup"})
        assert (await reports.get())["type"] == "lifespan.startup.complete"
        await asyncio.to_thread(wait_for, lambda: box.begun == 1)
        await orders.put({"type": "lifespan.shutdown"})
        assert (await reports.get())["type"] == "lifespan.shutdown.complete"
        assert record(quiet).holder and not box.letters, "the letter is still under way"
        box.stalls = False  # asyncio waits for the thread that sends it
        await life

    asyncio.run(live())


def test_a_server_that_is_told_not_to_leaves_it_to_cron(quiet, box, looks):
    with quiet.client():
        wait_for(lambda: record(quiet) and record(quiet).ran)
    box.letters.clear()
    quiet.clock.forward(days=7)
    before = record(quiet)
    looks.clear()
    quiet.settings = quiet.settings.model_copy(update={"scheduler": False})
    with quiet.client() as client:
        link = quiet.mint()
        quiet.apply(CATALOGUE.replace("Riverside Office", "Harbor Office"))
        # What it does once a second it has done by then; the other began at once.
        wait_for(lambda: "Harbor Office" in client.get(link).text)
    assert not looks and not box.letters
    assert record(quiet) == before
    run(quiet, quiet.clock())
    assert box.to == [MANAGER]


def test_a_server_survives_whatever_goes_wrong_and_tries_again(quiet, box, monkeypatch, capsys):
    monkeypatch.setattr(scheduler, "EVERY", 0.05)
    with db.write(quiet.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE jobs RENAME TO away")
    with quiet.client() as client:
        printed = []

        def failures():
            printed.append("".join(capsys.readouterr()))
            return "".join(printed).count("job_failed")

        wait_for(lambda: failures() > 2 * len(due.JOBS))
        assert client.get("/healthz").status_code == 200
        assert not box.letters
        with db.write(quiet.engine) as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO jobs")
        wait_for(lambda: box.to == [MANAGER])


# ---- the commands


@pytest.fixture
def at_command(quiet):
    """`at_command("run-due")`: a command, with the house's mail server."""
    with db.write(quiet.engine) as connection:
        evidence.confirm(connection, clock.now())

    def at_command(*words: str, fails: bool = False) -> str:
        done = fork_server.run(("jobs", *words), environment(quiet) | mail_of(quiet))
        assert (done.returncode == 1) == fails, done.stderr
        return done.stdout

    return at_command


def test_cron_does_what_is_due_once_and_says_what(at_command, quiet, box):
    assert "never" in at_command("list")
    assert at_command("run-due") == (
        "alerts: nothing to send\nhandovers: nothing to send\n"
        "digests: 1 sent\nreminders: nothing to send\n"
        "batches: nothing to close\n"
        "findings: nothing stands out\n"
        "erasures: nothing new\n"
        "records: nothing due\n"
    )
    assert at_command("run-due") == "Nothing is due.\n"
    assert box.to == [MANAGER]
    [row] = [line for line in at_command("list").splitlines() if "digests" in line]
    assert "1 sent" in row and "UTC" in row


def test_a_program_reads_what_was_done(at_command):
    assert json.loads(at_command("run-due", "--json")) == {
        "done": [
            {"name": "alerts", "result": "nothing to send", "failed": False},
            {"name": "handovers", "result": "nothing to send", "failed": False},
            {"name": "digests", "result": "1 sent", "failed": False},
            {"name": "reminders", "result": "nothing to send", "failed": False},
            {"name": "batches", "result": "nothing to close", "failed": False},
            {"name": "findings", "result": "nothing stands out", "failed": False},
            {"name": "erasures", "result": "nothing new", "failed": False},
            {"name": "records", "result": "nothing due", "failed": False},
        ]
    }
    [job] = [
        job for job in json.loads(at_command("list", "--json"))["jobs"] if job["name"] == "digests"
    ]
    assert set(job) == {"name", "when", "ran", "result", "next"}
    ran, next_ = (datetime.fromisoformat(job[name]) for name in ("ran", "next"))
    assert timedelta(minutes=4) < next_ - ran <= timedelta(minutes=5)


def test_cron_is_told_of_a_failure(at_command, quiet):
    quiet.settings = mail_server.Postbox(http_server.free_port()).settings(quiet.settings)
    said = at_command("run-due", fails=True)
    assert "digests: failed: The mail server failed: ConnectionRefusedError" in said
    assert "failed" in at_command("list")


def test_without_a_mail_server_the_commands_say_so(sqlite_house):
    for word in ("run-due", "list"):
        printed = cx(sqlite_house, "jobs", word)
        assert "no mail server is set up. Set CX_SMTP_URL and CX_MAIL_FROM." in printed
    assert json.loads(cx(sqlite_house, "jobs", "list", "--json"))["jobs"][0]["next"] is None


# ---- the doctor


def findings(house, now=DUE, **changes):
    """What `cx doctor` says of mails and jobs: state, what was found, what to do."""
    settings = house.settings.model_copy(update=changes)
    checked = checkup.examine(settings, now)
    return [
        (each.state, each.text, each.cure) for each in checked if each.check in ("jobs", "mail")
    ]


def test_the_doctor_tells_who_never_sends_and_what_failed(quiet, box):
    house = quiet
    assert findings(house) == [("ok", "not run yet. The server runs them while it is on", "")]
    [(state, text, cure)] = findings(house, scheduler=False)
    assert state == "warning" and "no job ever ran" in text and "cx jobs run-due" in cure
    [(state, text, cure)] = findings(house, mail_from="")
    assert state == "warning" and "CX_MAIL_FROM" in cure
    up = house.settings
    house.settings = mail_server.Postbox(http_server.free_port()).settings(up)
    run(house)
    [(state, text, _)] = findings(house)
    assert state == "warning" and "digests: failed: The mail server failed" in text
    house.settings = up
    run(house)
    assert findings(house) == [("ok", "last done 2026-11-02 11:00 UTC", "")]
    [(state, text, cure)] = findings(house, DUE + timedelta(days=2))
    assert state == "warning" and "was last done 2026-11-02" in text and cure


def test_the_doctor_tells_of_an_address_that_is_refused(quiet, box):
    box.refuses[MANAGER] = "550 gone"
    run(quiet)
    assert ("warning", "1 digest was refused by the mail server") in [
        finding[:2] for finding in findings(quiet)
    ]

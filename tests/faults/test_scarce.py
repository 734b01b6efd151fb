"""Something runs short: the database's lock, descriptors, memory."""

import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from cxserver import db
from tests.faults import controls, proof
from tests.faults.site import Site

pytestmark = pytest.mark.slow


def test_a_locked_database_waits_then_refuses_and_recovers(standing: Site) -> None:
    with standing.crowd() as crowd:
        for seconds in (3, 12):
            crowd.more(10)
            lock(standing, seconds)
        crowd.more(10)
    assert crowd.replies[503] > 0 and crowd.replies[500] == 0
    refused = f"{crowd.replies[503]} refused with 503"
    result = proof.conclude("F12", crowd)
    with controls.hasty_crowd(standing) as careless:
        lock(standing, 12)
    proof.noted(result, f"{refused}; {controls.losses(careless)}").save()


def lock(site: Site, seconds: float) -> None:
    """Nobody else can store an answer for so long."""
    engine = site.house.engine
    with db.write(engine) as connection:  # on SQLite that is the lock
        if engine.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE responses IN EXCLUSIVE MODE"))
        time.sleep(seconds)


def test_a_server_out_of_descriptors_keeps_what_it_acknowledged(standing: Site) -> None:
    few = 48
    resource.prlimit(standing.node.pid, resource.RLIMIT_NOFILE, (few, 4096))
    with standing.crowd() as crowd, ExitStack() as stack:
        crowd.more(10)
        for _ in range(3 * few):
            line = socket.socket()
            stack.enter_context(line)
            line.settimeout(0.2)
            try:
                line.connect(("127.0.0.1", standing.node.port))
            except OSError:
                break
        most = max(descriptors(standing.node.pid) for _ in range(50))
        assert most >= few - 1, "the server still has descriptors left"
        time.sleep(5)
        assert standing.node.is_alive()
        stack.close()
        resource.prlimit(standing.node.pid, resource.RLIMIT_NOFILE, (1024, 4096))
        crowd.more(10)
    result = proof.conclude("F15-descriptors", crowd)
    note = f"all {few} descriptors in use; {controls.counted_twice(crowd)}"
    proof.noted(result, note).save()


def descriptors(process: int) -> int:
    """How many files and lines a process has open. A moment later it may be more."""
    time.sleep(0.02)
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def test_a_server_out_of_memory_keeps_what_it_acknowledged(standing: Site) -> None:
    node = standing.node
    with standing.crowd() as crowd:
        crowd.more(10)
        with open(f"/proc/{node.pid}/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        # Not a byte more than it has. What it needs for the next answer, it has to find there.
        resource.prlimit(node.pid, resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)
        time.sleep(5)
        node.restart()
        crowd.more(10)
    result = proof.conclude("F15-memory", crowd)
    proof.noted(result, controls.counted_twice(crowd)).save()

"""PostgreSQL is killed, stopped, or ends a connection at COMMIT; and two servers share it."""

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest

from tests.faults import controls, proof
from tests.faults.crowd import Crowd
from tests.faults.node import Node
from tests.faults.site import Site
from tests.faults.test_disk_errors import injected
from tests.support import http_server

pytestmark = pytest.mark.slow

_OURS = "SELECT pid FROM pg_stat_activity WHERE usename = 'cx' AND pid <> pg_backend_pid()"


def test_a_killed_postgresql_loses_nothing_and_the_pool_heals(postgresql_site: Site) -> None:
    site = postgresql_site
    with site.crowd() as crowd:
        for _ in range(5):
            crowd.more(10)
            site.postgresql.restart()
            crowd.more(10)
    assert crowd.replies[500] == 0
    result = proof.conclude("F7-killed", crowd)
    with controls.hasty_crowd(site) as careless:
        for _ in range(5):
            site.postgresql.restart()
            careless.more(10)
    proof.noted(result, controls.losses(careless)).save()


def test_a_stopped_postgresql_loses_nothing(postgresql_site: Site) -> None:
    site = postgresql_site
    with site.crowd() as crowd:
        for seconds in (1, 6, 12):
            crowd.more(10)
            stop(site, seconds)
            crowd.more(10)
    assert crowd.replies[500] == 0
    result = proof.conclude("F7-stopped", crowd)
    with controls.hasty_crowd(site) as careless:
        stop(site, 12)
        careless.more(10)
    proof.noted(result, controls.losses(careless)).save()


def stop(site: Site, seconds: float) -> None:
    """PostgreSQL does nothing for so long, and then goes on."""
    site.postgresql.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    site.postgresql.send_signal(signal.SIGCONT)


def test_a_connection_that_ends_at_commit_leaves_no_doubt_after_a_retry(postgresql_site) -> None:
    """PostgreSQL's replies break off after each statement in turn, COMMIT among them."""
    site = postgresql_site
    with site.crowd() as crowd:
        for nth in range(3, 23):
            crowd.more(3)
            break_off(site, crowd, nth)
        crowd.more(10)
    assert crowd.replies[500] == 0
    result = proof.conclude("F8", crowd)
    unknown = result.stored - result.acknowledged
    assert unknown > 0, "no connection ended between COMMIT and its reply"
    with controls.hasty_crowd(site) as careless:
        for nth in range(3, 13):
            break_off(site, careless, nth)
    note = f"{unknown} were stored though their client heard of an error"
    proof.noted(result, f"{note}; {controls.losses(careless)}").save()


def break_off(site: Site, crowd: Crowd, nth: int) -> None:
    """The n-th thing that each of PostgreSQL's processes says from now on does not arrive."""
    with injected(site.postgresql.processes(), f"sendto:error=ECONNRESET:when={nth}"):
        crowd.pause(0.3, 0.5)
    site.postgresql.run(f"SELECT pg_terminate_backend(pid) FROM ({_OURS}) AS ours")


# ---- two servers


@contextmanager
def second_node(site: Site):
    """One more server of the same installation, with a folder of its own."""
    house = site.house
    node = Node(house, http_server.free_port())
    folder = house.settings.data_dir / "second"
    folder.mkdir()
    node.environment["CX_DATA_DIR"] = str(folder)
    node.environment["CX_ROOT_KEY_FILE"] = str(house.settings.root_key_path)
    node.start()
    node.wait()
    site.more_nodes.append(node)
    try:
        yield node
    finally:
        node.kill()


def test_two_servers_on_one_database_take_each_answer_once(postgresql_site: Site) -> None:
    site = postgresql_site
    with second_node(site) as other:
        with site.crowd() as crowd:
            for node in (other, site.node) * 3:
                crowd.more(10)
                node.restart()
            crowd.more(10)
        twice = [crowd.invite() for _ in range(20)]
        with httpx2.Client(timeout=60) as client, ThreadPoolExecutor(8) as people:
            sends = [people.submit(crowd.send, client, word) for word in twice * 4]
            statuses = Counter(send.result() for send in sends)
        assert statuses == {201: 20, 200: 60}
        result = proof.conclude("nodes", crowd)
        doubles = proof.doubled_without_keys(crowd)
    assert doubles == result.attempted
    proof.noted(result, f"use-once keys deleted: {doubles} retries counted twice").save()

"""The power fails while people answer. What the disk had not been made to keep is gone.

`kill -9` cannot show that: the system still writes what a killed program gave it. Here the disk is
copied at one moment, without what waits in memory, and everything starts again from the copy.
"""

import signal
from pathlib import Path

import pytest

from tests.faults import disk, proof
from tests.faults.conftest import ENGINES
from tests.faults.crowd import Crowd
from tests.faults.disk import Disk
from tests.faults.site import Site, standing

MEGABYTES = {"sqlite": 24, "postgresql": 240}


def cut_power(site: Site, store: Disk) -> None:
    """Cut the power, and give it back: database and server start on what the disk had."""
    site.node.send_signal(signal.SIGSTOP)
    if site.cluster:
        site.cluster.send_signal(signal.SIGSTOP)
    store.photograph()
    site.node.kill()
    if site.cluster:
        site.cluster.kill()
    site.house.engine.dispose()
    store.replace()
    if site.cluster:
        site.cluster.start()
        # With the control's settings our server would not start: it reads them back.
        site.cluster.run("ALTER SYSTEM RESET ALL")
        site.cluster.run("SELECT pg_reload_conf()")
    site.node.environment.pop("LD_PRELOAD", None)
    site.node.start()
    site.node.wait()


def answer_until_dark(site: Site, store: Disk) -> Crowd:
    """People answer until the power fails, at a moment that chance chose."""
    store.settle()
    with site.crowd() as crowd:
        crowd.more(40)
        crowd.pause(0, 0.8)
        cut_power(site, store)
    return crowd


def lost_on_a_lying_disk(engine: str, folder: Path, lying_disk: Path) -> str:
    """The control: the same where flushing does nothing, or is told not to wait."""
    preload = str(lying_disk) if engine == "sqlite" else ""
    with disk.breakable(folder, MEGABYTES[engine]) as store:
        with standing(engine, store.folder, preload) as site:
            if site.cluster:
                site.cluster.run("ALTER SYSTEM SET synchronous_commit = off")
                site.cluster.run("ALTER SYSTEM SET wal_writer_delay = '10s'")
                site.cluster.run("SELECT pg_reload_conf()")
            crowd = answer_until_dark(site, store)
            lost = proof.missing(crowd)
    assert lost > 0, "a power cut that loses nothing here would prove nothing"
    way = "flushes ignored" if engine == "sqlite" else "synchronous_commit=off"
    return f"{way}: {lost} of {len(crowd.acknowledged)} acknowledged answers lost"


def cut_and_conclude(engine: str, folder: Path, control: str, cuts: int) -> proof.Result:
    with disk.breakable(folder, MEGABYTES[engine]) as store:
        with standing(engine, store.folder) as site:
            results = []
            for _ in range(cuts):
                crowd = answer_until_dark(site, store)
                results.append(proof.conclude("F2", crowd, control))
    return proof.total(results)


@pytest.mark.parametrize("engine", [ENGINES[0]])
def test_a_power_cut_loses_nothing_and_a_lying_disk_does(folder, lying_disk, engine):
    (folder / "control").mkdir()
    control = lost_on_a_lying_disk(engine, folder / "control", lying_disk)
    cut_and_conclude(engine, folder, control, 1)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_five_power_cuts_lose_nothing(folder, lying_disk, engine):
    (folder / "control").mkdir()
    control = lost_on_a_lying_disk(engine, folder / "control", lying_disk)
    cut_and_conclude(engine, folder, control, 5).save()

"""The disk is full, cannot be written to, or fails at one write or at all of them."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.faults import controls, disk, proof
from tests.faults.conftest import ENGINES
from tests.faults.site import Site, standing
from tests.support.http_server import PATIENCE

# SQLite and PostgreSQL use one of the two, as they were built.
FLUSH = "fsync,fdatasync"
# Megabytes of a disk that has room for each.
DISKS = {"sqlite": 24, "postgresql": 240}


@contextmanager
def injected(processes: list[int], what: str) -> Iterator[None]:
    """As long as this lasts, system calls of these processes fail as strace's `inject` says."""
    calls = what.partition(":")[0]
    targets = [word for number in processes for word in ("-p", str(number))]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *targets]
    command += ["-e", f"trace={calls}", "-e", f"inject={what}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_traced(processes, tracer)
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(PATIENCE)
        if tracer.stderr:
            tracer.stderr.close()


def _wait_until_traced(processes: list[int], tracer: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + PATIENCE
    while not all(_is_traced(number) for number in processes):
        if tracer.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(
                f"strace does not work here: {tracer.stderr and tracer.stderr.read()}"
            )
        time.sleep(0.01)


def _is_traced(number: int) -> bool:
    """Whether each thread of a process is traced; a process that has ended is."""
    try:
        states = [task.read_text() for task in Path(f"/proc/{number}/task").glob("*/status")]
    except FileNotFoundError:
        return True
    return all("TracerPid:\t0\n" not in state for state in states)


def writers(site: Site) -> list[int]:
    """The processes that write to the database's files."""
    return site.cluster.processes() if site.cluster else [site.node.pid]


# ---- full, and read-only


def room_needed(folder: Path) -> int:
    """Kilobytes that a folder's files take."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) // 2


def fill_up(engine: str, folder: Path) -> proof.Result:
    """The disk fills while people answer; then it gets room again, and nothing is restarted."""
    with disk.small(folder, 1 << 20) as point, standing(engine, point) as site:
        disk.remount(point, f"size={room_needed(point) + 512}k")
        ballast = point / "ballast"
        with site.crowd() as crowd:
            crowd.more(5)
            _fill(ballast)
            crowd.more_replies(503, 20)
            assert httpx2.get(site.house.mint()).status_code == 200, "pages are still served"
            assert site.node.is_alive()
            ballast.unlink()
            disk.remount(point, "size=1g")
            crowd.more(10)
        refused = crowd.replies[503]
        result = proof.conclude("F6", crowd)
        assert site.node.readiness() == 200
    return proof.noted(result, f"{refused} refused with 503")


def lost_on_a_full_disk(engine: str, folder: Path) -> str:
    """The control: the disk fills under a careless server."""
    folder.mkdir()
    with disk.small(folder, 1 << 20) as point, standing(engine, point) as site:
        with controls.hasty_crowd(site) as crowd:
            disk.remount(point, f"size={room_needed(point) + 512}k")
            _fill(point / "ballast")
            crowd.more(40)
        (point / "ballast").unlink()
        disk.remount(point, "size=1g")
        return controls.losses(crowd)


def _fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("wb", buffering=0) as out:
        for block in (65_536, 4096):
            try:
                while True:
                    out.write(b"\0" * block)
            except OSError:
                continue


def test_a_full_disk_refuses_and_recovers_by_itself(folder: Path) -> None:
    fill_up("sqlite", folder)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_lost_on_a_full_disk(folder: Path, engine: str) -> None:
    control = lost_on_a_full_disk(engine, folder / "control")
    proof.noted(fill_up(engine, folder), control).save()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_disk_that_may_not_be_written_to_is_a_503(folder: Path, engine: str) -> None:
    """The database's files on a disk that turns read-only, and back."""
    megabytes = DISKS[engine]
    with disk.breakable(folder, megabytes) as store, standing(engine, store.folder) as site:
        # A file system that ends so forgets what nobody flushed, such as the files of `initdb`.
        store.settle()
        with site.crowd() as crowd:
            crowd.more(10)
            # As the system does it when a disk fails: an emergency, whoever writes.
            store.forbid_writing()
            crowd.more_replies(503, 5)
            site.node.wait(ready=503)
        allow_writing(site, store)
        result = proof.conclude("F14", crowd)
        with controls.hasty_crowd(site) as careless:
            store.forbid_writing()
            careless.more(20)
        allow_writing(site, store)
        proof.noted(result, controls.losses(careless)).save()


def allow_writing(site: Site, store: disk.Disk) -> None:
    """Take the disk off and put it back: whoever has a file open there must end first."""
    site.node.kill()
    if site.cluster:
        site.cluster.kill()
    site.house.engine.dispose()
    store.mount_again()
    if site.cluster:
        site.cluster.start()
    site.node.restart()


# ---- one write fails, or all do


def one_failure(site: Site, nth: int) -> proof.Result:
    """The n-th flush fails once. Nobody is told "saved" for nothing."""
    with site.crowd() as crowd:
        crowd.more(2)
        with injected(writers(site), f"{FLUSH}:error=EIO:when={nth}"):
            time.sleep(0.4 + nth / 20)
        revive(site)
        crowd.more(5)
    return proof.conclude("F3", crowd)


def revive(site: Site) -> None:
    """PostgreSQL ends itself when a flush fails, as it must; something has to start it again."""
    if site.cluster and site.cluster.has_ended():
        site.cluster.restart()
    site.node.wait()


@pytest.mark.slow
@pytest.mark.parametrize("at", [range(1, 13)], ids=["flushes-1-12"])
def test_a_flush_that_fails_once_loses_nothing(standing: Site, at: range) -> None:
    results = [one_failure(standing, nth) for nth in at]
    assert sum(result.unsaved for result in results) > 0, "no flush failed"
    proof.noted(proof.total(results), lost_at_a_write(standing, f"{FLUSH}:error=EIO")).save()


def lost_at_a_write(site: Site, fault: str, tries: int = 12) -> str:
    """The control: a fault at the first, second … write of a careless server, until it loses."""
    for nth in range(1, tries + 1):
        with controls.hasty_crowd(site) as crowd:
            with injected(writers(site), f"{fault}:when={nth}"):
                time.sleep(0.4 + nth / 20)
            restart_what_died(site)
            crowd.more(5)
        if proof.missing(crowd):
            break
    return controls.losses(crowd)


def restart_what_died(site: Site) -> None:
    """PostgreSQL or the server, whichever writes, from what it left."""
    if not site.node.is_alive():
        site.node.restart()
    revive(site)


@pytest.mark.slow
def test_flushes_that_fail_for_good_are_503_and_pages_go_on(standing: Site) -> None:
    site = standing
    with site.crowd() as crowd:
        crowd.more(10)
        with injected(writers(site), f"{FLUSH}:error=EIO"):
            crowd.more_replies(503, 5)
            site.node.wait(ready=503)
            assert site.node.is_alive()
        revive(site) if site.cluster else site.node.restart()
        crowd.more(10)
    result = proof.conclude("F4", crowd)
    with controls.hasty_crowd(site) as careless:
        with injected(writers(site), f"{FLUSH}:error=EIO"):
            careless.more(20)
        revive(site) if site.cluster else site.node.restart()
    proof.noted(result, controls.losses(careless)).save()


@pytest.mark.slow
@pytest.mark.parametrize("call", [FLUSH, "pwrite64"], ids=["flush", "write"])
def test_death_at_the_nth_write_loses_nothing(standing: Site, call: str) -> None:
    site, results = standing, []
    fault = "F5-write" if call == "pwrite64" else "F5-flush"
    for nth in range(1, 13):
        with site.crowd() as crowd:
            crowd.more(2)
            with injected(writers(site), f"{call}:signal=SIGKILL:when={nth}"):
                time.sleep(0.4 + nth / 20)
            if site.cluster:
                site.cluster.restart()
            else:
                site.node.restart()
            crowd.more(5)
        results.append(proof.conclude(fault, crowd))
    assert sum(result.unsaved for result in results) > 0, "nothing died"
    control = lost_at_a_write(site, f"{call}:signal=SIGKILL")
    proof.noted(proof.total(results), control).save()

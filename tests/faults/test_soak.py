"""Hours of mixed faults on one installation. Two minutes by default: CX_TEST_SOAK says how many
seconds instead, such as 1800 for a night's run and 86400 for a day.

What happens next is chance, by the seed that is printed. The server is never restarted in the
first part, so that what it takes of memory and descriptors can be compared.
"""

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import controls, proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.faults.test_disk_errors import FLUSH, injected, restart_what_died, writers
from tests.faults.test_lines import as_form, hang_up_after
from tests.faults.test_scarce import descriptors, lock

pytestmark = pytest.mark.slow

_SECONDS = float(os.environ.get("CX_TEST_SOAK", "120"))
# What a process may have more in the end than once it was warm: a few connections of its pools,
# and the memory of what came at the same time. A leak of an hour is more than that.
_DESCRIPTORS, _MEGABYTES = 12, 48


def lock_database(site: Site, crowd: Crowd, chance: random.Random) -> None:
    lock(site, chance.uniform(0.1, 2))


def fail_a_flush(site: Site, crowd: Crowd, chance: random.Random) -> None:
    with injected(writers(site), f"{FLUSH}:error=EIO:when={chance.randint(1, 8)}"):
        time.sleep(chance.uniform(0.3, 0.8))
    restart_what_died(site)


def stop_for_a_moment(site: Site, crowd: Crowd, chance: random.Random) -> None:
    stopped = site.cluster or site.node
    stopped.send_signal(signal.SIGSTOP)
    time.sleep(chance.uniform(0.1, 1.5))
    stopped.send_signal(signal.SIGCONT)


def lose_replies(site: Site, crowd: Crowd, chance: random.Random) -> None:
    for _ in range(10):
        word = crowd.invite()
        whole = as_form(site, crowd, word)
        hang_up_after(site, whole[: chance.randint(1, len(whole))], chance.choice((0, 0.05)))


def leave_lines_open(site: Site, crowd: Crowd, chance: random.Random) -> None:
    with ExitStack() as stack:
        for _ in range(chance.randint(10, 60)):
            line = socket.create_connection(("127.0.0.1", site.node.port), timeout=5)
            stack.enter_context(line).sendall(b"GET /s/permits/riverside/")
        time.sleep(0.3)


def kill_postgresql(site: Site, crowd: Crowd, chance: random.Random) -> None:
    if site.cluster:
        site.cluster.restart()


FAULTS: list[Callable[[Site, Crowd, random.Random], None]] = [
    lock_database,
    fail_a_flush,
    stop_for_a_moment,
    lose_replies,
    leave_lines_open,
    kill_postgresql,
]


@dataclass(frozen=True)
class Use:
    """What a process has of the machine."""

    descriptors: int
    megabytes: float

    @classmethod
    def of(cls, process: int) -> "Use":
        """Once nobody asks anything of it."""
        time.sleep(1)
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        kilobytes = int(status.partition("VmRSS:")[2].split()[0])
        return cls(descriptors(process), kilobytes / 1024)

    def has_grown_to(self, later: "Use") -> bool:
        """Whether the later one is more than a process that leaks nothing would have."""
        return (
            later.descriptors > self.descriptors + _DESCRIPTORS
            or later.megabytes > self.megabytes + _MEGABYTES
        )

    def __str__(self) -> str:
        return f"{self.descriptors} descriptors and {self.megabytes:.0f} MB"


def trouble(site: Site, seconds: float, chance: random.Random) -> tuple[Crowd, int]:
    """People answer, and one thing after the other goes wrong."""
    ends, faults = time.monotonic() + seconds, 0
    with site.crowd() as crowd:
        while time.monotonic() < ends or faults < len(FAULTS):
            # Each once, and then by chance.
            fault = FAULTS[faults] if faults < len(FAULTS) else chance.choice(FAULTS)
            crowd.more(5)
            fault(site, crowd, chance)
            faults += 1
        site.node.wait()
        crowd.more(5)
    return crowd, faults


def test_hours_of_mixed_faults_lose_nothing_and_leak_nothing(standing: Site) -> None:
    site, chance = standing, random.Random(proof.seed())
    process = site.node.pid
    first, n = trouble(site, _SECONDS / 4, chance)
    results, warm = [proof.conclude("F20", first)], Use.of(process)
    second, more = trouble(site, _SECONDS * 3 / 4, chance)
    results.append(proof.conclude("F20", second))
    later = Use.of(process)
    assert site.node.pid == process and site.node.is_alive()
    assert not warm.has_grown_to(later), f"{warm} became {later}"
    assert first.replies[500] + second.replies[500] == 0
    note = (
        f"{n + more} faults in {_SECONDS:.0f} seconds, none answered with 500; {warm} when warm, "
        f"{later} in the end; {noticed(site, warm)}; {controls.counted_twice(second)}"
    )
    proof.noted(proof.total(results), note).save()


def noticed(site: Site, warm: Use) -> str:
    """The control: lines that are not given back are seen as a leak."""
    with ExitStack() as stack:
        for _ in range(warm.descriptors + _DESCRIPTORS + 20):
            stack.enter_context(socket.create_connection(("127.0.0.1", site.node.port), timeout=5))
        leaky = Use.of(site.node.pid)
        assert warm.has_grown_to(leaky), "a leak that is not seen would prove nothing"
    return f"lines left open: {leaky.descriptors} descriptors, noticed"

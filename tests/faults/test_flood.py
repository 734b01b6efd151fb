"""One poster's link is attacked for a minute. The approval stays, and honest people are answered.

Times are printed and go to docs/operate/trust.md, as ratios to the same people's times before the
attack, with the load of the machine. They are not asserted: others may be at work on it.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.limits import Limits
from tests.faults import attacker, proof
from tests.faults.site import Site
from tests.faults.visitors import Visitors
from tests.support.http_server import PATIENCE

pytestmark = pytest.mark.slow

_CONNECTIONS = 30
_SECONDS, _CONTROL_SECONDS = 60.0, 15.0
_NETWORK = "198.51.100.7"


class Attack:
    """The attacker's program, and after it has ended, the replies it got."""

    def __init__(self, site: Site, link: str, seconds: float):
        self.replies: Counter[int] = Counter()
        words = [str(site.node.port), link, str(_CONNECTIONS), str(seconds), _NETWORK]
        command = [sys.executable, "-m", "tests.faults.attacker", *words]
        self._process = subprocess.Popen(
            command, cwd=proof.CHECKOUT, stdout=subprocess.PIPE, text=True
        )

    def end(self) -> Counter[int]:
        """Wait until it is over."""
        printed, _ = self._process.communicate(timeout=PATIENCE + _SECONDS)
        assert self._process.returncode == 0
        return Counter({int(status): n for status, n in json.loads(printed).items()})


def charged(site: Site) -> int:
    """Answers taken from the approval."""
    with db.read(site.house.engine) as connection:
        return int(connection.execute(select(tables.burden.c.used)).scalar() or 0)


class Times:
    """Seconds that honest people waited, before the attack and during it."""

    def __init__(self, who: str, seconds: list[float], quiet: int):
        self._who, self._quiet, self._loaded = who, seconds[:quiet], seconds[quiet:]

    def __str__(self) -> str:
        before, during = map(_middle_and_slowest, (self._quiet, self._loaded))
        ratios = [loaded / quiet for quiet, loaded in zip(before, during, strict=True)]
        return (
            f"{self._who} p50/p99 quiet {_milliseconds(before)}, attacked "
            f"{_milliseconds(during)}: {ratios[0]:.1f} and {ratios[1]:.1f} times as long"
        )


def _middle_and_slowest(seconds: list[float]) -> tuple[float, float]:
    return statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]


def _milliseconds(pair: tuple[float, float]) -> str:
    return f"{1000 * pair[0]:.0f}/{1000 * pair[1]:.0f} ms"


def test_an_attacked_poster_burns_no_approval_and_refuses_nobody_honest(standing: Site) -> None:
    site, link = standing, standing.house.mint(channel="poster")
    with site.crowd(2) as crowd, Visitors(site, link) as visitors:
        crowd.foreign |= {attacker.WORDS, *(f"visitor {n}" for n in range(20_000))}
        crowd.more(150)
        visitors.more(100)
        quiet, began = (len(crowd.seconds), len(visitors.seconds)), time.monotonic()
        replies = Attack(site, link, _SECONDS).end()
        load = os.getloadavg()[0]
    invites, passers_by = len(crowd.acknowledged), visitors.replies.total()
    marked = visitors.marked()
    ceiling = Limits().network
    most = ceiling.burst + ceiling.rate * (time.monotonic() - began) / 60 + 1
    burnt = charged(site) - invites - (passers_by - marked)
    assert replies[201] > most, "an attack that stays under the ceilings would prove nothing"
    assert 0 < burnt <= most and replies[500] == 0
    assert set(crowd.replies) <= {200, 201}, "an honest invite was not answered at once"
    assert set(visitors.replies) <= {200, 303}, "an honest visitor was refused"
    assert marked <= passers_by / 100
    times = (
        Times("invites", crowd.seconds, quiet[0]),
        Times("visitors", visitors.seconds, quiet[1]),
    )
    note = (
        f"{replies.total()} requests on {_CONNECTIONS} connections, {replies[201]} answers "
        f"accepted, {burnt} of them charged to the approval (at most {most:.0f}); 0 of {invites} "
        f"invites and 0 of {passers_by} visitors refused, {marked} visitors marked; {times[0]}; "
        f"{times[1]} (load of the machine {load:.1f}, {os.cpu_count()} processors)"
    )
    print(note)
    result = proof.conclude("flood", crowd)
    proof.noted(result, f"{note}; {unlimited(site, link)}").save()


def unlimited(site: Site, link: str) -> str:
    """The control: the same with ceilings that nobody reaches."""
    for name in ("NETWORK", "LINK", "SERVICE"):
        site.node.environment[f"CX_FLOOD_{name}"] = "1000000/1000000"
    site.node.environment["CX_FLOOD_NETWORK_DAY"] = "1000000"
    site.node.restart()
    before = charged(site)
    accepted = Attack(site, link, _CONTROL_SECONDS).end()[201]
    burnt = charged(site) - before
    assert burnt >= accepted > 0
    return f"without ceilings all {burnt} of {accepted} accepted ones are charged"

"""One poster's link is attacked. The approval stays, and people with invites are answered."""

import statistics
import threading
import time
from collections import Counter
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.limits import Limits
from tests.faults import proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.support.http_server import PATIENCE

pytestmark = pytest.mark.slow

_WORDS = ("flood " * 330).strip()
_SECONDS = 20.0


class Attack:
    """So many programs that send through one link, one by one and a hundred at a time."""

    def __init__(self, site: Site, crowd: Crowd, programs: int = 6):
        self.replies: Counter[int] = Counter()
        self._link = site.house.mint(channel="poster")
        self._address = f"{site.node.address}/api/v1/responses"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(programs)]
        crowd.foreign |= {_WORDS, "flood"}

    def __enter__(self) -> "Attack":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _send(self) -> None:
        item: dict[str, object] = {"link": self._link, "trust": 1, "satisfaction": 1}
        with httpx2.Client(timeout=60) as client:
            n = 0
            while not self._over.is_set():
                n += 1
                words = _WORDS if n % 4 == 0 else "flood"
                body = item | {"comment": words, "key": str(uuid4())}
                if n % 20 == 0:
                    body = {"items": [body] * 100}
                try:
                    self.replies[client.post(self._address, json=body).status_code] += 1
                except httpx2.TransportError:
                    self.replies[0] += 1


def charged(site: Site) -> int:
    """Answers taken from the approval."""
    with db.read(site.house.engine) as connection:
        return int(connection.execute(select(tables.burden.c.used)).scalar() or 0)


def percentiles(seconds: list[float]) -> str:
    """The middle and the slowest hundredth, in milliseconds."""
    slowest = statistics.quantiles(seconds, n=100)[98]
    return f"{1000 * statistics.median(seconds):.0f}/{1000 * slowest:.0f} ms"


def attack(site: Site, crowd: Crowd, least: int) -> Attack:
    """Attack for some seconds, and until so many have been sent."""
    with Attack(site, crowd) as flood:
        ends = time.monotonic() + PATIENCE
        time.sleep(_SECONDS)
        while flood.replies[201] < least and time.monotonic() < ends:
            time.sleep(0.1)
    return flood


def test_an_attacked_poster_burns_no_approval_and_delays_nobody_long(standing: Site) -> None:
    site = standing
    with site.crowd(2) as crowd:
        crowd.more(150)
        quiet, began = list(crowd.seconds), time.monotonic()
        flood = attack(site, crowd, 2_500)
        loaded = crowd.seconds[len(quiet) :]
    honest, sent = len(crowd.acknowledged), flood.replies.total()
    ceiling = Limits().network
    most = ceiling.burst + ceiling.rate * (time.monotonic() - began) / 60 + 1
    burnt = charged(site) - honest
    assert 0 < burnt <= most and flood.replies[500] == 0
    assert set(crowd.replies) <= {200, 201}, "an honest invite was not answered at once"
    result = proof.conclude("flood", crowd)
    note = (
        f"{sent} requests, {flood.replies[201]} answers accepted, {burnt} of them charged to the "
        f"approval (at most {most:.0f}); "
        f"honest p50/p99 quiet {percentiles(quiet)}, attacked {percentiles(loaded)}"
    )
    proof.noted(result, f"{note}; {unlimited(site)}").save()


def unlimited(site: Site) -> str:
    """The control: the same with ceilings that nobody reaches."""
    for name in ("NETWORK", "LINK", "SERVICE"):
        site.node.environment[f"CX_FLOOD_{name}"] = "1000000/1000000"
    site.node.environment["CX_FLOOD_NETWORK_DAY"] = "1000000"
    site.node.restart()
    before, crowd = charged(site), site.crowd(0)
    flood = attack(site, crowd, 1)
    burnt = charged(site) - before
    assert burnt >= flood.replies[201] > 0
    return f"without ceilings all {burnt} of {flood.replies[201]} accepted ones are charged"

"""The server is killed, again and again, while people answer."""

import pytest

from tests.faults import proof
from tests.faults.site import Site


def kill_loop(site: Site, kills: int) -> proof.Result:
    """Kill -9 under load so many times. Everybody tries again; then once more without keys."""
    with site.crowd() as crowd:
        for _ in range(kills):
            crowd.more(10)
            crowd.pause(0, 0.3)
            site.node.restart()
        crowd.more(10)
    result = proof.conclude("F1", crowd)
    doubles = proof.doubled_without_keys(crowd)
    assert doubles == result.attempted, "without the use-once keys every retry must count again"
    return proof.noted(result, f"use-once keys deleted: {doubles} retries counted twice")


def test_two_kills_lose_nothing(sqlite_site: Site) -> None:
    kill_loop(sqlite_site, 2)


@pytest.mark.slow
def test_a_loop_of_kills_loses_nothing_and_doubles_nothing(standing: Site) -> None:
    kill_loop(standing, 12).save()

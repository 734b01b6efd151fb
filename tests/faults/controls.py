"""Negative controls: the same fault with a protection off. Each must lose or double something."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults import proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.support.http_server import PATIENCE

# For so many seconds nothing more may be stored before a loss is one.
_REST = 2.0


@contextmanager
def hasty_crowd(site: Site, people: int = 4) -> Iterator[Crowd]:
    """People who answer at a server that says "saved" before the COMMIT."""
    site.node.program = "tests.faults.hasty"
    site.node.restart()
    with site.crowd(people) as crowd:
        crowd.more(5)
        yield crowd


def losses(crowd: Crowd) -> str:
    """What was acknowledged and is not there, in words; AssertionError where nothing is lost."""
    _rest(crowd)
    lost = proof.missing(crowd)
    assert lost > 0, "a fault that takes nothing from a careless server would prove nothing"
    return f'"saved" said before COMMIT: {lost} of {len(crowd.acknowledged)} acknowledged lost'


def counted_twice(crowd: Crowd) -> str:
    """What forgetting the use-once keys doubles, in words; AssertionError where nothing is."""
    doubles = proof.doubled_without_keys(crowd)
    assert doubles > 0, "without the use-once keys every retry must count again"
    return f"use-once keys deleted: {doubles} retries counted twice"


def _rest(crowd: Crowd) -> None:
    """Wait until its server has written all that it is going to write."""
    ends, before = time.monotonic() + PATIENCE, -1
    while (now := proof.stored(crowd).total()) != before and time.monotonic() < ends:
        before = now
        time.sleep(_REST)

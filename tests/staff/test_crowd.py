"""Sixty managers on a Monday, and eight people who answer: no errors, and nobody is kept out."""

from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from time import perf_counter

import httpx2
import pytest

from cxserver.accounts.roles import Role
from tests.staff.test_one_snapshot import PATHS, answered
from tests.support.house import House, stamp_of
from tests.support.http_server import PATIENCE, Servers
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import invite

MANAGERS, READERS, PEOPLE = 60, 40, 8


def signed_in(house: House, address: str) -> dict[str, str]:
    """The cookies of an analyst."""
    with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
        how = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
        assert client.post(invite(house, Role.ANALYST), headers=how).status_code == 303
        return dict(client.cookies)


def visit(address: str, cookies: dict[str, str], path: str) -> int:
    with httpx2.Client(base_url=address, cookies=cookies, timeout=PATIENCE) as client:
        return client.get(path).status_code


def send(link: str) -> tuple[int, float]:
    """Answer once; the status, and how many seconds the whole took."""
    with httpx2.Client(timeout=PATIENCE) as client:
        began = perf_counter()
        stamp = stamp_of(client.get(link).text)
        fields = {"stamp": stamp, "trust": "4", "satisfaction": "5"}
        return client.post(link, data=fields).status_code, perf_counter() - began


def middle_and_worst(seconds: list[float]) -> str:
    cuts = quantiles(seconds, n=100)
    return f"p50 {1000 * cuts[49]:.0f} ms, p99 {1000 * cuts[98]:.0f} ms"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_crowd_of_staff_keeps_nobody_from_answering(request, database):
    with shared_house(request, database) as house:
        servers = Servers()
        try:
            house.move(servers.reserve())
            address = servers(house.app(), at=house.settings.base_url)
            answered(house)
            before, cookies = house.count(), signed_in(house, address)
            quiet = [send(house.mint()) for _ in range(16)]
            with ThreadPoolExecutor(MANAGERS) as crowd, ThreadPoolExecutor(PEOPLE) as people:
                pages = [PATHS[n % len(PATHS)] for n in range(MANAGERS)]
                paths = [*pages, *["/staff/comments"] * READERS]
                staff = [crowd.submit(visit, address, cookies, path) for path in paths]
                links = [house.mint() for _ in range(10 * PEOPLE)]
                busy = list(people.map(send, links))
                statuses = {future.result() for future in staff}
        finally:
            servers.close()
        assert all(status < 500 for status in statuses), statuses
        assert {status for status, _ in (*quiet, *busy)} == {303}
        assert house.count() == before + len(quiet) + len(busy)
    print("quiet:", middle_and_worst([seconds for _, seconds in quiet]))
    print("busy: ", middle_and_worst([seconds for _, seconds in busy]))

"""The numbers of the pages about links, kiosks and approvals, recounted from the export alone."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from cxserver.accounts.roles import Role
from tests.recounts import recounted
from tests.recounts.recompute import Row
from tests.recounts.recounted import numbers
from tests.support.house import CATALOGUE, House
from tests.support.staff_accounts import sign_in

TODAY = "2026-11-05"
# By office: the answers of its devices yesterday and today.
KIOSKS = {"riverside": [(4, 6), (0, 2), (5, 0)], "lakeside": [(0, 3)]}
APPROVED = 150


@pytest.fixture
def rows(sqlite_house: House, tmp_path: Path) -> list[Row]:
    """The export of a house whose kiosks got answers yesterday and today."""
    house = sqlite_house
    house.apply(CATALOGUE.replace("500000", str(APPROVED)))
    links = [(kiosk(house, office), days) for office, devices in KIOSKS.items() for days in devices]
    with house.client() as client:
        for day in range(2):
            house.clock.forward(days=day)
            for link, days in links:
                if days[day]:
                    answer(client, link, days[day])
        for _ in range(21):
            answer(client, house.mint("hearings"), 1)
    return recounted.export(house, tmp_path / "answers.jsonl")


def kiosk(house: House, office: str) -> str:
    """The link of a device."""
    return str(house.mint("permits", office, channel="kiosk"))


def answer(client: TestClient, link: str, many: int) -> None:
    """So many answers by a link."""
    points = [{"trust": 1 + at % 5, "satisfaction": 1 + at % 4} for at in range(many)]
    for each in points:
        item = {"link": link, "key": str(uuid4())} | each
        taken = client.post("/api/v1/responses", json=item)
        assert taken.status_code == 201, taken.text


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMINISTRATOR, Role.OFFICE_MANAGER])
def test_the_kiosks_show_how_many_answered_there_today(
    sqlite_house: House, rows: list[Row], role: Role
) -> None:
    mine = ["riverside"] if role is Role.OFFICE_MANAGER else list(KIOSKS)
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, role)
        page = client.get("/staff/places").text
    shown: dict[str, int] = {}
    for line in recounted.grid(page, "Kiosks")[1:]:
        office = "riverside" if line[2] == "Riverside Office" else "lakeside"
        shown[office] = shown.get(office, 0) + int(line[5].replace("–", "0"))
    at_kiosks = [row["office"] for row in rows if row["channel"] == "kiosk" and row["day"] == TODAY]
    assert shown == {office: at_kiosks.count(office) for office in mine}


def test_the_places_count_the_devices_that_need_somebody(sqlite_house: House) -> None:
    links = [kiosk(sqlite_house, office) for office in ("riverside", "riverside", "lakeside")]
    with sqlite_house.client() as client:
        for link, waiting in zip(links, (0, 6), strict=False):
            beat(sqlite_house, client, link, waiting)
        answer(client, links[2], 1)
        sign_in(sqlite_house, client, Role.ADMINISTRATOR)
        page = client.get("/staff/places").text
    assert numbers(re.findall(r'<p class="lead">(.*?)</p>', page)[0]) == ["1", "3"]
    says = [line[4] for line in recounted.grid(page, "Kiosks")[1:]]
    assert sorted(filter(None, map("".join, map(numbers, says)))) == ["6"]


def beat(house: House, client: TestClient, link: str, waiting: int) -> None:
    """A device tells how it is, and how many answers wait on it."""
    now = house.clock.now.isoformat()
    state = {"link": link, "device_now": now, "waiting": waiting, "aside": 0}
    sent = client.post("/k/heartbeat", json=state | {"release": "", "state": "open"})
    assert sent.status_code == 200


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMINISTRATOR])
def test_the_catalogue_tells_which_share_of_the_approved_answers_was_given(
    sqlite_house: House, rows: list[Row], role: Role
) -> None:
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, role)
        page = client.get("/staff/catalog").text
    shares = re.findall(r"([\d,]+) answers approved, (\d+) % of them given", page)
    share = 100 * len(rows) // APPROVED
    assert share > 10 and shares == [(str(APPROVED), str(share))] * 3


def test_the_day_of_a_kiosk_is_that_of_its_office(sqlite_house: House) -> None:
    """In the evening it is tomorrow already in UTC, and still today at the office."""
    house = sqlite_house
    house.clock.now = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
    with house.client() as client:
        answer(client, kiosk(house, "riverside"), 4)
        sign_in(house, client, Role.ADMINISTRATOR)
        page = client.get("/staff/places").text
    assert [line[5] for line in recounted.grid(page, "Kiosks")[1:]] == ["4"]

"""Programs that read: keys for them, and a few weeks of answers to read about."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from starlette.testclient import TestClient

from cxserver import db
from cxserver.accounts import api_keys
from tests.support.house import CATALOGUE, House

LATER = datetime(2026, 11, 18, 15, tzinfo=UTC)
REGION = """
[[service.permits.office]]
slug = "north"
name = "The North"
timezone = "America/New_York"
serves = false

[[service.permits.office]]
slug = "hilltop"
name = "Hilltop"
timezone = "America/New_York"
parent = "north"

[[service.permits.office]]
slug = "seaside"
name = "Seaside"
timezone = "America/New_York"
parent = "north"
"""
# Answers alike: when, service, office, channel, how many, and the fields that they give.
Group = tuple[datetime, str, str, str, int, dict[str, Any]]
_SPACE = UUID(int=280)


def new_key(
    house: House,
    service: str | None = None,
    office: str | None = None,
    *,
    comments: bool = False,
    rows: bool = False,
    links: bool = False,
    expires: date = date(2027, 1, 31),
) -> str:
    """The text of a new key."""
    with db.write(house.engine) as connection:
        today = house.clock.now.date()
        _, text = api_keys.issue(
            connection,
            "test",
            service,
            office,
            expires,
            today,
            comments=comments,
            rows=rows,
            links=links,
        )
    return text


def bearer(text: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"authorization": f"Bearer {text}"}


def add_region(house: House) -> None:
    """Apply the catalog with a region of two offices."""
    house.apply(CATALOGUE + REGION)


def add_answers(house: House, *groups: Group) -> None:
    """Hand in answers, and go on to the day when they are read."""
    for at, (moment, service, office, channel, many, fields) in enumerate(groups):
        house.clock.now = moment
        link = house.mint(service, office, channel=channel)
        items = [
            {"link": link, "key": str(uuid5(_SPACE, f"{at} {n}")), "trust": 4, "satisfaction": 5}
            | fields
            for n in range(many)
        ]
        # Ten at each server: fifteen alike in a row at one would be a burst.
        for start in range(0, many, 10):
            with house.client() as client:
                for item in items[start : start + 10]:
                    reply = client.post("/api/v1/responses", json=item)
                    assert reply.status_code in (200, 201), reply.text
    house.clock.now = LATER


def noon(month: int, day: int, hour: int = 16) -> datetime:
    """Noon of a day of 2026 in New York, in UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def rows(
    client: TestClient, text: str, path: str = "responses", **parameters: Any
) -> list[dict[str, Any]]:
    """All rows of `GET /api/v1/responses`, or of another list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(200):
        page = client.get(f"/api/v1/{path}", params=parameters | cursor, headers=bearer(text))
        assert page.status_code == 200, page.text
        rows += page.json()["rows"]
        if page.json()["next"] is None:
            return rows
        cursor = {"cursor": page.json()["next"]}
    raise AssertionError("this never ends")


def results(client: TestClient, text: str, **parameters: str) -> list[dict[str, Any]]:
    """The rows of `GET /api/v1/results`; the first day is `from_`."""
    sent = {name.rstrip("_"): value for name, value in parameters.items()}
    page = client.get("/api/v1/results", params=sent, headers=bearer(text))
    assert page.status_code == 200, page.text
    rows: list[dict[str, Any]] = page.json()["rows"]
    return rows


def counts_by(rows: list[dict[str, Any]], by: str) -> dict[str, int | None]:
    """By name how many answers; None is hidden."""
    return {row[by]: row["n"] for row in rows}


def week(day: date) -> str:
    """The week of a day, as the API names it."""
    return f"{day.isocalendar().year}-W{day.isocalendar().week:02}"

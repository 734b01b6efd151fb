"""People on the staff for the tests: invite them, sign them in."""

from typing import Any
from urllib.parse import urlencode

import httpx2

from cxserver import db
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from tests.support.house import House

# How a page of our own posts, as a browser tells it that knows no Sec-Fetch-Site.
FORM = "application/x-www-form-urlencoded"
OURS = {"origin": "http://127.0.0.1:8000"}


def invite(
    house: House,
    role: Role,
    email: str = "",
    office: str | None = None,
    service: str | None = None,
) -> str:
    """The path of a one-time link. Who has an office or a service has a usual one."""
    if role is Role.OFFICE_MANAGER:
        office = office or "riverside"
    if role is Role.SERVICE_LEAD:
        service = service or "permits"
    wanted = Member("", email or f"{role}@example.gov", "", role, office, service)
    with db.write(house.engine) as connection:
        _, secret = members.invite(connection, wanted, house.clock.now)
    return f"/staff/sign-in/{secret}"


def post(
    client: httpx2.Client, path: str, headers: dict[str, str] | None = None, /, **fields: str
) -> httpx2.Response:
    """Press the button of a page of ours."""
    how = {"content-type": FORM} | (headers or {"sec-fetch-site": "same-origin"})
    return client.post(path, headers=how, content=urlencode(fields))


def sign_in(house: House, client: httpx2.Client, role: Role, **who: Any) -> httpx2.Response:
    """Sign somebody in at this client; gives the response that did."""
    entered = post(client, invite(house, role, **who))
    assert entered.status_code == 303, entered.text
    return entered

"""A crisis message is on the first pages it belongs on within 30 seconds, by a server that runs."""

import time

import httpx2

from cxserver.accounts.roles import Role
from tests.comments.test_alerts import SAID, Ticking
from tests.comments.test_escalation import FIRST, escalating
from tests.support.house import answer
from tests.support.mail_server import plain
from tests.support.staff_accounts import invite, post

__all__ = ["escalating"]  # a fixture
WORDS, STEP = "Some days I want to die.", "Call the duty officer now."
# What is promised, and what a busy machine may take on top of it to draw a page.
PROMISED = 30.0


def enter(address, house, role, **who):
    """Somebody who is signed in at the running server."""
    client = httpx2.Client(base_url=address, timeout=20)
    assert post(client, invite(house, role, **who)).status_code == 303
    return client


def test_a_crisis_is_on_its_offices_and_teams_first_page_and_mailed_within_30_seconds(
    escalating, box, serve
):
    """The scheduler keeps its own time: nothing is made hasty, and nobody presses anything."""
    escalating.settings = escalating.settings.model_copy(update={"scheduler": True})
    escalating.clock = Ticking()
    address = serve.reserve()
    escalating.move(address)
    serve(escalating.app(), at=address)
    manager = enter(address, escalating, Role.OFFICE_MANAGER)
    team = enter(address, escalating, Role.ADMINISTRATOR, email="night@example.gov")
    others = [
        enter(address, escalating, Role.OFFICE_MANAGER, email="l@example.gov", office="lakeside"),
        enter(address, escalating, Role.SERVICE_LEAD, email="c@example.gov", service="calls"),
        enter(address, escalating, Role.SECURITY_OFFICER),
    ]
    # The first look of the scheduler is over: the answer comes just after it, the longest wait.
    time.sleep(2)
    with httpx2.Client(timeout=20) as client:
        assert answer(client, escalating.mint(), comment=SAID).status_code == 303
    given = time.monotonic()
    page = manager.get("/staff/").text
    assert WORDS in page and STEP in page
    page = team.get("/staff/").text
    assert "Someone may be in danger" in page and STEP in page and WORDS not in page
    assert time.monotonic() - given < PROMISED
    while not box.letters:
        assert time.monotonic() - given < PROMISED, "no mail came"
        time.sleep(0.2)
    assert box.bound_for == [FIRST] and WORDS in plain(box.letters[0])
    for other in others:
        page = other.get("/staff/").text
        assert "Nothing urgent." in page and WORDS not in page
    for client in (manager, team, *others):
        client.close()

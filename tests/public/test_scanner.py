"""The gauntlet: everything that machines do to a mail's links, and then the person. One answer."""

import re
from collections.abc import Callable, Iterator

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from cxsdk import Link, email_snippet
from tests.support import browser_layout
from tests.support.house import House
from tests.support.shared_house import row_counts

PREFETCH = {"sec-purpose": "prefetch;prerender", "purpose": "prefetch", "x-moz": "prefetch"}
SLACK = {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}
DEFENDER = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"}
NOTHING = {"user-agent": ""}
PRESSABLE = "a[href], button, summary, input[type=submit], [role=button], [onclick]"
LEADS = """target => {
  if (target.form && target.type === "submit") return "here";
  if (!target.matches("a[href]") || !/^https?:$/.test(target.protocol)) return "nowhere";
  if (target.target === "_blank") return "to a tab";
  const rest = ({href}) => href.split("#")[0];
  return target.hash && rest(target) === rest(location) ? "nowhere" : "here";
}"""


def addresses(link: Link) -> list[str]:
    """Every address in a mail about `link`: five in the HTML part, one in the plain part."""
    mail = email_snippet(link, service_name="Permit renewal")
    urls = re.findall(r'href="([^"]+)"', mail.html) + re.findall(r"https?://\S+", mail.text)
    assert len(urls) == 6
    return [address.replace("&amp;", "&") for address in urls]


@pytest.fixture
def robot(open_page: Callable[..., Page], page_faults: list[str]) -> Iterator[Page]:
    """A browser of a scanner's: it runs script, and stays within our server."""
    robot = open_page()
    robot.context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), _refuse)
    yield robot


def _refuse(route: Route) -> None:
    route.abort()


def press_all(robot: Page, address: str) -> int:
    """Open the page anew for each thing that can be pressed, and press it; how many there were."""
    robot.goto(address)
    count = robot.locator(PRESSABLE).count()
    for at in range(count):
        robot.goto(address)
        press(robot, robot.locator(PRESSABLE).nth(at))
        # What comes back has a button, too: the page with its faults, or in the other language.
        for button in robot.locator(".send").all():
            press(robot, button)
    return count


def press(robot: Page, target: Locator) -> None:
    """Press what may be hidden, and wait for what comes of it."""
    leads = target.evaluate(LEADS)
    if leads == "here":
        with robot.expect_navigation():
            browser_layout.click(target)
    elif leads == "to a tab":
        # Before it is closed, its request must be through: this browser refuses it.
        with robot.context.expect_event("requestfailed"), robot.expect_popup() as opened:
            browser_layout.click(target)
        opened.value.close()
    else:
        target.evaluate("target => target.click()")


def test_after_all_the_machines_the_one_answer_is_the_persons(
    open_house: House, open_page, robot, page_faults
):
    link = open_house.mint(language="es", ref="case-1", done_at=open_house.clock())
    with httpx2.Client() as machine:
        for address in addresses(link):
            for headers in ({}, PREFETCH, SLACK, DEFENDER, NOTHING):
                assert machine.head(address, headers=headers).status_code == 200
                for _ in range(3):
                    assert machine.get(address, headers=headers).status_code == 200
    assert press_all(robot, f"{link}&r=4") >= 5
    assert press_all(robot, str(link)) >= 5
    assert row_counts(open_house) == (0, 0, 0)  # no answer, no count, and no link used up
    assert sum(" 422 " in fault for fault in page_faults) >= 6  # it did press Send
    page_faults.clear()

    person = open_page(viewport=browser_layout.PHONE)
    person.goto(f"{link}&r=4")
    expect(person.locator("#satisfaction-4")).to_be_checked()
    expect(person.locator("[name=trust]:checked")).to_have_count(0)
    person.locator("#satisfaction-2").check()
    person.locator("#trust-1").check()
    person.locator("textarea").fill("Esperé mucho.")
    browser_layout.send(person)
    [row] = open_house.responses()
    assert (row["satisfaction"], row["trust"], row["language"]) == (2, 1, "es")
    assert (row["comment"], row["channel"]) == ("Esperé mucho.", "email")

    press_all(robot, f"{link}&r=5")  # the scanner of the person's archive comes last
    page_faults.clear()
    assert open_house.count() == 1


def test_a_page_that_is_left_alone_sends_nothing(open_house: House, robot):
    sent = []
    robot.context.on("request", lambda request: sent.append(request.method))
    robot.clock.install()
    robot.goto(f"{open_house.mint()}?r=5")
    robot.mouse.wheel(0, 2000)
    robot.wait_for_function("scrollY > 0")
    robot.clock.run_for(60_000)
    robot.goto("about:blank")
    # Whatever the page sent as it was left has come before this.
    robot.goto(f"{open_house.settings.base_url}/healthz")
    assert set(sent) == {"GET"} and row_counts(open_house) == (0, 0, 0)


@pytest.mark.parametrize("point", ["0", "6", "4.0", "04", "", "four", "4&r=9", "-1"])
def test_a_rating_that_does_not_exist_chooses_nothing(open_house: House, point):
    page = httpx2.get(f"{open_house.mint()}?r={point}")
    assert page.status_code == 200 and "checked" not in page.text


@pytest.mark.parametrize("point", range(1, 6))
def test_a_tapped_rating_chooses_satisfaction_and_nothing_else(open_house: House, point):
    page = httpx2.get(f"{open_house.mint()}?r={point}").text
    chosen = re.findall(r"<input[^>]*\bchecked\b[^>]*>", page)
    assert len(chosen) == 1
    assert 'name="satisfaction"' in chosen[0] and f'value="{point}"' in chosen[0]


def test_a_machine_that_answers_as_a_person_would_is_counted_and_marked(open_house: House, robot):
    # This is what docs/use/email.md says remains possible: if it changes, the page must, too.
    robot.goto(f"{open_house.mint()}?r=1")
    robot.locator("#trust-1").check()
    browser_layout.send(robot)
    [row] = open_house.responses()
    assert row["flags"] == "fast"

"""What one person chose at a kiosk is not there for the next, however the first one left."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.kiosk_screen import OVER, SECRET


def walk_away(page: Page) -> None:
    page.clock.fast_forward(31_000)
    expect(page.locator(OVER)).to_be_visible()
    page.clock.fast_forward(31_000)
    expect(page.locator(OVER)).to_have_count(0)


def start_over(page: Page) -> None:
    page.clock.fast_forward(31_000)
    page.get_by_role("button", name="Start over").tap()


def send(page: Page) -> None:
    page.locator("#satisfaction-4").check()
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    page.clock.fast_forward(600)
    page.locator("[data-next]").click()


def send_and_walk_away(page: Page) -> None:
    page.locator("#satisfaction-4").check()
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    page.clock.fast_forward(11_000)


def fall_asleep(page: Page) -> None:
    page.clock.set_system_time(page.evaluate("Date.now() + 120000"))
    page.clock.run_for(2000)


@pytest.mark.parametrize("leave", [walk_away, start_over, send, send_and_walk_away, fall_asleep])
@pytest.mark.parametrize("language", ["English", "Español"])
def test_taps_set_aside_by_another_rating_leave_with_the_person(stand, leave, language):
    page = stand()
    page.locator("#trust-2").check()
    page.locator("#drivers-3").check()
    page.locator("#drivers-2").check()
    page.locator("#trust-5").check()  # the other side: what was tapped is set aside
    assert page.locator("[name=drivers]:checked").count() == 0
    page.locator("#drivers-1").check()
    page.locator("#comment").fill(SECRET)
    if language == "Español":
        page.get_by_role("button", name=language).click()
        page.locator("#trust-2").check()  # set aside also means: come back, for the same person
        expect(page.locator("#drivers-3")).to_be_checked()
        page.get_by_role("button", name="English").click()
        page.locator("#trust-5").check()
    leave(page)
    expect(page.locator("#answers")).to_be_visible()
    expect(page.locator("#comment")).to_have_value("")
    assert page.locator(":checked, [data-aside]").count() == 0
    page.clock.fast_forward(600)  # sooner, a tap would be a slip
    for rating in ("#trust-5", "#trust-2", "#trust-4", "#trust-1"):
        page.locator(rating).check()
        assert page.locator("[name=drivers]:checked").count() == 0, rating

"""The staff corner of a kiosk: behind a PIN, and open without a network."""

from playwright.sync_api import expect

from tests.support import browser_layout
from tests.support.kiosk_tablet import knows_its_pin, open_staff_corner, paired

# ---- the staff corner


def test_a_test_answer_goes_all_the_way_and_never_counts(tablet):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(house, page)
    open_staff_corner(page, pin)
    page.locator("[data-do=test]").click()
    expect(page.locator("[data-show=done]")).to_have_text(
        "The test answer has arrived. It was not counted."
    )
    assert house.count() == 0
    assert any(item.get("test") for item in tablet.sent)
    assert browser_layout.axe(page) == []
    page.locator("[data-do=close]:visible").click()
    expect(page.locator("dialog")).to_have_count(0)


def test_five_wrong_pins_lock_the_corner_and_a_reload_does_not_open_it(tablet):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(house, page)
    knows_its_pin(page)
    wrong = "000000" if pin != "000000" else "111111"
    page.keyboard.press("Control+Alt+KeyS")
    for _ in range(5):
        page.locator("#staff-pin").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator("#staff-wrong")).to_have_text("This PIN is not right.")
        page.evaluate("document.getElementById('staff-wrong').textContent = ''")
    page.reload()
    page.keyboard.press("Control+Alt+KeyS")
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("#staff-wrong")).to_have_text("Too many tries. Wait 5 minutes.")
    tablet.wait(minutes=6)
    page.keyboard.press("Control+Alt+KeyS")
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("[data-show=panel]")).to_be_visible()

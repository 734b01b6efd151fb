"""What people do with the screen, in real Chromium against the real server, mishaps included."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from cxserver import db
from tests.support import browser_layout

QUESTION = "#drivers-question"
FIRST_RATING_NEEDED = "Satisfaction: choose one of the five answers"


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """A page on a small phone."""
    return open_page(viewport=browser_layout.PHONE, has_touch=True, is_mobile=True)


def taps(page: Page) -> list[str]:
    """The drivers that are tapped."""
    chosen = "boxes => boxes.filter(box => box.checked).map(box => box.value)"
    return list(page.locator("[name=drivers]").evaluate_all(chosen))


def tap(page: Page, name: str) -> None:
    page.get_by_role("checkbox", name=name).check()


# ---- answering


def test_a_person_answers_on_a_phone_in_spanish(open_page, open_house):
    phone = open_page(viewport=browser_layout.PHONE, has_touch=True, is_mobile=True, locale="es-MX")
    phone.goto(open_house.mint(channel="sms"))
    expect(phone.locator("h1")).to_have_text("Renovación de permisos")
    phone.get_by_role("radio", name="De acuerdo", exact=True).first.tap()
    phone.get_by_role("radio", name="En desacuerdo", exact=True).last.tap()
    expect(phone.locator(QUESTION)).to_have_text("¿Qué podría mejorar?")
    phone.get_by_role("checkbox", name="Tiempo").tap()
    phone.get_by_role("textbox", name="¿Hay algo más que quiera decirnos?").fill("Esperé mucho.")
    phone.get_by_role("button", name="Enviar").tap()
    expect(phone.locator("h1")).to_have_text("Gracias")
    expect(phone.locator(".counted")).to_contain_text("Riverside Office, 0 → 1")
    [row] = open_house.responses()
    assert (row["language"], row["channel"]) == ("es", "sms")
    assert (row["satisfaction"], row["trust"], row["drivers"]) == (4, 2, ["efficiency"])
    assert row["comment"] == "Esperé mucho."


def test_without_script_a_person_errs_switches_and_answers(open_page, open_house, page_faults):
    page = open_page(viewport=browser_layout.PHONE, java_script_enabled=False)
    page.goto(open_house.mint())
    page.locator("#trust-4").check()
    tap(page, "Ease")
    page.locator("textarea").fill("Fine <b>so far</b>\nand more")
    page.locator(".send").click()
    expect(page.locator(".alert")).to_contain_text(FIRST_RATING_NEEDED)
    expect(page.locator(".alert [autofocus]")).to_be_focused()
    browser_layout.forgive(page, page_faults, 422)
    page.get_by_role("button", name="Español").click()
    expect(page.locator(QUESTION)).to_have_text("¿Qué influyó en su calificación?")
    assert_kept(page, "Fine <b>so far</b>\nand more")
    page.locator("#satisfaction-5").check()
    page.get_by_role("button", name="Enviar").click()
    expect(page.locator("h1")).to_have_text("Gracias")
    [row] = open_house.responses()
    assert (row["satisfaction"], row["trust"], row["language"]) == (5, 4, "es")


def assert_kept(page: Page, words: str) -> None:
    expect(page.locator("#trust-4")).to_be_checked()
    expect(page.locator("textarea")).to_have_value(words)
    assert taps(page) == ["ease"]


def test_a_person_answers_with_the_keyboard_alone(page, open_house):
    page.goto(open_house.mint())
    stops = []
    while "Send" not in stops:
        page.keyboard.press("Tab")
        stops.append(focused(page))
        act(page, stops[-1])
    assert stops == [
        "Español",
        "satisfaction-1",
        "trust-1",
        *(f"drivers-{at}" for at in range(1, 7)),
        "comment",
        "Send",
    ]
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")
    [row] = open_house.responses()
    assert (row["satisfaction"], row["trust"], row["drivers"]) == (4, 2, ["ease"])
    assert row["comment"] == "Slow"


def focused(page: Page) -> str:
    """What has the focus; and it must be seen to have it."""
    name, ring = page.evaluate("""() => {
      const e = document.activeElement;
      const seen = e.matches(".row input") ? e.nextElementSibling : e;
      const style = getComputedStyle(seen);
      return [e.id || e.textContent, style.outlineStyle + parseFloat(style.outlineWidth)];
    }""")
    assert ring == "solid4", f"{name} has no ring"
    return str(name)


def act(page: Page, stop: str) -> None:
    keys = {
        "satisfaction-1": ["ArrowRight"] * 3,
        "trust-1": ["Space", "ArrowRight"],
        "drivers-2": ["Space"],
        "comment": ["S", "l", "o", "w"],
    }
    for key in keys.get(stop, []):
        page.keyboard.press(key)


def test_enter_in_a_field_sends_and_does_not_switch_the_language(page, open_house):
    page.goto(open_house.mint())
    browser_layout.answer(page, 3, 3)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")
    assert open_house.count() == 1


def test_a_rating_in_the_address_is_chosen_but_not_sent(phone, open_house):
    phone.goto(open_house.mint() + "?r=4")
    expect(phone.locator("#satisfaction-4")).to_be_checked()
    assert open_house.count() == 0
    phone.locator("#trust-5").check()
    browser_layout.send(phone)
    assert open_house.responses()[0]["satisfaction"] == 4


# ---- what the script adds


def test_the_question_turns_with_the_trust_and_is_said_politely(phone, open_house):
    phone.goto(open_house.mint())
    expect(phone.locator(QUESTION)).to_have_text("What contributed to your rating?")
    assert phone.locator(QUESTION).get_attribute("aria-live") == "polite"
    spoken = phone.locator(QUESTION).element_handle()
    for trust, words in [(2, "What could be better?"), (4, "What went well?")]:
        phone.locator(f"#trust-{trust}").check()
        expect(phone.locator(QUESTION)).to_have_text(words)
    # A live region that is replaced instead of filled says nothing.
    assert spoken.inner_text() == "What went well?"
    phone.locator("#satisfaction-1").check()
    expect(phone.locator(QUESTION)).to_have_text("What went well?")


def test_taps_of_the_other_side_are_put_aside_and_come_back(phone, open_house):
    phone.goto(open_house.mint())
    tap(phone, "Ease")
    phone.locator("#trust-5").check()
    assert taps(phone) == ["ease"], "tapped before any trust: they stay"
    phone.locator("#trust-1").check()
    assert taps(phone) == []
    tap(phone, "Staff")
    phone.locator("#trust-3").check()
    assert taps(phone) == ["employee"], "3 is the same side as 1"
    phone.locator("#trust-4").check()
    assert taps(phone) == ["ease"]
    phone.locator("#trust-2").check()
    assert taps(phone) == ["employee"]


def test_the_characters_left_are_told_near_the_end(phone, open_house):
    phone.goto(open_house.mint())
    left = phone.locator("#comment-left")
    phone.locator("textarea").fill("a" * 1790 + "a\n" * 5)
    expect(left).to_have_text("Characters left: 200")
    # Counted as the server counts: an emoji is one, though the browser keeps it as two.
    phone.locator("textarea").fill("a" * 1993 + "😀" * 10)
    expect(left).to_have_text("Characters too many: 3")
    phone.locator("textarea").fill("short")
    expect(left).to_have_text("")


# ---- mistakes


def test_errors_are_summed_up_take_the_focus_and_lead_to_the_field(phone, open_house, page_faults):
    phone.goto(open_house.mint())
    tap(phone, "Ease")
    phone.locator("#trust-4").check()
    phone.locator("textarea").fill("words")
    phone.locator(".send").click()
    expect(phone.locator(".alert")).to_be_focused()
    browser_layout.forgive(phone, page_faults, 422)
    expect(phone).to_have_title("Error: Permit renewal")
    assert_kept(phone, "words")
    group = phone.get_by_role("radiogroup").first
    expect(group).to_have_attribute("aria-invalid", "true")
    expect(group).to_have_accessible_description("choose one of the five answers")
    phone.get_by_role("link", name=FIRST_RATING_NEEDED).click()
    expect(phone.locator("#satisfaction-1")).to_be_focused()
    phone.locator("#satisfaction-2").check()
    browser_layout.send(phone)
    assert open_house.count() == 1


def test_the_switch_keeps_all_that_was_given(phone, open_house):
    phone.goto(open_house.mint())
    phone.locator("#trust-4").check()
    tap(phone, "Ease")
    phone.locator("textarea").fill("Gracias,\nAna")
    phone.get_by_role("button", name="Español").click()
    expect(phone.locator("html")).to_have_attribute("lang", "es")
    expect(phone.locator(QUESTION)).to_have_text("¿Qué salió bien?")
    assert_kept(phone, "Gracias,\nAna")
    phone.get_by_role("button", name="English").click()
    expect(phone.locator(QUESTION)).to_have_text("What went well?")
    assert_kept(phone, "Gracias,\nAna")
    assert open_house.count() == 0


def test_other_answers_to_the_same_link_are_shown_back_and_not_added(
    open_page, open_house, page_faults
):
    link = open_house.mint()
    first, second = (
        open_page(viewport=browser_layout.PHONE),
        open_page(viewport=browser_layout.PHONE),
    )
    for page in (first, second):
        page.goto(link)
    browser_layout.answer(first, 5, 5)
    browser_layout.send(first)
    browser_layout.answer(second, 1, 2)
    second.locator("textarea").fill("Changed my <i>mind</i>")
    second.locator(".send").click()
    expect(second.locator("h1")).to_have_text("We already have your answer")
    expect(second.locator("dl")).to_contain_text("Changed my <i>mind</i>")
    expect(second.locator("dl")).to_contain_text("1 of 5")
    browser_layout.forgive(second, page_faults, 409)
    [row] = open_house.responses()
    assert row["trust"] == 5


def test_an_answered_link_says_so_when_opened_again(phone, open_house):
    link = open_house.mint()
    phone.goto(link)
    browser_layout.answer(phone, 4, 4)
    browser_layout.send(phone)
    phone.goto(link)
    expect(phone.locator("h1")).to_have_text("We already have your answer")
    expect(phone.locator("form")).to_have_count(0)


# ---- mishaps


def test_when_the_disk_does_not_answer_every_word_is_kept(phone, open_house, page_faults):
    phone.goto(open_house.mint())
    browser_layout.answer(phone, 2, 4)
    tap(phone, "Ease")
    phone.locator("textarea").fill("Do not lose this")
    with db.write(open_house.engine):  # somebody else holds the database
        press = "send => { send.click(); return send.textContent; }"
        assert phone.locator(".send").evaluate(press) == "Sending…"
        expect(phone.locator(".alert")).to_contain_text("could not confirm")
    browser_layout.forgive(phone, page_faults, 503)
    assert_kept(phone, "Do not lose this")
    assert open_house.count() == 0
    browser_layout.send(phone)
    assert open_house.count() == 1


def test_a_double_click_is_one_post(phone, open_house):
    posts = posted(phone)
    phone.goto(open_house.mint(channel="site"))
    browser_layout.answer(phone, 4, 4)
    phone.locator(".send").dblclick()
    expect(phone.locator(".done h1")).to_be_visible()
    assert len(posts) == 1
    assert open_house.count() == 1


def test_a_second_press_while_the_first_is_on_its_way_is_no_post(phone, open_house):
    """Else the browser drops the first, and nobody knows whether it arrived."""
    posts = posted(phone)
    on_its_way: list[Route] = []
    phone.goto(open_house.mint(channel="site"))
    browser_layout.answer(phone, 4, 4)
    # The first stays on its way until there could have been a second.
    phone.route(
        "**/s/**", lambda route: route.continue_() if on_its_way else on_its_way.append(route)
    )
    # Both in the page: between two commands a busy machine may take longer than a slip does.
    phone.evaluate("""async () => {
      const send = document.querySelector(".send");
      send.click();
      await new Promise((done) => setTimeout(done, 400));
      send.click();
    }""")
    with suppress(Error):  # a browser that was given a second one has dropped it
        on_its_way[0].continue_()
    expect(phone.locator(".done h1")).to_be_visible()
    assert len(posts) == 1 and open_house.count() == 1


def posted(page: Page) -> list[str]:
    """The addresses that this page posts to, from now on."""
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    return posts


def test_pressed_twice_while_offline_nothing_is_lost_and_it_counts_once(
    phone, open_house, page_faults
):
    phone.goto(open_house.mint(channel="site"))
    browser_layout.answer(phone, 2, 4)
    tap(phone, "Ease")
    phone.locator("textarea").fill("From the tunnel")
    page_faults.allow("Failed to load resource: net::ERR_INTERNET_DISCONNECTED")
    phone.context.set_offline(True)
    phone.locator(".send").dblclick()
    expect(phone.locator("#unsent")).to_contain_text("Press Send again")
    expect(phone.locator("#unsent")).to_be_in_viewport(ratio=0.99)
    assert_kept(phone, "From the tunnel")
    phone.context.set_offline(False)
    phone.locator(".send").dblclick()
    expect(phone.locator(".done h1")).to_be_visible()
    assert open_house.count() == 1


def test_a_server_on_this_machine_is_reached_without_a_network(phone, open_house):
    phone.add_init_script("Object.defineProperty(navigator, 'onLine', {get: () => false})")
    posts = posted(phone)
    phone.goto(open_house.mint(channel="site"))
    phone.get_by_role("button", name="Español").click()
    expect(phone.locator("html")).to_have_attribute("lang", "es")
    browser_layout.answer(phone, 4, 4)
    phone.locator(".send").dblclick()
    expect(phone.locator(".done h1")).to_have_text("Gracias")
    assert len(posts) == 2
    assert open_house.count() == 1


def test_when_the_thanks_got_lost_sending_again_counts_once(phone, open_house, page_faults):
    link = open_house.mint()
    phone.goto(link)
    browser_layout.answer(phone, 4, 2)
    page_faults.allow("Failed to load resource: net::ERR_FAILED")
    phone.route(link, lose_the_thanks)
    phone.locator(".send").click()
    phone.wait_for_url("chrome-error://**")
    assert open_house.count() == 1
    phone.unroute(link)
    phone.reload()
    expect(phone.locator("h1")).to_have_text("Thank you")
    assert open_house.count() == 1


def lose_the_thanks(route: Route) -> None:
    """The server takes the answer; its own answer never arrives."""
    route.fetch(max_redirects=0)
    route.abort()


def test_the_back_button_brings_no_answers_back(phone, open_house):
    phone.goto(open_house.mint(channel="poster"))
    browser_layout.answer(phone, 4, 4)
    phone.locator("textarea").fill("Mine")
    browser_layout.send(phone)
    phone.go_back()
    expect(phone.locator("h1")).to_have_text("Permit renewal")
    expect(phone.locator(":checked")).to_have_count(0)
    expect(phone.locator("textarea")).to_have_value("")
    expect(phone.locator(".send")).to_have_text("Send")
    assert open_house.count() == 1


def test_the_back_button_after_an_invite_says_it_is_answered(phone, open_house):
    phone.goto(open_house.mint())
    browser_layout.answer(phone, 4, 4)
    browser_layout.send(phone)
    phone.go_back()
    expect(phone.locator("h1")).to_have_text("We already have your answer")
    assert open_house.count() == 1


# ---- machines that look before the person does


def test_a_scanner_that_presses_everything_leaves_nothing(open_page, open_house, page_faults):
    link = open_house.mint()
    scanner = open_page()
    pressed = []
    for address in (link, link + "?r=5&lang=es"):
        scanner.goto(address)
        for at in range(scanner.locator("button").count()):
            scanner.goto(address)
            button = scanner.locator("button").nth(at)
            pressed.append(button.inner_text())
            with scanner.expect_navigation():
                browser_layout.click(button)
    assert len(pressed) == 2 * len(["Send, hidden", "the language", "Send"])
    assert open_house.count() == 0
    page_faults.clear()
    person = open_page(viewport=browser_layout.PHONE)
    person.goto(link)
    browser_layout.answer(person, 4, 4)
    browser_layout.send(person)
    assert open_house.count() == 1

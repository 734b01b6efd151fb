"""What a page says beside its words: to screen readers, keyboards, browsers and translators."""

import re

import pytest

from tests.support import page_elements
from tests.support.answer_service import notice_changes
from tests.support.comment_factory import ASKING
from tests.support.house import stamp_of
from tests.support.page_elements import Element

# One service replies, the other asks for words of its own.
SPOKEN = ASKING.replace("designated = true\n", "designated = true\nreplies = true\n", 1)


@pytest.fixture(scope="module")
def pages(street, client):
    """`pages(service, **query)`: the survey of a service, read."""
    street.apply(SPOKEN)
    notice_changes(client.app)

    def pages(service: str = "permits", **how: str) -> Element:
        office = "center" if service == "calls" else "riverside"
        channel = {"channel": "phone"} if service == "calls" else {}
        return read(client, street.mint(service, office, **channel, **how))

    return pages


def read(client, address: str, status: int = 200) -> Element:
    response = client.get(address)
    assert response.status_code == status
    return page_elements.read(response.text)


def sent_wrong(street, client, service: str = "permits", **fields: str) -> Element:
    """The survey as it comes back when something is wrong with it."""
    link = street.mint(service)
    response = client.post(link, data={"stamp": stamp_of(client.get(link).text)} | fields)
    assert response.status_code == 422
    return page_elements.read(response.text)


def group(page: Element, name: str) -> Element:
    """The fieldset that holds the inputs of this name."""
    [fieldset] = [each for each in page.find("fieldset") if each.find("input", name=name)]
    return fieldset


# ---- the survey


@pytest.mark.parametrize("service", ["permits", "hearings", "calls"])
def test_the_ratings_that_are_needed_say_so_and_no_other(pages, service):
    page = pages(service)
    required = {
        rating.find("input")[0]["name"]
        for rating in page.find("fieldset")
        if rating["aria-required"] == "true"
    }
    assert required == {"satisfaction", "trust"}
    for name in ("satisfaction", "trust"):
        rating = group(page, name)
        assert rating["role"] == "radiogroup"
        [star] = rating.find("legend")[0].find("i")
        assert star.holds(aria_hidden="true")


def test_drivers_that_are_rated_are_groups_that_nobody_must_answer(pages):
    page = pages("hearings")
    for code in ("effectiveness", "ease", "employee"):
        rating = group(page, f"driver-{code}")
        assert rating["role"] == "radiogroup" and rating["aria-required"] is None
        assert not rating.find("legend")[0].find("i")


def test_each_point_has_its_words_and_its_number(pages):
    page = pages()
    points = group(page, "trust").find("input", type="radio")
    assert [point["value"] for point in points] == ["1", "2", "3", "4", "5"]
    assert [point["id"] for point in points] == [f"trust-{point}" for point in range(1, 6)]
    spanish = pages(language="es")
    for point in spanish.find("input", type="radio"):
        assert "\u00ad" not in (point["aria-label"] or "")
    named = [label for label in spanish.find("label") if "\u00ad" in label.text]
    assert named, "no long word has a place to break"
    for label in named:
        [point], [shown] = label.find("input"), label.find("span")
        assert point["aria-label"] == label.text.strip().replace("\u00ad", "")
        assert shown.holds(aria_hidden="true")


def test_another_language_is_named_in_that_language(pages):
    for language, there, name in (("en", "es", "Español"), ("es", "en", "English")):
        page = pages(language=language)
        assert page.find("html")[0].holds(lang=language, dir="ltr")
        [switch] = page.find("div", role="group")
        assert switch["aria-label"] in ("Language", "Idioma")
        [button] = switch.find("button")
        assert button.text == name
        assert button.holds(lang=there, name="switch", value=there, form="answers")
        # What was ticked so far comes along, finished or not.
        assert button["formnovalidate"] == "" and button["formaction"] == f"?lang={there}"
        [current] = switch.find("b")
        assert current["aria-current"] == "true" and current["lang"] is None


def test_the_form_is_checked_by_us_and_remembered_by_no_browser(pages):
    [form] = pages().find("form", id="answers")
    assert form.holds(method="post", novalidate="", autocomplete="off")
    [stamp] = form.find("input", name="stamp")
    assert stamp["type"] == "hidden"


def test_enter_sends_rather_than_change_the_language(pages):
    buttons = pages().find("button")
    first = buttons[0]
    assert first.holds(form="answers", tabindex="-1", aria_hidden="true", type=None)
    assert first["name"] is None and first["formaction"] is None


def test_the_question_of_the_drivers_is_read_when_it_turns(pages):
    [question] = pages().find("span", id="drivers-question")
    assert question.holds(aria_live="polite", data_good="4")
    assert question["data-positive"] and question["data-negative"]
    assert question["data-positive"] != question["data-negative"]


def test_words_are_typed_in_any_direction_and_what_is_left_is_read(pages):
    page = pages("hearings")
    for name in ("comment", "question-missed"):
        [box] = page.find("textarea", name=name)
        assert box.holds(id=name, dir="auto", data_limit="2000")
        [left] = page.find("p", id=f"{name}-left")
        assert left["aria-live"] == "polite" and f"{name}-left" in box["aria-describedby"].split()
        assert left["data-left"] and left["data-over"]
        [label] = page.find("label", **{"for": name})
        assert label.text
    [comment] = page.find("textarea", name="comment")
    assert comment["aria-describedby"].split() == ["help", "comment-left"]
    [unsent] = page.find("p", id="unsent")
    assert unsent["aria-live"] == "assertive" and unsent["data-text"]


def test_a_link_that_leaves_opens_beside_the_survey_and_tells_nobody_where_from(pages):
    links = pages().find("a")
    assert len(links) >= 3
    for link in links:
        assert link.holds(target="_blank", rel="noreferrer")


# ---- what is wrong


def test_what_is_wrong_is_named_at_its_question_and_at_the_top(street, client, pages):
    page = sent_wrong(street, client, satisfaction="9", comment="a" * 2001)
    [alert] = page.find("div", role="alert")
    assert alert["tabindex"] == "-1"
    targets = [link["href"] for link in alert.find("a")]
    assert targets == ["#satisfaction-1", "#trust-1", "#comment"]
    for name in ("satisfaction", "trust"):
        rating = group(page, name)
        assert rating.holds(aria_invalid="true", aria_describedby=f"{name}-error")
        assert rating.find("p", id=f"{name}-error")[0].text
    [box] = page.find("textarea", name="comment")
    assert box["aria-invalid"] == "true"
    assert box["aria-describedby"].split() == ["help", "comment-error", "comment-left"]
    assert page_elements.broken_references(page) == []


def test_what_is_right_is_not_called_wrong(street, client, pages):
    page = sent_wrong(street, client, satisfaction="4")
    assert group(page, "satisfaction")["aria-invalid"] is None
    assert group(page, "trust")["aria-invalid"] == "true"
    ticked = [box["id"] for box in page.find("input") if box["checked"] is not None]
    assert ticked == ["satisfaction-4"]
    assert page.find("textarea", name="comment")[0]["aria-invalid"] is None


def test_a_choice_that_is_none_is_named_at_its_question(street, client, pages):
    rated = {"satisfaction": "4", "trust": "4"}
    page = sent_wrong(street, client, "hearings", **rated, **{"question-purpose": "lunch"})
    choice = group(page, "question-purpose")
    assert choice.holds(
        role="radiogroup", aria_invalid="true", aria_describedby="question-purpose-error"
    )
    page = sent_wrong(street, client, **rated, drivers="weather")
    assert group(page, "drivers")["aria-describedby"] == "drivers-error"
    assert page_elements.broken_references(page) == []


# ---- every public page


def every_page(street, client):
    """Each kind of public page, in both languages."""
    for language in ("en", "es"):
        link = street.mint(language=language)
        form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
        yield client.get(link)
        yield client.post(link, data=form | {"trust": "9"})
        yield client.get(client.post(link, data=form | {"comment": "Hm."}).headers["location"])
        yield client.get(f"/s/permits/riverside/nothing?lang={language}")
        for path in ("/r", "/r/0000-0000-0000-0000", "/k"):
            yield client.get(f"{path}?lang={language}")
        yield client.post(f"/k?lang={language}", data={"code": "ABCD-2345"})
        yield client.get(street.mint(channel="kiosk", language=language))


def test_what_refers_to_another_element_finds_it(street, client, pages):
    seen = 0
    for response in every_page(street, client):
        # A kiosk's parts are shown one at a time, each in its own language.
        texts = re.findall(r"<template.*?</template>", response.text, re.DOTALL) or [response.text]
        for text in texts:
            faults = page_elements.broken_references(page_elements.read(text))
            assert faults == [], response.url
            seen += 1
    assert seen >= 18


def test_a_link_to_another_language_is_marked_with_it(street, client, pages):
    seen = 0
    for response in every_page(street, client):
        page = page_elements.read(response.text)
        for nav in page.find("nav"):
            language = page.find("html")[0]["lang"]
            [link] = nav.find("a")
            there = {"en": "es", "es": "en"}[language]
            assert link.holds(lang=there, hreflang=there) and f"lang={there}" in link["href"]
            assert link.text == {"en": "English", "es": "Español"}[there]
            assert nav.find("b")[0]["aria-current"] == "true" and nav["aria-label"]
            seen += 1
    assert seen >= 12


def test_no_public_page_is_to_be_found_by_searching(street, client, pages):
    seen = 0
    for response in every_page(street, client):
        page = page_elements.read(response.text)
        assert [meta["content"] for meta in page.find("meta", name="robots")] == ["noindex"]
        assert page.find("meta", charset="utf-8") and page.find("title")[0].text
        seen += 1
    assert seen == 18


# ---- codes that are typed


@pytest.mark.parametrize(
    ("address", "method"), [("/r?code=short", "get"), ("/k", "post")], ids=["reply", "pairing"]
)
def test_a_code_is_typed_without_help_from_the_keyboard(street, client, pages, address, method):
    response = (
        client.post(address, data={"code": "ABCD"}) if method == "post" else client.get(address)
    )
    page = page_elements.read(response.text)
    [form] = [each for each in page.find("form") if each.find("input", name="code")]
    assert form.holds(method=method, novalidate="", autocomplete="off")
    [code] = form.find("input", name="code")
    assert code.holds(autocomplete="off", autocapitalize="characters", autocorrect="off")
    assert code.holds(spellcheck="false", dir="ltr", type="text")
    assert code.holds(aria_invalid="true", autofocus="", aria_describedby="code-rule code-error")
    assert form.find("p", id="code-error")[0].text
    fresh = page_elements.read(client.get(address.partition("?")[0]).text)
    [code] = fresh.find("input", name="code")
    assert code["aria-invalid"] is None and code["aria-describedby"] == "code-rule"


def test_a_reply_and_its_code_keep_their_own_direction(street, client, pages):
    link = street.mint()
    form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
    sent = client.post(link, data=form | {"comment": "Where?"})
    thanks = read(client, sent.headers["location"])
    [code] = thanks.find("p", **{"class": "code"})
    assert code["dir"] == "ltr"


# ---- the kiosk


@pytest.fixture(scope="module")
def kiosk(street, client, pages):
    """The document of a kiosk: its parts by name and language."""
    return read(client, street.mint(channel="kiosk"))


def part(kiosk: Element, name: str, language: str) -> Element:
    [template] = kiosk.find("template", data_part=name, data_language=language)
    return template


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_kiosks_languages_are_buttons_that_say_which_is_on(kiosk, language):
    survey = part(kiosk, "survey", language)
    assert survey["data-direction"] == "ltr" and survey["data-title"] and survey["data-error"]
    [switch] = survey.find("div", **{"class": "switch"})
    assert switch["role"] == "group" and switch["aria-label"]
    spoken = switch.find("button")[:-1]
    assert [button["data-speak"] for button in spoken] == ["en", "es"]
    for button in spoken:
        code = button["data-speak"]
        pressed = "true" if code == language else "false"
        assert button.holds(type="button", lang=code, aria_pressed=pressed)
    larger = switch.find("button")[-1]
    assert larger.holds(type="button", data_larger="", aria_pressed="false")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_kiosks_form_is_as_the_surveys(kiosk, language):
    survey = part(kiosk, "survey", language)
    [form] = survey.find("form", id="answers")
    assert form.holds(novalidate="", autocomplete="off") and form["method"] is None
    for name in ("satisfaction", "trust"):
        assert group(form, name).holds(role="radiogroup", aria_required="true")
    [alert] = survey.find("div", role="group", aria_labelledby="check")
    assert alert["tabindex"] == "-1" and alert["hidden"] == ""
    [unsent] = form.find("p", id="unsent")
    assert unsent.holds(aria_live="assertive") and unsent["data-text"] and unsent["data-closed"]
    assert survey.find("a") == [], "a kiosk has no way out"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_kiosks_dialogs_have_names(kiosk, language):
    [idle] = part(kiosk, "idle", language).find("dialog")
    assert idle.holds(aria_labelledby="still", aria_describedby="over")
    assert idle.find("p", aria_live="polite")[0]["data-left"]
    [stay] = idle.find("button", data_stay="")
    assert stay.holds(type="button", autofocus="")
    [staff] = part(kiosk, "staff", language).find("dialog")
    assert staff.holds(aria_labelledby="staff-title", lang=language, dir="ltr")
    [pin] = staff.find("input", id="staff-pin")
    assert pin.holds(type="password", inputmode="numeric", autocomplete="off", maxlength="12")
    assert pin["aria-describedby"] == "staff-wrong"
    assert staff.find("p", id="staff-wrong")[0]["aria-live"] == "assertive"
    assert staff.find("p", data_show="done")[0]["aria-live"] == "polite"
    for name in ("thanks", "closed"):
        [heading] = part(kiosk, name, language).find("h1")
        assert heading["tabindex"] == "-1"


def test_a_kiosk_without_script_says_so_in_each_language(kiosk):
    [none] = kiosk.find("noscript")
    assert [text["lang"] for text in none.find("p")] == ["en", "es"]
    assert kiosk.find("p", id="said", role="status")
    assert kiosk.find("meta", name="format-detection")[0]["content"] == "telephone=no"

"""What staff pages say beside their words: to screen readers, keyboards and browsers."""

import pytest

from cxserver.accounts.roles import Role
from cxserver.comments import cases, replies
from cxserver.response_id import ResponseId
from tests.support import page_elements
from tests.support.answer_factory import add_answers
from tests.support.closed_batches import release
from tests.support.comment_factory import add_alerts
from tests.support.house import CATALOGUE, answer
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import post, sign_in

REPLYING = CATALOGUE.replace("designated = true\n", "designated = true\nreplies = true\n")
ARABIC = "الانتظار طويل"
PAGES = {
    "/staff/": "All services",
    "/staff/scores": "Scores",
    "/staff/offices": "Offices",
    "/staff/drivers": "Drivers",
    "/staff/response": "Response",
    "/staff/comments": "Comments",
    "/staff/quarter": "Quarter",
    "/staff/places": "Links and kiosks",
}
OTHERS = (
    "/staff/quarter/comments?quarter=2027Q1",
    "/staff/said-and-did?office=riverside",
    "/staff/digest",
    "/staff/notes",
    "/staff/quarantine",
)


@pytest.fixture(scope="module")
def busy(request):
    """An office with numbers, and comments of which the first has a case and a reply."""
    with shared_house(request) as house:
        house.apply(REPLYING)
        add_answers(house, "riverside", 120, 30, days=range(1, 40))
        with house.client() as client:
            for words in (ARABIC, "Fine.", "Good.", "Slow.", "Quick.", "Loud."):
                assert answer(client, house.mint(), comment=words).status_code == 303
        release(house)
        yield house


@pytest.fixture(scope="module")
def case(busy):
    """The address of the comment in Arabic."""
    [row] = [row for row in busy.responses() if row["comment"] == ARABIC]
    add_alerts(busy, [ResponseId(row["service"], row["day"], row["id"])])
    return f"/staff/comments/permits/2026-11-02/{row['id']}"


@pytest.fixture(scope="module")
def analyst(busy, case):
    """An analyst, at whose hands the case has a note and is done."""
    with busy.client() as client:
        sign_in(busy, client, Role.ANALYST)
        read(client, case)
        said = {"said": "It takes long.", "did": "A second counter."}
        for fields in ({"act": "note", "note": "Asked."}, {"act": "close"} | said):
            seen = page_elements.read(client.get(case).text).find("input", name="seen")[0]["value"]
            assert post(client, f"{case}/act", seen=seen, **fields).status_code == 303
        yield client


def read(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return page_elements.read(response.text)


@pytest.mark.parametrize("path", [*PAGES, *OTHERS, "case"])
def test_what_refers_to_another_element_finds_it(analyst, case, path):
    page = read(analyst, case if path == "case" else path)
    assert page_elements.broken_references(page) == []
    assert page.find("html")[0].holds(lang="en", dir="ltr")
    assert page.find("meta", name="robots")[0]["content"] == "noindex"
    assert len(page.find("h1")) == 1


@pytest.mark.parametrize("path", PAGES)
def test_the_page_that_is_open_is_marked_among_the_others(analyst, path):
    [nav] = read(analyst, path).find("nav", **{"class": "rooms"})
    assert nav["aria-label"] == "Pages"
    links = nav.find("a")
    # The first page has the name of the place for its heading.
    label = "Overview" if path == "/staff/" else PAGES[path]
    assert [link.text for link in links if link["aria-current"] == "page"] == [label]
    assert len(links) > 5


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_every_page_has_the_way_out(analyst, path):
    assert '<form method="post" action="/staff/sign-out"><button' in analyst.get(path).text


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_the_keyboard_reaches_the_content_at_once(analyst, path):
    page = read(analyst, path)
    assert page.find("a")[0].holds(href="#main", **{"class": "skip"})
    assert page.find("div", id="main")[0]["tabindex"] == "-1"


def test_each_chart_has_a_name_and_a_description(analyst):
    charts = [
        chart
        for path in PAGES
        for chart in read(analyst, path).find("svg")
        if "chart" in (chart["class"] or "")
    ]
    assert len(charts) >= 4
    for chart in charts:
        assert chart["role"] in ("img", "group")
        title, desc = (chart["aria-labelledby"] or "").split()
        assert chart.find("title", id=title)[0].text and chart.find("desc", id=desc)[0].text


# ---- people's words


def test_rows_of_the_list_stand_in_their_own_direction_and_name_their_language(analyst):
    rows = read(analyst, "/staff/comments").find("p", **{"class": "row-text"})
    assert ARABIC in [row.text for row in rows] and len(rows) == 6
    assert {(row["dir"], row["lang"]) for row in rows} == {("auto", "en")}


@pytest.mark.parametrize("path", ["/staff/quarter/comments?quarter=2027Q1", "case"])
def test_words_stand_in_their_own_direction(analyst, case, path):
    page = read(analyst, case if path == "case" else path)
    said = [words for quote in page.find("blockquote") for words in quote.find("p")]
    assert ARABIC in [words.text for words in said]
    assert {words["dir"] for words in said} == {"auto"}


def test_what_the_office_wrote_stands_in_its_own_direction(analyst, case):
    page = read(analyst, "/staff/said-and-did?office=riverside")
    assert [(words.text, words["dir"]) for words in page.find("dd")] == [
        ("It takes long.", "auto"),
        ("A second counter.", "auto"),
    ]
    [notes] = read(analyst, case).find("ul", **{"class": "notes"})
    assert [words["dir"] for words in notes.find("p") if words.text == "Asked."] == ["auto"]


# ---- forms


def test_each_field_of_a_case_has_a_label_and_its_limit(analyst, case):
    page = read(analyst, case)
    limits = {
        "note": cases.LONGEST_NOTE,
        "reply": replies.LIMIT,
        "said": cases.LONGEST_WORDS,
        "did": cases.LONGEST_WORDS,
        "words": 4000,
    }
    boxes = page.find("textarea")
    assert {box["name"]: int(box["maxlength"] or 0) for box in boxes} == limits
    labels = [label["for"] for label in page.find("label")]
    assert [box["name"] for box in boxes if box["id"] not in labels] == []
    # A note and a reply say something; of a case that closes nothing needs to be told.
    assert {box["name"] for box in boxes if box["required"] == ""} == {"note", "reply"}


def test_a_form_of_a_case_posts_what_was_seen(analyst, case):
    forms = [form for form in read(analyst, case).find("form") if form["action"] == f"{case}/act"]
    assert len(forms) >= 4
    for form in forms:
        assert form["method"] == "post"
        [act] = {button["name"] for button in form.find("button")}
        assert act == "act"
        [acts] = [{button["value"] for button in form.find("button")}]
        seen = {field["name"] for field in form.find("input", type="hidden")}
        # A note takes nobody's place, so it may come whatever was seen.
        assert seen == (
            {"reply-seen"} if "reply" in acts else set() if "note" in acts else {"seen"}
        )


def test_a_comment_before_omb_gets_it_is_decided_in_a_group_with_a_name(analyst):
    page = read(analyst, "/staff/quarter/comments?quarter=2027Q1&show=all")
    groups = page.find("fieldset")
    assert len(groups) >= 6
    names = [group.find("legend")[0].text for group in groups]
    assert names == [f"Comment {n}" for n in range(1, len(groups) + 1)]
    for group in groups:
        choices = group.find("input", type="radio")
        assert [choice["value"] for choice in choices][:2] == ["approve", "withhold"]
        assert len({choice["name"] for choice in choices}) == 1
        assert group.find("input", type="hidden")[0]["name"] == f"seen:{choices[0]['name']}"


def test_what_stands_beside_an_error_is_read_at_once(analyst, case):
    refused = post(analyst, f"{case}/act", act="close", seen="0", said="Mine.", did="")
    assert refused.status_code == 409
    page = page_elements.read(refused.text)
    [alert] = page.find("div", role="alert")
    assert "It takes long." in alert.text
    assert {words["dir"] for words in alert.find("span")} == {"auto"}
    assert page.find("textarea", name="said")[0].text == "Mine."

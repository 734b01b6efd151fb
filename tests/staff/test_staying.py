"""A session that ends takes no word with it: it is announced, prolonged, and words go again."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import select

import cxserver
from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.response_id import ResponseId
from cxserver.staff import guard, site, unsent
from tests.support import page_elements
from tests.support.comment_factory import MONDAY, add_comments
from tests.support.house import House
from tests.support.staff_accounts import FORM, OURS, post, sign_in

NOTE = "\r\n  Asked the clerk.\r\n<script>alert(1)</script> & \"more\" 'of' it…\r\n\r\n"
TEMPLATES = Path(cxserver.__file__).parent / "staff" / "templates"
LEFT = "/staff/session/left"


def case_of(row: ResponseId) -> str:
    return f"/staff/comments/{row.service}/{MONDAY}/{row.id}"


def notes(house: House) -> list[str]:
    with db.read(house.engine) as connection:
        return list(connection.execute(select(tables.case_notes.c.text)).scalars())


def left(client: httpx2.Client) -> dict[str, int]:
    answer = client.get(LEFT)
    assert answer.status_code == 200
    return dict(json.loads(answer.text))


def send_again(client: httpx2.Client, text: str) -> httpx2.Response:
    """Press the button of a page that shows words again, as a browser does."""
    page = page_elements.read(text)
    [form] = [form for form in page.find("form", method="post") if form.find("textarea")] or [
        form for form in page.find("form", method="post")
    ]
    pairs = [(item["name"], item["value"]) for item in form.find("input", type="hidden")]
    # A parser drops the line end after the tag; a form sends each line end as two characters.
    pairs += [
        (area["name"], re.sub(r"\r?\n", "\r\n", area.text.removeprefix("\n")))
        for area in form.find("textarea")
    ]
    how = {"content-type": FORM, "sec-fetch-site": "same-origin"}
    return client.post(str(form["action"]), headers=how, content=urlencode(pairs))


# ---- words that were sent too late


def test_a_note_sent_after_the_end_is_shown_again_and_stored_once(house: House) -> None:
    [row] = add_comments(house, "slow")
    case = case_of(row)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        client.get(case)
        house.clock.forward(minutes=31)
        late = post(client, f"{case}/act", act="note", note=NOTE)
        assert late.status_code == 401 and "Nothing was saved." in late.text
        assert "<script>alert" not in late.text
        assert late.headers["cache-control"] == "no-store" and "set-cookie" not in late.headers
        assert notes(house) == []
        # Nobody is signed in yet: the words come back as often as they are sent.
        again = send_again(client, late.text)
        assert again.status_code == 401 and again.text == late.text and notes(house) == []
        sign_in(house, client, Role.ANALYST)
        done = send_again(client, again.text)
        assert (done.status_code, done.headers["location"]) == (303, case)
    assert notes(house) == [NOTE.strip().replace("\r\n", "\n")]


def test_the_words_have_the_labels_of_their_page_and_the_rest_is_hidden(house: House) -> None:
    [row] = add_comments(house, "slow")
    with house.client() as client:
        fields = {"act": "close", "said": "It is slow.", "did": "A second counter.", "seen": "3"}
        late = post(client, f"{case_of(row)}/act", **fields)
    page = page_elements.read(late.text)
    assert [label.text for label in page.find("label")] == ["You said", "We did"]
    hidden = {item["name"]: item["value"] for item in page.find("input", type="hidden")}
    assert hidden == {"act": "close", "seen": "3"}
    [link] = [a for a in page.find("a") if a["target"] == "_blank"]
    assert link["href"] == "/staff/sign-in?next=/staff/session" and link["rel"] == "noopener"


def test_who_signs_in_again_is_told_to_go_back(house: House) -> None:
    with house.client() as client:
        assert client.get("/staff/session").headers["location"] == (
            "/staff/sign-in?next=/staff/session"
        )
        sign_in(house, client, Role.ANALYST)
        page = client.get("/staff/session")
    assert page.status_code == 200 and "Send again" in page.text


def test_a_role_that_may_not_act_still_may_not(house: House) -> None:
    [row] = add_comments(house, "slow")
    with house.client() as client:
        late = post(client, f"{case_of(row)}/act", act="note", note="Asked.")
        sign_in(house, client, Role.ADMINISTRATOR)
        assert send_again(client, late.text).status_code == 404
    assert notes(house) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=str,
)
def test_what_another_site_posts_is_not_shown_by_ours(
    sqlite_house: House, headers: dict[str, str]
) -> None:
    with sqlite_house.client() as client:
        sent = post(client, "/staff/quarantine", headers, why="Call 1-800-EVIL")
        assert sent.status_code == 403 and "EVIL" not in sent.text
        assert post(client, "/staff/quarantine", OURS, why="Mine").status_code == 401


def test_what_no_form_of_ours_sends_is_refused_before(sqlite_house: House) -> None:
    with sqlite_house.client() as client:
        much = post(client, "/staff/quarantine", why="x" * guard.FORM_LIMIT)
        assert much.status_code == 413
        many = urlencode([("why", "x")] * 201)
        how = {"content-type": FORM, "sec-fetch-site": "same-origin"}
        assert client.post("/staff/quarantine", headers=how, content=many).status_code == 400


def test_an_address_with_a_query_or_odd_letters_is_posted_to_again(sqlite_house: House) -> None:
    with sqlite_house.client() as client:
        how = {"content-type": FORM, "sec-fetch-site": "same-origin"}
        path = "/staff/comments/per%22mits/2026-11-02/a%20b/act?x=%22&y=1"
        sent = client.post(path, headers=how, content="act=note&note=Asked")
        [form] = page_elements.read(sent.text).find("form")
    assert form["action"] == path


@pytest.mark.parametrize("front", ["", "/cx"])
def test_under_a_path_the_words_go_back_to_that_path(sqlite_house: House, front: str) -> None:
    """Whether the proxy takes the path away or hands it over."""
    sqlite_house.move("http://127.0.0.1:8000/cx")
    with sqlite_house.client() as client:
        at = f"http://127.0.0.1:8000{front}/staff/quarantine"
        page = page_elements.read(post(client, at, why="A bot").text)
    [form] = page.find("form")
    assert form["action"] == "/cx/staff/quarantine"
    assert page.find("a", target="_blank")[0]["href"].startswith("/cx/staff/sign-in?")


# ---- every field that somebody writes in has a label


def written() -> list[tuple[str, str]]:
    """Each field of a form that people write in: what its action ends with, and its name."""
    result = []
    for template in {*TEMPLATES.glob("*.html")} - {TEMPLATES / "signed-out.html"}:
        for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.S):
            action = re.search(r'action="([^"]*)"', form)
            for tag in re.findall(r"<(?:textarea|input)[^>]*>", form):
                if "<input" in tag and not re.search(r'type="(?:text|search|email)"', tag):
                    continue
                [name] = re.findall(r'\bname="([^"]*)"', tag)
                ending = action[1].rpartition("}}")[2] if action else ""
                result.append((ending, re.sub(r"\{\{.*?\}\}", "x", name)))
    return result


def test_every_field_with_words_has_a_label_for_the_page_that_shows_them_again() -> None:
    fields = [(ending, name) for ending, name in written() if "." not in name]
    assert ("/act", "note") in fields and ("/quarter/tell", "source-x") in fields
    for ending, name in fields:
        routes = [r for r in site.ROUTES if "POST" in r.methods and r.path.endswith(ending)]
        assert routes, ending
        assert all(unsent.label_of(name, route.words) for route in routes), (ending, name)


# ---- how long it lasts


def test_asking_how_long_it_lasts_does_not_make_it_longer(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        for minutes in (0, 10, 19):
            house.clock.forward(minutes=minutes)
            assert left(client)["last"] == 12 * 3600 - 60 * {0: 0, 10: 10, 19: 29}[minutes]
        assert left(client)["left"] == 60
        house.clock.forward(minutes=1)
        assert client.get(LEFT).status_code == 303


def test_staying_makes_it_longer_and_says_by_how_much(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        for _ in range(3):
            house.clock.forward(minutes=25)
            how = {"sec-fetch-site": "same-origin", "accept": "application/json"}
            stayed = post(client, "/staff/session", how)
            assert json.loads(stayed.text)["left"] == 1800
        # Without script the same button leads to a page.
        assert post(client, "/staff/session").headers["location"] == "/staff/session"


def test_a_page_says_when_it_ends_and_when_nothing_moves_that(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        text = client.get("/staff/").text
        # 10:20 in the agency's morning, and half an hour.
        assert "You are signed out at 10:50 AM EST unless you open another page" in text
        for _ in range(29):
            house.clock.forward(minutes=24, seconds=30)
            assert client.get("/staff/").status_code == 200
        text = client.get("/staff/").text
        assert "12 hours after you signed in" in text and "unless you open" not in text
        assert left(client)["left"] == left(client)["last"] < 600


def test_nobody_who_is_signed_out_reads_of_a_session(sqlite_house: House) -> None:
    with sqlite_house.client() as client:
        text = client.get("/staff/sign-in").text
        assert "staff.js" not in text and "session-end" not in text
        assert post(client, "/staff/session").status_code == 303

"""A quarter filed from the staff page, from yellow to green, by somebody at a real browser."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from cxserver import db
from cxserver.accounts.roles import Role
from tests.quarter.test_submissions import TWO
from tests.support import browser_layout, omb_upload, quarter_answers
from tests.support.matches import first_match
from tests.support.staff_accounts import invite

# The last Sunday's week is over at the moment of filing: comments have a page of their own.
WORDS = ["Quick and clear.", "Ask for Maria Lopez.", "The sign is too small."]


@pytest.fixture
def desk(sqlite_house, serve, open_page, page_faults):
    """The analyst at the page of a quarter that has ended, with two designated services."""
    house = sqlite_house
    house.move(serve.reserve())
    house.apply(TWO)
    items = [{"link": house.mint(), "trust": 4, "satisfaction": 5} for _ in range(8)]
    items += [
        {"link": house.mint(), "trust": 2, "satisfaction": 2, "drivers": ["ease"], "comment": text}
        for text in WORDS
    ]
    phone = {"trust": 5, "satisfaction": 4, "comment": "Friendly."}
    items += [{"link": house.mint("calls", "center", channel="phone"), **phone} for _ in range(5)]
    quarter_answers.send(house, items)
    house.clock.now = quarter_answers.AFTER
    serve(house.app(), at=house.settings.base_url)
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(house.settings.base_url + invite(house, Role.ANALYST, "ana@example.gov"))
    with page.expect_navigation():
        page.click("main button")
    page.get_by_role("link", name="Quarter", exact=True).click()
    yield house, page
    # Refusals are told with their status, which Chromium notes.
    page_faults[:] = [fault for fault in page_faults if "status of 422" not in fault]


def test_a_quarter_is_filed_from_yellow_to_green(desk):
    house, page = desk
    rating = page.locator(".rating")
    expect(rating).to_contain_text("Yellow. You can't sign it off yet.")
    expect(page.locator(".question")).to_contain_text(quarter_answers.QUARTER)
    # The rule is the last business day of January; nothing is published for this quarter.
    expect(page.locator("#due ~ dl")).to_contain_text("Friday, January 29, 2027, 28 days left")
    assert browser_layout.axe(page) == []
    tell(page, "Permit renewal", "Email")
    tell(page, "Telephone help", "After a call")
    expect(page.locator(".reasons li")).to_have_count(1)
    expect(page.locator(".reasons li")).to_contain_text("8 comments have not been reviewed")
    review(house, page)
    expect(rating).to_contain_text("Green. Nothing is missing.")
    expect(page.locator(".reasons")).to_have_count(0)
    sign(page)
    files = download(page)
    check_files(files)
    for state in ("Record that it was submitted", "Record that OMB has published it"):
        press(page, state)
    log = page.locator("#records ~ ol li")
    assert [first_match(r"\S+", entry)[0] for entry in log.locator("strong").all_inner_texts()] == [
        "Draft",
        "Checked",
        "Signed-off",
        "Submitted",
        "Published",
    ]
    expect(log.nth(2)).to_contain_text("Ana Diaz, Deputy Secretary")
    expect(rating).to_contain_text("Green")
    assert browser_layout.axe(page) == []


def press(page, button):
    """Press it, and wait for the page that comes."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def tell(page, service, channel):
    """Fill in what only people know; a mistake is told, and nothing typed is lost."""
    section = page.locator("section").filter(has=page.get_by_role("heading", name=service))
    reach = section.get_by_role("group", name=channel)
    reach.get_by_label("Customers served").fill("1,200")
    reach.get_by_label("Of them, offered the survey").fill("9000")
    reach.get_by_label("Where the numbers come from").fill("Queue system")
    section.get_by_label("Reflection").fill("Waits fell.")
    section.get_by_label("Accomplishments").fill("A second counter.")
    with page.expect_response(lambda response: response.status == 422):
        section.get_by_role("button").click()
    expect(section.get_by_role("alert")).to_contain_text("0 ≤ offered ≤ served")
    expect(section.get_by_label("Reflection")).to_have_value("Waits fell.")
    reach.get_by_label("Of them, offered the survey").fill("900")
    section.get_by_role("button").click()
    expect(section.get_by_role("alert")).to_have_count(0)
    expect(reach).to_contain_text("entered by ana@example.gov")


def review(house, page):
    """Take a name out, withhold one, approve the others."""
    page.get_by_role("link", name="Read each, then approve or withhold it").click()
    expect(page.locator("ol.comments > li")).to_have_count(8)
    assert browser_layout.axe(page) == []
    entry = page.locator("ol.comments > li").filter(has_text="Maria Lopez")
    entry.get_by_role("link", name="Redact").click()
    page.get_by_label("The exact words to redact").fill("Maria Lopez")
    press(page, "Show what will be left")
    press(page, "Redact for good")
    page.get_by_role("link", name="Quarter", exact=True).click()
    page.get_by_role("link", name="Read and decide").click()
    entry = page.locator("ol.comments > li").filter(has_text="too small")
    entry.get_by_label("Withhold").check()
    press(page, "Save what I chose")
    expect(page.locator("ol.comments > li")).to_have_count(7)
    press(page, "I have read this page")
    expect(page.get_by_role("heading", name="No comments need a decision")).to_be_visible()
    page.get_by_role("link", name="Back to the quarter").click()


def sign(page):
    """Draft, check, and the official's name."""
    press(page, "Record a draft")
    press(page, "Record the check")
    page.get_by_label("Name and title of the official").fill("Ana Diaz, Deputy Secretary")
    press(page, "Sign off")


def download(page):
    """The ZIP, twice: the same bytes."""
    bodies = []
    for _ in range(2):
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the files").click()
        assert started.value.suggested_filename == f"{quarter_answers.QUARTER}-v2.zip"
        bodies.append(started.value.path().read_bytes())
    assert bodies[0] == bodies[1]
    with zipfile.ZipFile(io.BytesIO(bodies[0])) as bundle:
        return {name.partition("/")[2]: bundle.read(name) for name in bundle.namelist()}


def check_files(files):
    tables = [name for name in files if name.endswith(".csv")]
    assert sorted(files.keys() - set(tables)) == [
        "FIELDS.txt",
        "INSTRUCTIONS.txt",
        "SUMMARY.txt",
        "manifest.json",
    ]
    assert len(tables) == 2
    for name in tables:
        assert omb_upload.faults(name, files[name], "likert_scale") == []
    text = b"".join(files[name] for name in tables).decode()
    assert "Ask for [redacted]." in text and "Friendly." in text and "Quick and clear." in text
    assert "Maria" not in text and "too small" not in text
    assert "Deputy" not in text


def test_a_signature_before_its_time_is_refused_and_says_why(desk):
    house, page = desk
    press(page, "Record a draft")
    press(page, "Record the check")
    expect(page.locator("section", has=page.locator("#records"))).to_contain_text(
        "The next step is the signature"
    )
    expect(page.get_by_role("button", name="Sign off")).to_have_count(0)
    # A forged form gets no further.
    where = f"{house.settings.base_url}/staff/quarter/record"
    form = {"quarter": quarter_answers.QUARTER, "state": "signed-off", "official": "Nobody"}
    refused = page.request.post(
        where, form=form, headers={"origin": house.settings.base_url}, max_redirects=0
    )
    assert refused.status == 409
    assert "You can&#39;t sign this off yet: 8 comments" in refused.text()


def test_the_audit_log_says_who_did_it_and_nothing_of_what_was_written(desk):
    house, page = desk
    tell(page, "Permit renewal", "Email")
    page.get_by_role("link", name="Read each, then approve or withhold it").click()
    press(page, "I have read this page")
    with db.read(house.engine) as connection:
        lines = [
            (row.who, row.what, row.about, row.result)
            for row in connection.exec_driver_sql("SELECT who, what, about, result FROM audit")
        ]
    ana = "ana@example.gov"
    assert (ana, "tell of a quarter", f"{quarter_answers.QUARTER} permits", "done") in lines
    assert (
        ana,
        "read comments",
        f"{quarter_answers.QUARTER} before OMB gets them",
        "done",
    ) in lines
    assert (ana, "approve comments", quarter_answers.QUARTER, "8") in lines
    log = repr(lines)
    for word in ("Maria", "Friendly", "Waits", "Queue", "second counter"):
        assert word not in log

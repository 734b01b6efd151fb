"""`cx embed tag` prints a tag that works; `cx embed check` says what keeps a page from it."""

import json
import re

import pytest
from playwright.sync_api import expect

from cxserver.cli import hostpage
from cxserver.errors import ServerError
from tests.public.test_embed import Host, answer_inside
from tests.support import browser_layout
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE


@pytest.fixture
def host(serve, sqlite_house) -> Host:
    address = serve.reserve()
    sqlite_house.move(address)
    host = Host(serve, sqlite_house)
    host.allow()
    serve(sqlite_house.app(), at=address)
    return host


@pytest.fixture
def page(page, real_clock, sqlite_house):
    """As in test_embed: a survey that comes late on a busy machine is not given up."""
    browser_layout.stop_clock(page, sqlite_house.clock.now)
    return page


@pytest.fixture
def real_clock(sqlite_house):
    """`cx` goes by the real clock; so must the house that opens its links."""
    sqlite_house.live_today()


@pytest.mark.parametrize("which", ["tag", "pinned"])
def test_the_printed_tag_works_as_it_is(page, host, sqlite_house, real_clock, which):
    tags = json.loads(cx(sqlite_house, "embed", "tag", "permits", "riverside", "--json"))
    page.goto(host.put("a", tags[which]))
    page.get_by_role("button", name="How did it go?").click()
    answer_inside(page)
    assert sqlite_house.count() == 1


def test_a_tag_whose_hash_is_wrong_runs_nothing(page, host, sqlite_house, real_clock, page_faults):
    tags = json.loads(cx(sqlite_house, "embed", "tag", "permits", "riverside", "--json"))
    page.goto(host.put("a", re.sub(r"sha384-.{6}", "sha384-AAAAAA", tags["pinned"])))
    expect(page.locator("h1")).to_have_text("Agency")
    assert page.evaluate("typeof cx") == "undefined"
    browser_layout.complained(page, page_faults)
    page_faults.clear()


def test_the_same_place_prints_the_same_link(sqlite_house):
    first, second = (
        json.loads(
            cx(sqlite_house, "embed", "tag", "permits", "riverside", "--place", "x", "--json")
        )
        for _ in range(2)
    )
    assert first == second


def test_sampling_and_rest_come_from_the_catalogue(sqlite_house):
    sqlite_house.apply(
        CATALOGUE.replace("designated = true", "designated = true\nsample = 0.1\nrest_days = 30")
    )
    output = cx(sqlite_house, "embed", "tag", "permits", "riverside", "--mode", "prompt")
    assert 'data-cx-sample="0.1"' in output and 'data-cx-rest="30"' in output
    assert "frame-src http://127.0.0.1" in output and "The link ends on" in output


def test_a_service_that_nobody_may_frame_says_so(sqlite_house):
    output = cx(sqlite_house, "embed", "tag", "calls", "center")
    assert "embed_origins of service 'calls'" in output


def test_a_page_where_nothing_is_in_the_way(host, sqlite_house, real_clock):
    tags = json.loads(cx(sqlite_house, "embed", "tag", "permits", "riverside", "--json"))
    assert "can show on this page" in cx(sqlite_house, "embed", "check", host.put("a", tags["tag"]))


def test_each_thing_in_the_way_is_a_sentence(host, sqlite_house, real_clock):
    tags = json.loads(cx(sqlite_house, "embed", "tag", "permits", "riverside", "--json"))
    url = host.put("a", tags["tag"])
    page = hostpage.fetch(url)
    base = sqlite_house.settings.base_url
    origins = {"permits": (host.address,)}
    assert hostpage.faults(page, base, origins) == []
    assert hostpage.faults(page, base, {"permits": ()}) == [
        f"Add {host.address} to embed_origins of service permits."
    ]
    for policy, name in (
        ("default-src 'self'", "script-src"),
        (f"script-src {base}; frame-src 'none'", "frame-src"),
        (f"script-src {base}; default-src 'none'", "frame-src"),
    ):
        bad = hostpage.Page(page.url, (policy,), page.scripts, page.links)
        assert f"add {base} to {name}." in " ".join(hostpage.faults(bad, base, origins))
    for policy in ("", "script-src *; frame-src *", f"default-src {base}", "img-src 'none'"):
        good = hostpage.Page(page.url, (policy,), page.scripts, page.links)
        assert hostpage.faults(good, base, origins) == []
    bare = hostpage.fetch(host.put("b", "<p>Nothing</p>"))
    assert "no script tag" in hostpage.faults(bare, base, origins)[0]


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://127.0.0.1:9/"])
def test_a_page_that_cannot_be_read_is_told(url):
    with pytest.raises(ServerError, match="begin with https://|cannot be reached"):
        hostpage.fetch(url)

"""Bad input in addresses: whatever is wrong with one, strangers see one page."""

import pytest

from tests.public.test_bad_links import forged, parts

# ---- 25 to 30: addresses

ADDRESSES = [
    "/s/../../etc/passwd",
    "/s/..%2f..%2fetc/riverside/{token}",
    "/s/permits/..%2f..%2fetc/{token}",
    "/s/%00/riverside/{token}",
    "/s/permits%00/riverside/{token}",
    "/s/permits/riverside%00/{token}",
    "/s/permits/riverside/{token}%00",
    "/s/%ff/riverside/{token}",
    "/s/permits/%ff%fe/{token}",
    "/s/permits/riverside/%ff",
    "/s/%ed%a0%80/riverside/{token}",
    "/s/permits/riverside/%ed%a0%80",
    "/s/%f4%90%80%80/riverside/{token}",
    "/s//riverside/{token}",
    "//s/permits/riverside/{token}",
    "/s/permits//{token}",
    "/s/permits/riverside/",
    "/s/permits/riverside/{token}/",
    "/s/permits/riverside/{token}/thanks",
    "/s/PERMITS/riverside/{token}",
    "/s/permits/Riverside/{token}",
    "/s/%D1%80ermits/riverside/{token}",
    "/s/permits%0a/riverside/{token}",
    "/s/permits%0d%0aX: y/riverside/{token}",
    "/s/permits/riverside/' OR 1=1--",
    "/s/permits' OR '1'='1/riverside/{token}",
    "/s/permits/riverside;drop table responses/{token}",
    "/s/-permits/riverside/{token}",
    "/s/{long}/riverside/{token}",
    "/s/permits/{long}/{token}",
    "/s/permits/riverside/{long}",
    "/s/{{7*7}}/riverside/{token}",
    "/s/<script>/riverside/{token}",
    "/k/permits/riverside/{token}",
    "/static/..%2f..%2f..%2fetc/passwd",
    "/static/%00/survey.css",
    "/static/{token}/..%2fsurvey.css",
    "/api/v1/..%2f..%2f",
    "/nothing",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/s/%/%/%",
    "/s/%zz/riverside/{token}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_nothing_is_not_found(street, client, address):
    token = parts(street.mint())[2]
    path = address.replace("{token}", token).replace("{long}", "a" * 5000)
    for method in ("GET", "HEAD", "POST"):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        response = client.request(method, path, headers=headers, content="trust=4&satisfaction=5")
        assert response.status_code == 404 or (method, response.status_code) == ("POST", 405)
        assert "Traceback" not in response.text and "49" not in response.headers.get("location", "")


def test_ten_kilobytes_of_address_are_refused_without_a_look(street, client):
    for path in ("/s/permits/riverside/" + "a" * 10_000, f"{street.mint()}?{'a' * 10_000}"):
        assert client.get(path).status_code == 414


def test_strangers_see_one_page_whatever_is_wrong(street, client):
    """Malformed, forged, unknown service, office or key, another kind: nothing tells them apart."""
    service, office, token = parts(street.mint("hearings"))
    kiosk = parts(street.mint("hearings", channel="kiosk"))[2]
    wrong = {
        "malformed": f"/s/{service}/{office}/nonsense",
        "forged": f"/s/{service}/{office}/{token[:-1]}{'A' if token[-1] != 'A' else 'Q'}",
        "service": f"/s/nothing/{office}/{token}",
        "not a slug": f"/s/No%20thing/{office}/{token}",
        "office": f"/s/{service}/nowhere/{token}",
        "office elsewhere": f"/s/{service}/lakeside/{token}",
        "key": forged(street, kid=77, service="hearings"),
        "kind": f"/s/{service}/{office}/{kiosk}",
        "no such page": "/s/a/b/c/d",
    }
    pages = {name: client.get(link) for name, link in wrong.items()}
    seen = {
        (page.status_code, page.text, tuple(sorted(page.headers.items())))
        for page in pages.values()
    }
    assert len(seen) == 1
    assert {page.status_code for page in pages.values()} == {404}
    assert "hearing" not in pages["forged"].text.lower()


def test_the_api_tells_strangers_no_more(street, client):
    service, office, token = parts(street.mint())
    links = (
        f"/s/{service}/{office}/nonsense",
        f"/s/nothing/{office}/{token}",
        f"/s/{service}/nowhere/{token}",
        forged(street, kid=77),
        "http://[",
        "",
        "/",
        "\\",
        f"/k/{service}/{office}/{token}",
        f"/s/{service}/{office}/{token}/",
        f"javascript:/s/{service}/{office}/",
        "a" * 1000,
    )
    replies = {
        client.post("/api/v1/responses", json={"link": link, "trust": 4, "satisfaction": 5}).text
        for link in links
    }
    assert len(replies) == 1 and '"not_found"' in replies.pop()


def test_a_token_outside_of_the_path_opens_nothing(street, client):
    token = parts(street.mint())[2]
    headers = {"referer": street.mint(), "authorization": f"Bearer {token}", "cookie": f"t={token}"}
    for path in (f"/s/permits/riverside/?token={token}", f"/s/permits/riverside?{token}"):
        assert client.get(path, headers=headers).status_code == 404
    home = client.get(f"/?token={token}", headers=headers).text
    assert home == client.get("/").text and "<form" not in home
    page = client.get(f"{street.mint()}?token={token}#{token}", headers=headers)
    assert page.status_code == 200 and token not in page.text

"""Links that are wrong, late, early, withdrawn or mangled: refused alike, and nothing is stored."""

import time
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import update

import serving
from cxsdk import Issuer
from cxsdk.keys import office_secret
from cxsdk.token import Kind, LinkKey
from cxserver import db, tables
from cxserver.catalog import directory
from house import CATALOGUE, NOW, answer, stamp_of
from lasting import kept

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOT_FOUND = "This link does not work"
TYPED = "I waited <b>two</b> hours & nobody came"
SHOWN = "I waited &lt;b&gt;two&lt;/b&gt; hours &amp; nobody came"


def parts(link):
    """service, office, token"""
    return urlsplit(link).path.split("/")[2:]


def forged(house, kind=Kind.EMAIL, kid=None, at=None, service="permits", office="riverside"):
    """A token signed with the genuine key, saying what the SDK would refuse to say."""
    key = house.keys[service]
    secret = house.roots.service_secret(service, kid or key.kid, house.roots.newest)
    moment = int((at or house.clock.now).timestamp()) if not isinstance(at, int) else at
    signer = LinkKey(office_secret(secret, office), kind)
    return f"/s/{service}/{office}/{signer.sign(kid or key.kid, moment, b'12345678')}"


def post(client, link, **fields):
    return client.post(link, data={"trust": "4", "satisfaction": "5", "comment": TYPED} | fields)


# ---- 18, 19: what is changed on the way


def test_no_single_changed_character_of_a_token_survives(street, client):
    """Four other characters at every place; `test_token` tries all of them against the key."""
    service, office, token = parts(street.mint())
    before = kept(street)
    survivors = []
    for at, char in enumerate(token):
        place = ALPHABET.find(char)  # -1 for the dot
        for other in {ALPHABET[place ^ 1], ALPHABET[place ^ 32], char.swapcase(), "."} - {char}:
            changed = token[:at] + other + token[at + 1 :]
            if client.get(f"/s/{service}/{office}/{changed}").status_code != 404:
                survivors.append((at, other))
    assert survivors == []
    assert kept(street) == before


@pytest.mark.parametrize(
    "mangle",
    [
        *(lambda token, cut=cut: token[:cut] for cut in (0, 1, 20, 21, 42)),
        *(lambda token, more=more: token + more for more in ("=", "==", "A", "\0", ";", "'")),
        *(
            lambda token, more=more: token[:9] + more + token[9:]
            for more in (" ", "\u00a0", "\u200b")
        ),
        str.lower,
        str.upper,
        str.swapcase,
        lambda token: token.replace(".", "\u3002"),
        lambda token: token.replace(".", ".."),
        lambda token: token[::-1],
        lambda token: token * 2,
        lambda token: "\ufeff" + token,
        lambda token: "\uff21" + token[1:],
    ],
)
def test_a_mangled_token_is_not_found(street, client, mangle):
    service, office, token = parts(street.mint())
    found = client.get(f"/s/{service}/{office}/{quote(mangle(token), safe='')}")
    assert found.status_code == 404 and NOT_FOUND in found.text


@pytest.mark.parametrize(
    "dress", ["{})", "{}>", "<{}>", "({})", "{}.", "{},", " {} ", "{}\u00a0", "{}).", "\t{}"]
)
def test_what_a_mail_program_took_along_is_trimmed_by_a_redirect(street, client, dress):
    service, office, token = parts(street.mint())
    dressed = client.get(f"/s/{service}/{office}/{quote(dress.format(token), safe='')}")
    assert dressed.status_code == 308
    assert dressed.headers["location"] == f"/s/{service}/{office}/{token}"


def test_only_the_form_of_a_token_is_trimmed_and_a_stranger_learns_nothing_from_it(client):
    assert client.get("/s/permits/riverside/short).").status_code == 404
    never_minted = "A" * 20 + "." + "A" * 22
    for service in ("permits", "nothing"):
        trimmed = client.get(f"/s/{service}/riverside/{never_minted})")
        assert trimmed.headers["location"] == f"/s/{service}/riverside/{never_minted}"
    assert client.get(f"/s/..%2f/riverside/{never_minted})").status_code == 404


def test_a_slash_at_the_end_does_not_send_the_token_elsewhere(street, client):
    found = client.get(f"{street.mint()}/", headers={"x-forwarded-proto": "https"})
    assert found.status_code == 404 and "location" not in found.headers


def test_a_token_opens_only_its_own_office_and_service(street, client):
    service, office, token = parts(street.mint())
    for other in ("permits/lakeside", "hearings/riverside", "calls/center", "calls/riverside"):
        assert client.get(f"/s/{other}/{token}").status_code == 404
        sent = post(client, f"/s/{other}/{token}")
        assert sent.status_code == 404 and SHOWN in sent.text
    for at in range(len(service)):
        assert (
            client.get(f"/s/{service[:at]}x{service[at + 1 :]}/{office}/{token}").status_code == 404
        )
    for at in range(len(office)):
        assert (
            client.get(f"/s/{service}/{office[:at]}x{office[at + 1 :]}/{token}").status_code == 404
        )


# ---- 20, 21: kinds and keys


def test_a_kiosk_token_does_not_open_as_a_page_nor_an_invite_as_a_kiosk(street, client):
    service, office, token = parts(street.mint(channel="kiosk"))
    assert client.get(f"/s/{service}/{office}/{token}").status_code == 404
    assert client.get(f"/k/{service}/{office}/{parts(street.mint())[2]}").status_code == 404


def test_the_kind_is_part_of_the_signature(street, client):
    for channel in ("email", "sms", "web", "phone", "poster", "site"):
        service, office, token = parts(street.mint(channel=channel))
        for first in "EFGHIJ":  # the first six bits hold the version and the kind's upper half
            if first != token[0]:
                other = client.get(f"/s/{service}/{office}/{first}{token[1:]}")
                assert other.status_code == 404


@pytest.mark.parametrize("kind", [0, 5, 6, 7, 11, 15])
def test_a_kind_that_is_not_in_use_opens_nothing(street, client, kind, monkeypatch):
    class Reserved(int):
        pass

    key = street.keys["permits"]
    signer = LinkKey(office_secret(key.secret, "riverside"), Reserved(kind))
    link = f"/s/permits/riverside/{signer.sign(key.kid, int(NOW.timestamp()), bytes(8))}"
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("kid", [9, 65535])
def test_a_key_number_that_was_never_cut_opens_nothing(street, client, kid):
    assert client.get(forged(street, kid=kid)).status_code == 404


def test_key_number_zero_opens_nothing(street, client):
    secret = street.roots.service_secret("permits", 0, street.roots.newest)
    signer = LinkKey(office_secret(secret, "riverside"), Kind.EMAIL)
    token = signer.sign(0, int(NOW.timestamp()), bytes(8))
    assert client.get(f"/s/permits/riverside/{token}").status_code == 404


def test_a_key_cut_for_one_office_opens_nothing_at_its_neighbour(sqlite_house):
    house = sqlite_house
    key = house.cut("permits", "riverside")
    own = Issuer(house.settings.base_url, key.text, clock=house.clock).issue_link(
        "permits", "riverside"
    )
    # Even with the secret of the whole service behind it, that number is the one office's own.
    neighbour = forged(house, kid=key.kid, office="lakeside")
    with house.client() as client:
        assert client.get(own).status_code == 200
        assert client.get(neighbour).status_code == 404
        assert post(client, neighbour).status_code == 404
    assert house.count() == 0


# ---- 22, 56: the window


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (0, 410),
        (2**32 - 1, 404),
        (NOW + timedelta(minutes=16), 404),
        (NOW + timedelta(minutes=15, seconds=1), 404),
        (NOW + timedelta(minutes=15), 200),
        (NOW + timedelta(minutes=14), 200),
        (NOW - timedelta(hours=48) + timedelta(seconds=1), 200),
        (NOW - timedelta(hours=48), 200),
        (NOW - timedelta(hours=48) - timedelta(seconds=1), 410),
    ],
)
def test_an_invite_opens_from_the_visit_until_48_hours_later(street, client, at, status):
    found = client.get(forged(street, at=at))
    assert found.status_code == status
    assert ("retry-after" in found.headers) == (status == 404)


@pytest.mark.parametrize("kind", [Kind.POSTER, Kind.SITE])
@pytest.mark.parametrize(
    ("at", "status"),
    [
        (0, 410),
        (2**32 - 1, 404),
        (NOW - timedelta(seconds=1), 410),
        (NOW, 200),
        (NOW + timedelta(days=400), 200),
        (NOW + timedelta(days=401), 404),
    ],
)
def test_a_place_opens_until_its_expiry_and_none_lives_longer_than_400_days(
    street, client, kind, at, status
):
    assert client.get(forged(street, kind, at=at)).status_code == status


@pytest.mark.parametrize(
    ("opened", "sent", "status"),
    [
        ({"hours": 47, "minutes": 59}, {"hours": 48, "minutes": 1}, 303),
        ({"hours": 47, "minutes": 59}, {"hours": 48, "minutes": 20}, 303),
        ({"hours": 48}, {"hours": 48, "minutes": 30}, 303),
        ({"hours": 48}, {"hours": 48, "minutes": 30, "seconds": 1}, 410),
        ({"hours": 47, "minutes": 59}, {"hours": 48, "minutes": 31}, 410),
        ({"hours": 1}, {"hours": 49}, 410),
    ],
)
def test_a_page_opened_in_time_is_taken_half_an_hour_longer(sqlite_house, opened, sent, status):
    house = sqlite_house
    with house.client() as client:
        link = house.mint()
        house.clock.now = NOW + timedelta(**opened)
        stamp = stamp_of(client.get(link).text)
        house.clock.now = NOW + timedelta(**sent)
        assert client.get(link).status_code == (200 if sent == {"hours": 48} else 410)
        answered = post(client, link, stamp=stamp)
        assert answered.status_code == status
        assert (SHOWN in answered.text) == (status == 410)
        assert house.count() == (status == 303)


def test_after_48_hours_nothing_but_an_honest_stamp_opens_the_half_hour(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        link, other = house.mint(), house.mint()
        foreign = stamp_of(client.get(other).text)
        house.clock.forward(hours=48, minutes=10)
        for stamp in ("", foreign, "A" * 54):
            late = post(client, link, stamp=stamp)
            assert late.status_code == 410 and SHOWN in late.text
        by_json = client.post(
            "/api/v1/responses", json={"link": link, "trust": 4, "satisfaction": 5}
        )
        assert by_json.status_code == 410 and by_json.json()["code"] == "expired"
    assert house.count() == 0


# ---- 23: after the answer


def test_after_the_answer_the_link_says_so_and_keeps_the_first(house):
    with house.client() as client:
        link = house.mint()
        stamp = stamp_of(client.get(link).text)
        first = post(client, link, stamp=stamp)
        again = post(client, link, stamp=stamp)
        assert (first.status_code, again.status_code) == (303, 303)
        assert again.headers["location"] == first.headers["location"]
        other = post(client, link, stamp=stamp, comment="Another <i>mind</i>")
        assert other.status_code == 409 and "first answer is kept" in other.text
        assert "Another &lt;i&gt;mind&lt;/i&gt;" in other.text
        opened = client.get(link)
        assert opened.status_code == 200 and "already have your answer" in opened.text
    assert [row["comment"] for row in house.responses()] == [TYPED]


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
        found = client.request(method, path, headers=headers, content="trust=4&satisfaction=5")
        assert found.status_code == 404 or (method, found.status_code) == ("POST", 405)
        assert "Traceback" not in found.text and "49" not in found.headers.get("location", "")


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
    told = {
        client.post("/api/v1/responses", json={"link": link, "trust": 4, "satisfaction": 5}).text
        for link in links
    }
    assert len(told) == 1 and '"not_found"' in told.pop()


def test_a_token_outside_of_the_path_opens_nothing(street, client):
    token = parts(street.mint())[2]
    headers = {"referer": street.mint(), "authorization": f"Bearer {token}", "cookie": f"t={token}"}
    for path in (f"/s/permits/riverside/?token={token}", f"/s/permits/riverside?{token}", "/"):
        assert client.get(path, headers=headers).status_code == 404
    page = client.get(f"{street.mint()}?token={token}#{token}", headers=headers)
    assert page.status_code == 200 and token not in page.text


# ---- 21, 29, 78: what changes while the server runs


def _close(house, table, **where):
    with db.write(house.engine) as connection:
        query = update(table).values(closed=True)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        connection.execute(query)
        directory.bump(connection)


def _within_seconds(look):
    until = time.monotonic() + serving.PATIENCE  # it takes a second
    while not look():
        assert time.monotonic() < until, "nothing changed"
        time.sleep(0.05)


def test_what_is_withdrawn_or_closed_is_so_within_seconds_and_words_are_kept(house):
    """One link, a key at one office, a key, an office, a service: each while the server runs."""
    kid = house.keys["permits"].kid
    spare = house.cut("permits")
    issuer = Issuer(house.settings.base_url, spare.text, clock=house.clock)
    one = house.mint("calls", "center")
    at_office = house.mint("permits", "riverside")
    elsewhere = house.mint("permits", "lakeside")
    by_spare = issuer.issue_link("permits", "riverside")
    hearing = house.mint("hearings")
    links = [one, at_office, elsewhere, by_spare, hearing]
    with house.client() as client:
        stamps = {link: stamp_of(client.get(link).text) for link in links}

        def statuses():
            return [client.get(link).status_code for link in links]

        nonce = _nonce(one)
        house.revoke("calls", house.keys["calls"].kid, "center", nonce)
        house.revoke("permits", kid, "riverside")
        _close(house, tables.services, slug="hearings")
        _within_seconds(lambda: statuses() == [410, 410, 200, 200, 410])
        house.revoke("permits", kid)
        _close(house, tables.service_offices, service="permits", office="riverside")
        _within_seconds(lambda: statuses() == [410, 410, 410, 410, 410])

        told = {link: post(client, link, stamp=stamps[link]) for link in links}
        assert {page.status_code for page in told.values()} == {410}
        assert all(SHOWN in page.text for page in told.values())
        assert "withdrawn" in told[one].text and "withdrawn" in told[elsewhere].text
        assert "no longer collect" in told[hearing].text
        assert "no longer collect" in told[by_spare].text
        for link in links:
            by_json = client.post(
                "/api/v1/responses", json={"link": link, "trust": 4, "satisfaction": 5}
            )
            assert by_json.status_code == 410
        # Withdrawn is what only a genuine link learns: a forged one still sees nothing at all.
        assert client.get(one[:-1] + ("A" if one[-1] != "A" else "Q")).status_code == 404
    assert house.count() == 0


def _nonce(link):
    from cxsdk import token

    return token.read(parts(link)[2]).nonce.hex()


def test_an_office_that_left_the_catalogue_is_closed_not_forgotten(sqlite_house):
    house = sqlite_house
    link = house.mint("permits", "lakeside")
    start = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    end = CATALOGUE.index("[service.hearings]")
    with house.client() as client:
        assert client.get(link).status_code == 200
        house.apply(CATALOGUE[:start] + CATALOGUE[end:])
        _within_seconds(lambda: client.get(link).status_code == 410)


def test_without_a_valid_control_number_nothing_is_asked(sqlite_house):
    """44 USC 3507. The clearance runs out while the server runs, at midnight of the agency."""
    house = sqlite_house
    with house.client() as client:
        house.clock.now = NOW.replace(year=2028, month=4, day=1, hour=3, minute=50)
        link = house.mint()  # 23:50 on 31 March in New York
        stamp = stamp_of(client.get(link).text)
        house.clock.forward(minutes=11)
        closed = client.get(link)
        assert closed.status_code == 410 and "no longer collect" in closed.text
        sent = post(client, link, stamp=stamp)
        assert sent.status_code == 410 and SHOWN in sent.text
    assert house.count() == 0


def test_an_early_link_says_when_to_come_back_and_the_operator_hears_of_it(street, client, capsys):
    early = client.get(forged(street, at=NOW + timedelta(minutes=40)))
    assert early.status_code == 404 and early.headers["retry-after"] == str(26 * 60)
    assert "26 minutes" in early.text
    assert "clock_ahead_at_agency" in capsys.readouterr().out


# ---- 61: one person, many clicks


def test_reminders_tabs_and_clicks_of_one_visit_are_one_answer(house):
    done = house.clock.now
    invite = house.mint(done_at=done, ref="case-7")
    with house.client() as client:
        first_tab = stamp_of(client.get(invite).text)
        second_tab = stamp_of(client.get(invite).text)
        for stamp in (first_tab, second_tab, first_tab):
            assert post(client, invite, stamp=stamp).status_code == 303
        house.clock.forward(hours=40)
        reminder = house.mint(done_at=done, ref="case-7", channel="sms")
        assert "already have your answer" in client.get(reminder).text
    assert house.count() == 1


def test_a_sheet_of_a_place_counts_once_and_the_next_person_gets_a_new_one(house):
    poster = house.mint(channel="poster")
    with house.client() as client:
        stamp = stamp_of(client.get(poster).text)
        assert [post(client, poster, stamp=stamp).status_code for _ in range(3)] == [303] * 3
        other = post(client, poster, stamp=stamp, trust="1")
        assert other.status_code == 409 and SHOWN in other.text
        assert answer(client, poster).status_code == 303
    assert house.count() == 2

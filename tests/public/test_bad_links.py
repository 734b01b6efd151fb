"""Links that are wrong, late, early, withdrawn or mangled: refused alike, and nothing is stored."""

from datetime import timedelta
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from cxsdk import Issuer
from cxsdk.keys import office_secret
from cxsdk.token import Kind, LinkKey
from tests.support.house import NOW, answer, stamp_of
from tests.support.shared_house import row_counts

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
    before = row_counts(street)
    survivors = []
    for at, char in enumerate(token):
        place = ALPHABET.find(char)  # -1 for the dot
        for other in {ALPHABET[place ^ 1], ALPHABET[place ^ 32], char.swapcase(), "."} - {char}:
            changed = token[:at] + other + token[at + 1 :]
            if client.get(f"/s/{service}/{office}/{changed}").status_code != 404:
                survivors.append((at, other))
    assert survivors == []
    assert row_counts(street) == before


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
    page = client.get(f"/s/{service}/{office}/{quote(mangle(token), safe='')}")
    assert page.status_code == 404 and NOT_FOUND in page.text


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
    page = client.get(f"{street.mint()}/", headers={"x-forwarded-proto": "https"})
    assert page.status_code == 404 and "location" not in page.headers


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
def test_a_kind_that_is_not_in_use_opens_nothing(street, client, kind):
    key = street.keys["permits"]
    signer = LinkKey(office_secret(key.secret, "riverside"), kind)
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
    page = client.get(forged(street, at=at))
    assert page.status_code == status
    assert ("retry-after" in page.headers) == (status == 404)


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


def test_a_reminder_across_a_key_rotation_is_one_answer(house, serve):
    address = serve.reserve()
    house.move(address)
    first, done = house.keys["permits"], house.clock.now
    mail = house.mint(done_at=done, ref="case-7")
    second = house.cut("permits")
    serve(house.app(), at=address)
    house.clock.forward(hours=40)
    issuer = Issuer(address, [first.text, second.text], clock=house.clock)
    reminder = issuer.issue_link("permits", "riverside", done_at=done, ref="case-7")
    assert mail != reminder
    with httpx2.Client() as person:
        assert answer(person, mail).status_code == 303
        assert "already have your answer" in person.get(reminder).text
        item = {"link": reminder, "trust": 1, "satisfaction": 1}
        assert person.post(f"{address}/api/v1/responses", json=item).status_code == 409
    assert [row["trust"] for row in house.responses()] == [4]


def test_a_sheet_of_a_place_counts_once_and_the_next_person_gets_a_new_one(house):
    poster = house.mint(channel="poster")
    with house.client() as client:
        stamp = stamp_of(client.get(poster).text)
        assert [post(client, poster, stamp=stamp).status_code for _ in range(3)] == [303] * 3
        other = post(client, poster, stamp=stamp, trust="1")
        assert other.status_code == 409 and SHOWN in other.text
        assert answer(client, poster).status_code == 303
    assert house.count() == 2

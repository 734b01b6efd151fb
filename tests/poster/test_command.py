"""`cx poster`: the code opens the survey of its place; what was made is noted; refusals help."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select

from cxserver import db, tables
from cxserver.catalog import directory, placements
from cxserver.poster import notice
from tests.support.cli_runner import invoke
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, NOW, House, answer
from tests.support.poster_pages import decoded


@pytest.fixture
def poster_house(house: House) -> House:
    """A house of today: the real `cx` asks the real clock."""
    house.live_today()
    house.settings = house.settings.model_copy(update={"base_url": "https://cx.agency.gov"})
    return house


@pytest.fixture
def sqlite_poster_house(sqlite_house: House) -> House:
    """As `poster_house`, on SQLite alone."""
    sqlite_house.live_today()
    return sqlite_house


def recorded(house: House) -> list[placements.Placement]:
    with db.read(house.engine) as connection:
        return placements.known(connection, house.today())


def test_the_code_opens_the_survey_of_its_place(poster_house, tmp_path):
    house, path = poster_house, tmp_path / "exit.png"
    made = json.loads(
        cx(house, "poster", "permits", "lakeside", "--place", "Main exit", "-o", path, "--json")
    )
    [link] = decoded(Image.open(path))
    assert link == made["link"]
    with house.client() as client:
        assert answer(client, link).status_code == 303
        assert answer(client, link, comment="another person").status_code == 303
    coded = {(row["service"], row["office"], row["channel"]) for row in house.responses()}
    assert coded == {("permits", "lakeside", "poster")} and house.count() == 2


def test_what_was_made_is_noted_without_its_token(poster_house, tmp_path):
    house = poster_house
    made = cx(
        house,
        *("poster", "permits", "riverside", "--place", "Main exit"),
        *("-o", tmp_path / "a.svg", "--expires-at", tomorrow(house), "--json"),
    )
    cx(house, "poster", "permits", "riverside", "--place", "Main exit", "-o", tmp_path / "b.svg")
    [noted] = recorded(house)
    assert (noted.service, noted.office, noted.kind) == ("permits", "riverside", "poster")
    assert noted.place == "Main exit" and noted.kid == house.keys["permits"].kid
    assert noted.expires > house.today() + timedelta(days=390)
    token = json.loads(made)["link"].rpartition("/")[2]
    with db.read(house.engine) as connection:
        [row] = connection.execute(select(tables.placements))
    assert token not in repr(row) and not {"token", "nonce"} & set(row._fields)


def tomorrow(house: House) -> str:
    zone = ZoneInfo("America/New_York")
    return (house.clock.now.astimezone(zone) + timedelta(days=1)).date().isoformat()


def test_a_day_means_all_of_it_at_the_office(sqlite_poster_house, tmp_path):
    house, path = sqlite_poster_house, tmp_path / "a.svg"
    day = tomorrow(house)
    options = ("-o", path, "--expires-at", day, "--json")
    made = json.loads(invoke(house, "poster", "permits", "lakeside", *options)[0])
    ends = datetime.fromisoformat(made["expires_at"]).astimezone(ZoneInfo("America/Los_Angeles"))
    assert ends.isoformat().startswith(f"{day}T23:59:59")
    assert made["good_until"] == day
    assert notice_date(day) in path.read_text()


def notice_date(day: str) -> str:
    read = date.fromisoformat(day)
    return f"good until {read:%B} {read.day}, {read.year}"


def test_the_languages_are_those_of_the_survey(sqlite_poster_house, tmp_path):
    house = sqlite_poster_house
    posters = {}
    for language in (None, "en", "es", "both"):
        path = tmp_path / f"{language}.svg"
        option = ["--language", language] if language else []
        out, _ = invoke(house, "poster", "permits", "riverside", "-o", path, *option, "--json")
        made = json.loads(out)
        posters[language] = (made["languages"], made["link"].partition("?")[2])
    assert posters == {
        None: (["en", "es"], ""),
        "en": (["en"], ""),
        "es": (["es"], "lang=es"),
        "both": (["en", "es"], ""),
    }


def test_a_survey_without_spanish_gets_no_spanish_poster(sqlite_poster_house, tmp_path):
    house, path = sqlite_poster_house, tmp_path / "a.pdf"
    english = CATALOGUE.replace('languages = ["en", "es"]', 'languages = ["en"]')
    house.apply(english.replace("2028-03-31", "2099-12-31"))
    words = ("poster", "permits", "riverside", "-o", path)
    _, refused = invoke(house, *words, "--language", "es", fails=True)
    assert "not offered in 'es', only in en." in refused
    assert json.loads(invoke(house, *words, "--json")[0])["languages"] == ["en"]


REFUSED = [
    ("-o {0}/a.gif", "must end in .pdf, .svg or .png"),
    ("-o {0}/poster", "must end in .pdf, .svg or .png"),
    ("-o {0}/nowhere/a.pdf", "There is no folder"),
    ("-o {0}/a.pdf --paper legal", "'legal' is not letter or a4"),
    ("-o {0}/a.pdf --language fr", "'fr' is not en, es or both"),
    ("-o {0}/a.pdf --expires-at soon", "'soon' is not a day (2027-06-30) or a time"),
    ("-o {0}/a.pdf --expires-at 2020-01-01", "expires_at has passed"),
    ("-o {0}/a.pdf --expires-at 2098-01-01", "A poster link works 400 days at most"),
    ("-o {0}/a.pdf --expires-at 2098-01-01T12:00", "expires_at has no time zone"),
    ("-o {0}/a.pdf --place 東口", "The poster's letters are Latin: they have no 東 (U+6771)"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_cannot_be_is_refused(words, sentence, sqlite_poster_house, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    house = sqlite_poster_house
    options = words.format(folder).split()
    _, refused = invoke(house, "poster", "permits", "riverside", *options, fails=True)
    assert sentence in refused
    assert list(folder.iterdir()) == [] and recorded(house) == []


def test_closed_and_unknown_places_get_no_poster(sqlite_poster_house, tmp_path):
    house, path = sqlite_poster_house, tmp_path / "a.pdf"

    def refused(service: str, office: str) -> str:
        return invoke(house, "poster", service, office, "-o", path, fails=True)[1]

    assert "no service 'taxes'" in refused("taxes", "riverside")
    assert "no office 'center'" in refused("permits", "center")
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    after = CATALOGUE.index("[service.hearings]")
    house.apply((CATALOGUE[:lakeside] + CATALOGUE[after:]).replace("2028-03-31", "2099-12-31"))
    assert "closed at office" in refused("permits", "lakeside")
    assert not path.exists()


def test_a_place_whose_link_was_withdrawn_needs_another_name(sqlite_poster_house, tmp_path):
    house = sqlite_poster_house
    words = ("poster", "permits", "riverside", "-o", tmp_path / "a.svg", "--place")
    link = json.loads(invoke(house, *words, "Main exit", "--json")[0])["link"]
    invoke(house, "key", "revoke", "permits", house.keys["permits"].kid, "--link", link)
    assert "Use another --place." in invoke(house, *words, "Main exit", fails=True)[1]
    again = json.loads(invoke(house, *words, "Main exit, second", "--json")[0])["link"]
    with house.client() as client:
        assert [client.get(each).status_code for each in (link, again)] == [410, 200]


def test_no_poster_without_a_valid_control_number(sqlite_poster_house, tmp_path):
    house = sqlite_poster_house
    with db.write(house.engine) as connection:
        ended = house.today() - timedelta(days=2)
        connection.execute(tables.clearances.update().values(expires=ended))
    words = ("poster", "permits", "riverside", "-o", tmp_path / "a.pdf")
    assert f"ended on {ended}, so its survey is closed" in invoke(house, *words, fails=True)[1]


def test_it_warns_of_an_address_that_no_telephone_can_open(sqlite_poster_house, tmp_path):
    house = sqlite_poster_house
    words = ("poster", "permits", "riverside", "-o", tmp_path / "a.svg")
    out, warned = invoke(house, *words)
    assert "Phones cannot open http://127.0.0.1:8000. Set CX_BASE_URL" in warned
    assert f"Wrote {tmp_path / 'a.svg'}. It works until " in out
    house.settings = house.settings.model_copy(update={"base_url": "https://cx.agency.gov"})
    assert invoke(house, *words)[1] == ""


def test_it_warns_when_the_clearance_ends_first(sqlite_poster_house, tmp_path):
    house = sqlite_poster_house
    with db.write(house.engine) as connection:
        ends = house.today() + timedelta(days=100)
        connection.execute(tables.clearances.update().values(expires=ends))
    _, warned = invoke(house, "poster", "permits", "riverside", "-o", tmp_path / "a.svg")
    assert f"OMB 1234-5678 expires on {ends}." in warned
    assert notice_date(ends.isoformat()) in (tmp_path / "a.svg").read_text()


# ---- what is noted


def note(house: House, place: str | None, ends: int, today: int = 0) -> None:
    day = NOW.date() + timedelta(days=today)
    with db.write(house.engine) as connection:
        placements.note(
            connection, "permits", "riverside", "site", place, day + timedelta(days=ends), day
        )


def known(house: House, today: int = 0) -> list[tuple[str, int]]:
    with db.read(house.engine) as connection:
        day = NOW.date() + timedelta(days=today)
        return [
            (placement.place, (placement.expires - day).days)
            for placement in placements.known(connection, day)
        ]


def test_a_place_is_noted_with_its_newest_link(house):
    note(house, "Lobby", 10)
    note(house, "Lobby", 400)
    note(house, "Door", 20)
    assert known(house) == [("Door", 20), ("Lobby", 400)]


def test_links_without_a_place_are_all_kept_in_mind(house):
    for ends in (400, 10, 400):
        note(house, None, ends)
    assert known(house) == [("", 10), ("", 400)]


def test_what_ended_long_ago_is_forgotten(house):
    note(house, "Lobby", 0)
    assert known(house, today=30) == [("Lobby", -30)]
    assert known(house, today=31) == []
    note(house, "Door", 100, today=31)
    with db.read(house.engine) as connection:
        assert [row.place for row in connection.execute(select(tables.placements))] == ["Door"]


def test_a_place_may_have_a_very_long_name(house):
    note(house, "x" * 1000, 10)
    assert known(house) == [("x" * 200, 10)]


def test_the_default_end_is_the_last_whole_day(house):
    with db.read(house.engine) as connection:
        office = directory.load(connection).offices["lakeside"]
    late = datetime(2026, 11, 5, 7, 59, tzinfo=UTC)  # one minute to midnight in Los Angeles
    ends = notice.longest_end(late, timedelta(days=400), office)
    assert ends.isoformat() == "2027-12-08T23:59:59-08:00"
    assert ends - late <= timedelta(days=400)

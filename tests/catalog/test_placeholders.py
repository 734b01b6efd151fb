"""What a sample catalog leaves to be written is never shown to the public as if it were true."""

from datetime import date

import pytest

from cxserver import db
from cxserver.catalog import check, directory, placeholders
from cxserver.doctor import endings
from cxserver.errors import ServerError
from tests.support import fork_server
from tests.support.cli_runner import invoke
from tests.support.cx_process import environment
from tests.support.house import CATALOGUE
from tests.support.http_server import free_port

TODAY = date(2026, 11, 4)
# Of a catalog that nobody has edited.
ALL = {
    "agency.name",
    "agency.contact_url",
    "agency.privacy_url",
    "clearance.umbrella.omb_control_number",
    "clearance.umbrella.expires",
    "service.your-service.name",
}
SAMPLE = CATALOGUE.replace("1234-5678", placeholders.CONTROL_NUMBER)


@pytest.fixture
def sample(sqlite_house, tmp_path):
    """A new catalog file, as `cx catalog new` writes it."""
    file = tmp_path / "catalog.toml"
    invoke(sqlite_house, "catalog", "new", file)
    return file.read_text(encoding="utf-8")


def keys(text):
    report = check.text(text, "catalog.toml", TODAY)
    assert report.catalog is not None, report.faults
    return {warning.key for warning in report.warnings if "is a sample" in warning.rule}


def test_a_new_catalog_says_what_is_a_sample_in_it(sample):
    assert keys(sample) == ALL
    assert sample.count("# change") == len(ALL)


def test_a_value_that_was_given_is_no_sample(sqlite_house, tmp_path):
    file = tmp_path / "catalog.toml"
    words = ("--agency", "Parks", "--service", "Passes", "--omb-control-number", "1405-0193")
    more = ("--contact-url", "https://a.gov/c", "--privacy-url", "https://a.gov/p")
    invoke(sqlite_house, "catalog", "new", file, *words, *more)
    assert keys(file.read_text()) == {"clearance.umbrella.expires"}
    invoke(
        sqlite_house, "catalog", "new", file, *words, *more, "--force", "--expires", "2099-12-31"
    )
    assert keys(file.read_text()) == set()


def test_taking_the_mark_away_does_not_make_the_sample_true(sample):
    assert keys(sample.replace("# change", "")) == ALL - {"clearance.umbrella.expires"}


def test_a_mark_is_seen_below_any_table(sample):
    text = sample.replace('timezone = "America/New_York"', 'timezone = "UTC"   # change: where?')
    assert keys(text) == ALL | {"agency.timezone"}


def test_doctor_names_every_sample(house):
    assert samples(house) == []
    house.apply(SAMPLE)
    [finding] = samples(house)
    assert finding.state == "problem" and "clearance.umbrella.omb_control_number" in finding.text
    house.apply(SAMPLE.replace("[agency]", "[agency]\ndemonstration = true"))
    assert samples(house) == []


def samples(house):
    with db.read(house.engine) as connection:
        return endings.placeholders(directory.load(connection))


def test_on_https_the_server_does_not_start_with_a_sample(house):
    house.apply(SAMPLE)
    house.move("https://cx.agency.gov")
    with pytest.raises(ServerError, match="clearance.umbrella.omb_control_number"):
        with house.client():
            pass
    # It let go of the data folder: a second try fails for the same reason.
    with pytest.raises(ServerError, match="demonstration = true"):
        with house.client():
            pass
    house.apply(SAMPLE.replace(placeholders.CONTROL_NUMBER, "1405-0193"))
    with house.client() as client:
        assert client.get("/healthz").status_code == 200


def test_a_demonstration_says_so_on_every_page(house):
    house.apply(SAMPLE.replace("[agency]", "[agency]\ndemonstration = true"))
    house.move("https://cx.agency.gov")
    with house.client() as client:
        for path in (house.mint(), house.mint()[:-1] + "!", "/", "/r", "/staff/sign-in"):
            assert "not a government survey" in client.get(path).text, path
        spanish = client.get("/?lang=es").text
        assert "Demostración" in spanish and "not a government" not in spanish


def test_the_command_refuses_with_a_sentence(sqlite_house):
    sqlite_house.live_today()
    sqlite_house.apply(sqlite_house.catalog.replace("1234-5678", placeholders.CONTROL_NUMBER))
    steer = environment(sqlite_house) | {"CX_BASE_URL": "https://cx.agency.gov"}
    done = fork_server.run(["serve", "--port", str(free_port())], steer)
    assert done.returncode == 1 and "omb_control_number" in done.stderr
    assert "Traceback" not in done.stderr

"""Dates are the agency's: at 00:30 UTC on October 1 it is still September 30 in New York.

That evening belongs to another day, another quarter and another fiscal year than UTC says.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from cxserver import clock, db, tables
from cxserver.catalog import check, directory
from cxserver.cli.console import app
from cxserver.comments import replies
from cxserver.demo import front
from cxserver.demo.front import Stage
from tests.support import import_files
from tests.support.answer_service import services_of
from tests.support.api_reader import bearer, new_key
from tests.support.cx_process import environment
from tests.support.house import CATALOGUE, answer, stamp_of
from tests.support.matches import first_match

EVENING = datetime(2026, 10, 1, 0, 30, tzinfo=UTC)
LAST_DAY = date(2026, 9, 30)
REPLYING = CATALOGUE.replace("designated = true\n", "designated = true\nreplies = true\n")


@pytest.fixture
def evening(sqlite_house, monkeypatch):
    """A house in that evening, its commands too."""
    sqlite_house.clock.now = EVENING
    monkeypatch.setattr(clock, "now", lambda: EVENING)
    return sqlite_house


def run(house, *words, **more):
    env = environment(house) | more
    done = CliRunner().invoke(app, list(words), prog_name="cx", env=env)
    assert done.exit_code == 0, done.output
    return done.stdout


def newest(house, column):
    with db.read(house.engine) as connection:
        return connection.scalar(select(func.max(column)))


def test_before_there_is_a_catalog_it_is_the_date_in_utc(evening):
    with db.write(evening.engine) as connection:
        assert directory.today(connection, EVENING) == LAST_DAY
        connection.execute(tables.agencies.delete())
        assert directory.today(connection, EVENING) == date(2026, 10, 1)
        assert directory.load(connection).today(EVENING) == date(2026, 10, 1)


# ---- commands


def test_what_is_due_is_shown_for_the_fiscal_year_that_still_runs(evening):
    assert json.loads(run(evening, "quarter", "due", "--json"))["fiscal_year"] == 2026


def test_what_is_due_is_shown_without_a_database_too(evening, tmp_path):
    nowhere = {"CX_DATA_DIR": str(tmp_path / "none"), "CX_DATABASE_URL": ""}
    due = run(evening, "quarter", "due", "--json", **nowhere)
    assert json.loads(due)["fiscal_year"] == 2027
    assert not (tmp_path / "none").exists()


def test_keys_are_noted_on_the_day_they_are_created(evening):
    run(evening, "key", "issue", "permits")
    made = json.loads(run(evening, "api-key", "issue", "feed", "--days", "1", "--json"))
    keys = json.loads(run(evening, "key", "list", "--json"))
    assert {item["issued"] for item in keys if item["kid"] == 2} == {"2026-09-30"}
    assert newest(evening, tables.api_keys.c.issued) == LAST_DAY
    assert made["expires"] == "2026-10-01"


def test_a_catalog_is_in_force_to_the_end_of_its_clearances_last_day(evening, tmp_path):
    file = tmp_path / "catalog.toml"
    file.write_text(CATALOGUE.replace("expires = 2028-03-31", "expires = 2026-09-30"))
    assert check.read(file, EVENING).faults == ()
    assert check.read(file, EVENING + timedelta(hours=4)).faults != ()
    file.write_text(file.read_text().replace("New_York", "Nowhere"))
    assert any("timezone" in str(fault) for fault in check.read(file, EVENING).faults)


def test_a_version_is_first_used_on_the_day_it_is_applied(evening, tmp_path):
    file = tmp_path / "catalog.toml"
    file.write_text(CATALOGUE.replace('"the hearing"', '"a hearing"'))
    run(evening, "catalog", "apply", str(file))
    with db.read(evening.engine) as connection:
        [second] = connection.execute(
            select(tables.surveys.c.first_used).where(tables.surveys.c.n == 2)
        ).scalars()
    assert second == LAST_DAY


def test_an_answer_a_kiosk_took_before_an_office_closed_that_evening_is_taken(evening, tmp_path):
    link = evening.mint(channel="kiosk")
    file = tmp_path / "catalog.toml"
    start = CATALOGUE.index('[[service.permits.office]]\nslug = "riverside"')
    file.write_text(CATALOGUE[:start] + CATALOGUE[CATALOGUE.index("[[", start + 2) :])
    run(evening, "catalog", "apply", str(file))
    item = {"link": str(link), "trust": 4, "satisfaction": 4}
    item["key"] = "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11"
    evening.clock.forward(hours=5)
    with evening.client() as client:
        for answered_at, status in ((EVENING, 201), (EVENING + timedelta(hours=4), 410)):
            sent = item | {"answered_at": answered_at.isoformat()}
            assert client.post("/api/v1/responses", json=sent).status_code == status
            item["key"] = "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d12"


# ---- pages and programs


def test_the_demonstrations_quarter_is_the_one_that_still_runs(evening):
    evening.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    stage = Stage(
        key="", folder=evening.settings.data_dir, data=evening.settings.data_dir, base_url=""
    )
    with evening.client(demo=True, more_routes=front.routes(stage)) as client:
        link = evening.mint()
        form = {"stamp": stamp_of(client.get(link).text), "trust": "4", "satisfaction": "5"}
        evening.clock.forward(minutes=1)
        assert client.post(link, data=form).status_code == 303
        evening.clock.now = EVENING
        file = client.get("/demo/quarter/v1")
    assert "2026Q3" in file.headers["content-disposition"]


def test_an_import_is_counted_on_the_day_it_is_taken(evening, tmp_path):
    batch = import_files.batch(tmp_path, import_files.sheet([import_files.row("1")]))
    import_files.run_import(evening, batch, now=EVENING)
    assert newest(evening, tables.responses.c.counted_day) == LAST_DAY


def test_an_api_key_works_to_the_end_of_its_last_day(evening):
    text = new_key(evening, expires=LAST_DAY)
    with evening.client() as client:
        assert client.get("/api/v1/results", headers=bearer(text)).status_code == 200
        assert newest(evening, tables.api_keys.c.used) == LAST_DAY
        evening.clock.forward(hours=4)
        assert client.get("/api/v1/results", headers=bearer(text)).status_code == 401


def test_a_reply_can_be_read_to_the_end_of_its_last_day(evening):
    evening.apply(REPLYING)
    evening.clock.now = EVENING - timedelta(days=60)
    with evening.client() as client:
        thanks = answer(client, evening.mint(), comment="The elevator is broken.")
        code = first_match(r"/r/([0-9A-Z-]{19})", client.get(thanks.headers["location"]).text)[1]
        evening.clock.now = EVENING
        services_of(client.app).intake._forget(replies.forget)
        assert client.get(f"/r/{code}").status_code == 200
        evening.clock.forward(hours=4)
        services_of(client.app).intake._forget(replies.forget)
        assert client.get(f"/r/{code}").status_code == 404

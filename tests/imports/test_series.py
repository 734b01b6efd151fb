"""The past is a series of its own: it ends where our asking begins, and nobody can add to it."""

import json
import random
import re
from datetime import date, timedelta
from pathlib import Path

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.catalog import apply, check, directory
from cxserver.instrument import survey as surveys
from cxserver.results import breaks, changes, wording
from cxserver.results.scopes import Scope
from tests.support import quarter_answers, readings
from tests.support.cli_runner import invoke
from tests.support.house import CATALOGUE, NOW, House
from tests.support.import_files import MAP, WIDE, batch, row, run_import, sheet, wide_sheet
from tests.support.staff_accounts import sign_in


def test_a_series_breaks_where_the_past_ends(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, sheet([row(str(n)) for n in range(40)])))
    quarter_answers.answer_all(house, 60)
    with db.read(house.engine) as connection:
        versions = wording.versions(directory.load(connection))
    scope = Scope(services=frozenset({"permits"}))
    tallies = readings.counted(house.engine, scope, ("quarter", *changes.NEEDS))
    series = [
        (name, changes.side([tally for tally in tallies if tally.group["quarter"] == name]))
        for name in ("2023Q4", quarter_answers.QUARTER)
    ]
    [stop] = breaks.find(series, versions)
    assert (stop.period, stop.cause) == (quarter_answers.QUARTER, "question")
    assert changes.compare(series[0][1], series[1][1], versions).verdict == "not comparable"


def test_the_same_questions_asked_elsewhere_are_a_break_too(house: House, tmp_path: Path) -> None:
    with db.read(house.engine) as connection:
        [now] = directory.load(connection).services["permits"].surveys.values()
    words = now.wording["en"]
    mapping = MAP | {
        "survey": {
            "instrument": now.instrument,
            "trust_statement": now.trust_statement,
            "satisfaction_statement": now.satisfaction_statement,
        },
        "wording": {"en": {"trust": words.trust, "satisfaction": words.satisfaction}},
        "columns": {**MAP["columns"], "comment": ""},
        "drivers": {},
    }
    run_import(house, batch(tmp_path, sheet([row("1")]), mapping=mapping))
    with db.read(house.engine) as connection:
        old = directory.load(connection).services["permits"].surveys[2]
    meanings = [{"x": [wording.meaning(survey, "en", "trust")]} for survey in (old, now)]
    assert "another system" in str(wording.switch(meanings[0], meanings[1]))
    assert wording.switch(meanings[0], meanings[0]) is None


def test_the_survey_in_use_stays_what_it_was(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, sheet([row("1")])))
    run_import(house, batch(tmp_path, sheet([row("2", When="2023-08-01")])))
    report = check.text(CATALOGUE, "test.toml", NOW.date())
    assert report.catalog is not None
    with db.write(house.engine) as connection:
        assert not apply.apply(connection, report.catalog, NOW.date())
    reworded = CATALOGUE.replace(
        'statement_name = { en = "permit renewal"', 'statement_name = { en = "it"'
    )
    house.apply(reworded)
    with db.read(house.engine) as connection:
        permits = directory.load(connection).services["permits"]
    assert (permits.current, sorted(permits.surveys)) == (4, [1, 2, 3, 4])
    assert [permits.surveys[n].origin for n in (1, 2, 3, 4)] == ["", "answers", "answers", ""]


def test_nobody_can_answer_an_imported_version(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, sheet([row("1")])))
    item = {"link": house.mint(), "survey": "permits/2", "trust": 4, "satisfaction": 4}
    with house.client() as client:
        assert client.post("/api/v1/responses", json=item).status_code == 422


def test_surveys_that_were_stored_before_keep_their_fingerprint() -> None:
    text = (Path(__file__).parents[1] / "data" / "stored-survey.json").read_text(encoding="utf-8")
    old = surveys.from_json(text)
    assert old.origin == ""
    imported = surveys.from_json(surveys.to_json(old).replace('"origin":""', '"origin":"counts"'))
    assert imported.origin == "counts"
    assert surveys.fingerprint(imported) != surveys.fingerprint(old)


def test_the_past_is_named_where_versions_are(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, wide_sheet(), "wide", WIDE))
    shown, _ = invoke(house, "results", "--by", "survey")
    assert "permits/2 (imported counts)" in shown
    shown, _ = invoke(house, "results", "--by", "survey", "--json")
    assert [entry["imported"] for entry in json.loads(shown)["rows"]] == [True]
    shown, _ = invoke(house, "recount", "--check")
    assert "agree" in shown


def test_the_staff_see_the_past_and_where_it_ends(house: House, tmp_path: Path) -> None:
    """The fourth quarter of 2026 as counts, after a quarter of answers in other words."""
    chance = random.Random(7)
    days = [date(2026, 4, 1) + timedelta(chance.randrange(90)) for _ in range(900)]
    rows = [row(str(n), When=day.isoformat()) for n, day in enumerate(days)]
    run_import(house, batch(tmp_path, sheet(rows)))
    last = wide_sheet(collection_year="2026", collection_quarter="4")
    run_import(house, batch(tmp_path, last, "wide", WIDE))
    shown = {}
    with house.client() as client:
        sign_in(house, client, Role.ANALYST, email="a@example.gov")
        for page in (
            "/staff/scores?period=2026Q4",
            "/staff/scores?period=52-weeks",
            "/staff/catalog",
        ):
            text = re.sub(r"<[^>]+>", " ", client.get(page).text)
            shown[page] = " ".join(text.split())
    assert "Not comparable. The words changed from" in shown["/staff/scores?period=2026Q4"]
    assert f"{900 + 1250:,} people answered" in shown["/staff/scores?period=52-weeks"]
    assert "Survey permits/2, imported answers: a11-2018" in shown["/staff/catalog"]
    assert "Survey permits/3, imported counts: a11-2018" in shown["/staff/catalog"]

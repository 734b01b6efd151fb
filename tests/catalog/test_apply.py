"""Applying a catalog: once, wholly, without deleting; the words people saw stay as they were."""

import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from cxserver import db, tables
from cxserver.catalog import apply, check, directory
from cxserver.catalog.changes import Changes
from cxserver.catalog.directory import Directory
from cxserver.catalog.model import Catalog
from cxserver.errors import CatalogRefused
from tests.catalog.test_check import SOUND, second_service

TODAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 17, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
VA = ROOT / "examples" / "va-offices.toml"


def catalogue(text: str) -> Catalog:
    report = check.text(text, "test.toml", TODAY)
    assert report.catalog is not None, report.faults
    return report.catalog


def applied(engine: Engine, text: str) -> Changes:
    with db.write(engine) as connection:
        return apply.apply(connection, catalogue(text), TODAY)


def loaded(engine: Engine) -> Directory:
    with db.read(engine) as connection:
        return directory.load(connection)


def versions(engine: Engine) -> list[int]:
    with db.read(engine) as connection:
        return list(
            connection.execute(select(tables.surveys.c.n).order_by(tables.surveys.c.n)).scalars()
        )


def test_what_was_applied_is_what_the_server_reads(engine: Engine) -> None:
    applied(engine, SOUND)
    stored = loaded(engine)
    assert stored.agency is not None
    assert stored.agency.name == "Department of State"
    assert stored.agency.names == {"en": "Department of State", "es": "Departamento de Estado"}
    assert stored.agency.urgent_help["es"] == "¿En peligro? Llame al 911."
    service = stored.services["passports"]
    assert (service.name, service.names["es"]) == ("Passports", "Pasaportes")
    assert service.embed_origins == ("https://travel.state.gov",)
    assert service.clearance.omb_control_number == "1405-0193"
    assert service.offices == {"boston": True, "denver": True}
    assert service.survey.name == "passports/1"
    assert service.survey == service.surveys[1]
    assert stored.offices["denver"].timezone == "America/Denver"
    assert not service.closed


def test_applying_twice_changes_nothing_the_second_time(engine: Engine) -> None:
    assert applied(engine, SOUND)
    before = loaded(engine)
    again = applied(engine, SOUND)
    assert not again
    assert again.lines == ()
    assert loaded(engine) == before


def test_a_plan_tells_the_same_and_changes_nothing(engine: Engine) -> None:
    with db.read(engine) as connection:
        planned = apply.plan(connection, catalogue(SOUND), TODAY)
    assert loaded(engine).services == {}
    assert planned == applied(engine, SOUND)
    assert planned.lines == (
        "add agency state",
        "add clearance umbrella",
        "add survey passports/1",
        "add service passports",
        "add office boston (Boston)",
        "add office denver (Denver)",
        "add service passports at boston",
        "add service passports at denver",
    )


def test_a_changed_value_is_told_with_its_old_and_new_text(engine: Engine) -> None:
    applied(engine, SOUND)
    text = SOUND.replace('name = "Boston"', 'name = "Boston Center"').replace(
        "expires = 2028-03-31", "expires = 2029-03-31"
    )
    assert applied(engine, text).lines == (
        "change clearance umbrella (expires 2028-03-31 → 2029-03-31)",
        "change office boston (name Boston → Boston Center)",
    )
    assert loaded(engine).offices["boston"].name == "Boston Center"


def test_the_servers_are_told_only_when_something_changed(engine: Engine) -> None:
    applied(engine, SOUND)
    first = loaded(engine).counter
    applied(engine, SOUND)
    assert loaded(engine).counter == first
    applied(engine, SOUND.replace('name = "Boston"', 'name = "Boston Center"'))
    assert loaded(engine).counter == first + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Boston"', 'name = "Boston Center"'),
        ('timezone = "America/Denver"', 'timezone = "America/Boise"'),
        ("expires = 2028-03-31", "expires = 2029-03-31"),
        ("burden_minutes = 1", "burden_minutes = 2"),
        ('"https://www.state.gov/contact/"', '"https://www.state.gov/help/"'),
        ('name = "Department of State"', 'name = "State Department"'),
        ('owner = "Bureau of Consular Affairs"', 'owner = "Consular Affairs"'),
        ('["https://travel.state.gov"]', "[]"),
        ('"A new passport, or a renewed one."', '"A passport."'),
    ],
)
def test_names_dates_and_contacts_make_no_new_version(engine: Engine, old: str, new: str) -> None:
    applied(engine, SOUND)
    assert old in SOUND
    assert applied(engine, SOUND.replace(old, new, 1))
    assert versions(engine) == [1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('en = "the passport office"', 'en = "the passport agency"'),
        ('trust_statement = "increased"', 'trust_statement = "commitment"\n'
         'relevant_population = { en = "travelers", es = "los viajeros" }'),
        ('satisfaction_statement = "satisfied"', 'satisfaction_statement = "experience"'),
        (', "employee"]', "]"),
        ('"effectiveness", "ease"', '"ease", "effectiveness"'),
        ('languages = ["en", "es"]', 'languages = ["en"]'),
        ('instrument = "a11-2022"', 'instrument = "a11-2022"\ndriver_mode = "likert"'),
        ('instrument = "a11-2022"', 'instrument = "a11-2022"\ncomment = false'),
    ],
)  # fmt: skip
def test_words_drivers_mode_and_languages_make_a_new_version(
    engine: Engine, old: str, new: str
) -> None:
    applied(engine, SOUND)
    before = loaded(engine).services["passports"].surveys[1]
    assert old in SOUND
    assert "add survey passports/2" in applied(engine, SOUND.replace(old, new, 1)).lines
    service = loaded(engine).services["passports"]
    assert service.current == 2
    assert service.surveys[1] == before
    assert service.surveys[2] != before


def test_words_that_come_back_get_a_number_of_their_own(engine: Engine) -> None:
    other = SOUND.replace('languages = ["en", "es"]', 'languages = ["en"]')
    for text in (SOUND, other, SOUND):
        applied(engine, text)
    service = loaded(engine).services["passports"]
    assert versions(engine) == [1, 2, 3]
    assert service.current == 3
    assert service.surveys[3].wording == service.surveys[1].wording


def test_what_the_file_no_longer_names_is_closed_and_comes_back(engine: Engine) -> None:
    both = (
        SOUND
        + second_service("Boston")
        + '\n[[service.visas.office]]\nslug = "lima"\nname = "Lima"\n'
    )
    applied(engine, both)
    gone = applied(engine, SOUND)
    assert gone.lines == (
        "close service visas",
        "close office lima",
        "close service visas at boston",
        "close service visas at denver",
        "close service visas at lima",
    )
    stored = loaded(engine)
    assert stored.services["visas"].closed
    assert stored.offices["lima"].closed
    assert not stored.offices["boston"].closed
    assert stored.services["visas"].offices == {"boston": False, "denver": False, "lima": False}
    assert stored.services["visas"].survey.name == "visas/1"
    assert not applied(engine, SOUND)

    back = applied(engine, both)
    assert "reopen service visas" in back.lines
    assert "reopen service visas at lima" in back.lines
    stored = loaded(engine)
    assert not stored.services["visas"].closed
    assert not stored.offices["lima"].closed
    assert stored.services["visas"].offices == {"boston": True, "denver": True, "lima": True}
    assert stored.services["visas"].survey.name == "visas/1"


def test_an_office_that_stops_serving_closes_and_stays_in_the_tree(engine: Engine) -> None:
    applied(engine, SOUND)
    text = SOUND.replace('name = "Boston"', 'name = "Boston"\nserves = false').replace(
        'name = "Denver"', 'name = "Denver"\nparent = "boston"'
    )
    applied(engine, text)
    stored = loaded(engine)
    assert stored.services["passports"].offices == {"boston": False, "denver": True}
    assert stored.offices["denver"].parent == "boston"
    assert not stored.offices["boston"].closed
    assert not stored.offices["boston"].serves


def test_the_file_of_another_agency_is_refused_and_changes_nothing(engine: Engine) -> None:
    applied(engine, SOUND)
    before = loaded(engine)
    other = SOUND.replace('slug = "state"', 'slug = "treasury"')
    with pytest.raises(CatalogRefused, match="this database belongs to 'state'"):
        applied(engine, other)
    assert loaded(engine) == before


def test_a_failure_half_way_leaves_nothing_behind(engine: Engine) -> None:
    with pytest.raises(RuntimeError), db.write(engine) as connection:
        apply.apply(connection, catalogue(SOUND), TODAY)
        raise RuntimeError("the power went")
    assert loaded(engine).agency is None
    assert versions(engine) == []


def test_a_summary_counts_what_a_long_list_would_hide(engine: Engine) -> None:
    assert applied(engine, SOUND).summary == (
        "add agency: 1",
        "add clearance: 1",
        "add survey: 1",
        "add service: 1",
        "add office: 2",
        "add service at an office: 2",
    )


def test_every_va_office_is_applied_in_few_statements(engine: Engine) -> None:
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
    )
    report = check.read(VA, NOON)
    assert (report.faults, report.warnings) == ((), ())
    assert report.catalog is not None
    with db.write(engine) as connection:
        apply.apply(connection, report.catalog, TODAY)
    with db.write(engine) as connection:
        assert not apply.apply(connection, report.catalog, TODAY)
    there = loaded(engine)
    assert len(statements) < 200, "a statement for each office"

    serving = [office for office in there.offices.values() if office.serves]
    assert len(serving) == 2338
    assert len(there.offices) - len(serving) == 18
    assert {slug: len(service.offices) for slug, service in there.services.items()} == {
        "vet-out": 1695,
        "vet-claims": 459,
        "vet-rest": 184,
    }
    caribou = there.offices["402ga"]
    assert (caribou.name, caribou.parent) == ("Caribou VA Clinic", "402")
    assert there.offices["402"].parent == "visn-1"
    assert there.offices["visn-1"].parent is None
    with db.read(engine) as connection:
        counted = connection.execute(
            select(func.count()).where(tables.offices.c.parent.is_not(None))
        ).scalar()
    assert counted == 1695


def test_the_va_example_is_what_its_script_writes(tmp_path: Path) -> None:
    """From a CSV of four rows: one of each bureau and one clinic below another."""
    table = tmp_path / "offices.csv"
    table.write_text(
        "bureau,office_code,office_name,visn,parent_code,state,lat,lon\n"
        "VHA,402,Togus VA Medical Center,1,402,ME,44.2802701,-69.70413586\n"
        "VHA,402GA,Caribou VA Clinic,1,402,ME,46.87802649,-68.00939541\n"
        "VBA,351a,Fort Sill Pre-Discharge Claims Intake Site,,,OK,34.65036006,-98.4281289\n"
        "NCA,898,Los Angeles,,,CA,34.06020460,-118.45494350\n",
        encoding="utf-8",
    )
    written = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "va_offices.py"), str(table)],
        capture_output=True,
        check=True,
    ).stdout.decode()
    report = check.text(written, "va.toml", TODAY)
    assert report.faults == ()

    def lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("    {")]

    committed = VA.read_text(encoding="utf-8")
    assert lines(written) == lines(committed)
    assert {line for line in written.splitlines() if line.startswith("    {")} <= set(
        committed.splitlines()
    )


def test_the_va_example_names_its_source() -> None:
    text = VA.read_text(encoding="utf-8")
    assert "department-of-veterans-affairs/lighthouse-facilities" in text[:500]
    assert set(tomllib.loads(text)["service"]) == {"vet-out", "vet-claims", "vet-rest"}

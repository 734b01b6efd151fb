"""A quarter that was filed with OMB comes back with the same counts and volumes."""

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cxserver import db
from cxserver.catalog import directory
from cxserver.errors import ServerError
from cxserver.imports import filed as headers
from cxserver.imports import shape, taking
from cxserver.intake import recount
from cxserver.quarter import fiscal, reflections, volumes
from cxserver.quarter.formats.fits import Format
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.volumes import Volume
from cxserver.results import scopes
from cxserver.results.scopes import Scope
from cxserver.settings import Settings
from tests.support import quarter_answers, readings
from tests.support.house import House
from tests.support.import_files import (
    WIDE,
    batch,
    dry_run,
    results_by,
    run_import,
    sheet,
    wide_sheet,
)

ENDS: dict[Format, str] = {"v1": "v1-detail.csv", "wide": "wide.csv", "v2": "v2.csv"}
LATER = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Any:
    """A quarter of another house: its results, and a folder in each of the formats."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copyfile(_sqlite_template, folder / "cx.sqlite3")
    other = House(Settings(data_dir=folder, database_url="", base_url="http://127.0.0.1:8000"))
    quarter_answers.answer_all(other, 300)
    _tell(other)
    for form in ENDS:
        quarter_answers.write(other, form, folder / form)
    yield other, folder
    other.close()


@pytest.mark.parametrize("form", ENDS)
def test_a_quarter_that_was_filed_comes_back_with_the_same_counts(
    house: House, filed: Any, form: Format
) -> None:
    other, folder = filed
    files = sorted((folder / form).glob(f"*.{ENDS[form]}"))
    assert len(files) >= 2
    for file in files:
        service, channel = file.name.split("_")[:2]
        mapping = _map_of(other, form, service, channel)
        given = taking.batch(file, form, shape.parse(mapping, "map.toml"))
        run_import(house, given, now=LATER)
        then = _counts(other, service, channel, flagged=False)
        now = _counts(house, service, channel)
        for measure in ("response", "trust", *(() if form == "v2" else ("satisfaction",))):
            assert now[measure] == then[measure], (file.name, measure)
        lost = {"driver:humanity", "driver:other"} if form == "v1" else set[str]()
        drivers = {measure for measure in then if measure.startswith("driver:")} - lost
        assert {code: now[code] for code in drivers} == {code: then[code] for code in drivers}
    assert recount.differences(db.source(house.engine)) == []
    assert set(results_by(house, "quarter")) == {quarter_answers.QUARTER}
    if form != "v2":
        assert house.count() == 0
        assert set(results_by(house, "day")) == {quarter_answers.FIRST}


def test_the_header_brings_volumes_and_what_was_said(house: House, filed: Any) -> None:
    other, folder = filed
    quarter = fiscal.named(quarter_answers.QUARTER)
    for file in sorted((folder / "v1").glob("*.v1-detail.csv")):
        run_import(house, _v1(other, file), now=LATER)
    with db.read(other.engine) as source, db.read(house.engine) as target:
        then, now = volumes.read(source, quarter), volumes.read(target, quarter)
        assert {key: (volume.served, volume.offered) for key, volume in now.items()} == {
            key: (volume.served, volume.offered) for key, volume in then.items()
        }
        assert now and all(volume.source.startswith("imported (") for volume in now.values())
        said = reflections.read(target, quarter)
    assert set(said) == {"permits"}
    assert said["permits"].reflection.startswith("Lines were long.\nIn May, above all.")
    assert said["permits"].accomplishments == "A second counter."


def test_the_header_tells_how_many_people_answered(
    sqlite_house: House, filed: Any, tmp_path: Path
) -> None:
    other, folder = filed
    [detail] = (folder / "v1").glob("permits_site_*.v1-detail.csv")
    header = _header(detail) | {"response_count": "200"}
    more = tmp_path / "header.csv"
    more.write_bytes(sheet([list(header.values())], head=tuple(header)))
    run_import(sqlite_house, _v1(other, detail, more), now=LATER)
    [only] = results_by(sqlite_house, "channel").values()
    assert only.n == 200 > only.trust.n > 0


def test_volumes_that_somebody_gave_stay(sqlite_house: House, filed: Any) -> None:
    other, folder = filed
    quarter = fiscal.named(quarter_answers.QUARTER)
    [file] = (folder / "v1").glob("permits_site_*.v1-detail.csv")
    mine = Volume(7, 5, "our own list", "Ana", LATER)
    with db.write(sqlite_house.engine) as connection:
        volumes.put(connection, quarter, "permits", "site", mine)
    checked = dry_run(sqlite_house, _v1(other, file), LATER)
    [rejected] = checked.rejected
    assert "others were given for 2027Q1 (7 and 5)" in str(rejected)
    with db.write(sqlite_house.engine) as connection:
        taking.take(connection, _v1(other, file), checked, LATER, lambda n: None)
    with db.read(sqlite_house.engine) as connection:
        assert volumes.read(connection, quarter)["permits", "site"] == mine
    assert results_by(sqlite_house, "channel")["site"].n > 0


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"start_date": "2026-07-01", "end_date": "2026-09-30"}, "the header is of 2026Q4"),
        ({"end_date": "2027-01-31"}, "it is of more than one quarter"),
        ({"response_count": "3"}, "3 people answered, and"),
        ({"total_volume": "12"}, "more people were offered the survey than were served"),
        ({"total_volume": ""}, "one of the two volumes is missing"),
    ],
)
def test_a_header_that_does_not_fit_is_told(
    sqlite_house: House, filed: Any, tmp_path: Path, cells: dict[str, str], says: str
) -> None:
    other, folder = filed
    [detail] = (folder / "v1").glob("permits_site_*.v1-detail.csv")
    header = _header(detail) | cells
    wrong = tmp_path / "header.csv"
    wrong.write_bytes(sheet([list(header.values())], head=tuple(header)))
    [rejected] = dry_run(sqlite_house, _v1(other, detail, wrong), LATER).rejected
    assert says in str(rejected)
    assert str(rejected).startswith("header.csv, line 2, column ")


def test_header_and_detail_are_told_apart(sqlite_house: House, filed: Any) -> None:
    other, folder = filed
    [detail] = (folder / "v1").glob("permits_site_*.v1-detail.csv")
    header = headers.beside(detail)
    assert header is not None
    with pytest.raises(ServerError, match="is the header file"):
        dry_run(sqlite_house, _v1(other, header, None), LATER)
    with pytest.raises(ServerError, match="is the detail file"):
        dry_run(sqlite_house, _v1(other, detail, detail), LATER)


def test_commas_and_shares_are_read_as_people(house: House, tmp_path: Path) -> None:
    run_import(house, batch(tmp_path, wide_sheet(), "wide", WIDE))
    [only] = results_by(house, "quarter").values()
    assert (only.name, only.n) == ("2021Q2", 1250)
    assert only.satisfaction.counts == (0, 10, 40, 200, 1000)
    assert only.trust.counts == (25, 100, 125, 375, 625)
    assert [name for name in results_by(house, "month")] == ["2021-01"]
    assert recount.differences(db.source(house.engine)) == []


def _tell(house: House) -> None:
    """The volumes of each channel, and what one service says of its quarter."""
    quarter = fiscal.named(quarter_answers.QUARTER)
    places = [("permits", "site"), ("permits", "poster"), ("hearings", "email"), ("calls", "phone")]
    said = Reflection("Lines were long.\nIn May, above all.", "A second counter.", "Ana", LATER)
    with db.write(house.engine) as connection:
        for at, (service, channel) in enumerate(places, 1):
            volume = Volume(at * 1000, at * 500, "a list", "Ana", LATER)
            volumes.put(connection, quarter, service, channel, volume)
        reflections.put(connection, quarter, "permits", said)


def _v1(other: House, detail: Path, *given: Path | None) -> taking.Batch:
    """A detail file with the header beside it, or with another."""
    service, channel = detail.name.split("_")[:2]
    mapping = shape.parse(_map_of(other, "v1", service, channel), "map.toml")
    [header] = given or [headers.beside(detail)]
    return taking.batch(detail, "v1", mapping, header)


def _header(detail: Path) -> dict[str, str]:
    """The header beside a detail file."""
    beside = headers.beside(detail)
    assert beside is not None
    [row] = csv.DictReader(io.StringIO(beside.read_text(encoding="utf-8"), newline=""))
    return row


def _map_of(other: House, form: str, service: str, channel: str) -> dict[str, Any]:
    with db.read(other.engine) as connection:
        survey = directory.load(connection).services[service].survey
    words = survey.wording["en"]
    mapping: dict[str, Any] = {
        "office": "center" if service == "calls" else "riverside",
        "service": service,
        "channel": channel,
        "survey": {"instrument": survey.instrument},
    }
    if form == "v2":
        return mapping | {
            "quarter": quarter_answers.QUARTER,
            "wording": {"en": {"trust": words.trust, "comment": words.comment}},
        }
    return mapping | ({"drivers": {"humanity": "q8", "other": "q9"}} if form == "wide" else {})


def _counts(house: House, service: str, channel: str, **how: Any) -> dict[str, dict[str, int]]:
    scope = Scope(services=frozenset({service}), channels=frozenset({channel}))
    if not how.get("flagged", True):
        scope = Scope(
            services=frozenset({service}),
            channels=frozenset({channel}),
            flagged=scopes.WITHOUT_FLAGGED,
        )
    [counted] = readings.counted(house.engine, scope)
    return {measure: dict(values) for measure, values in counted.measured.items() if values}

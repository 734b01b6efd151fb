"""The past comes in whole or not at all, counts once, and never mixes with what we ask today."""

import csv
import io
import json
import random
import re
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import quarters
from cxserver import db, tables
from cxserver.catalog import apply, check, directory
from cxserver.errors import Conflict, ServerError
from cxserver.history import cells, importing, shape
from cxserver.history.importing import Summary
from cxserver.history.rejected import Refused
from cxserver.insight import changes, results, slices, wording
from cxserver.instrument import instruments
from cxserver.instrument import survey as surveys
from cxserver.intake import recount, unlinkable
from cxserver.reporting.quarter import answers as quarter_answers
from cxserver.reporting.quarter import fiscal, review, v2, wide
from cxserver.settings import Settings
from cxserver.staff.access import Role
from desks import sign_in
from house import CATALOGUE, NOW, House
from typed import Typed

ASKED = ("effectiveness", "ease", "efficiency", "transparency", "employee")
HEAD = ("Id", "When", "Where", "Happy", "Trust", *ASKED, "Said")
MAP: dict[str, Any] = {
    "service": "permits",
    "channel": "email",
    "language": "en",
    "survey": {"instrument": "a11-2018"},
    "wording": {
        "en": {
            "trust": "This interaction increased my confidence in permits.",
            "satisfaction": "I am satisfied with the service.",
            "comment": "Anything else?",
        }
    },
    "columns": {
        "id": "Id",
        "date": "When",
        "office": "Where",
        "satisfaction": "Happy",
        "trust": "Trust",
        "comment": "Said",
    },
    "drivers": {code: code for code in ASKED},
    "offices": {"Code R": "riverside", "Code L": "lakeside"},
}


def row(id: str, **cells: str) -> list[str]:
    """A row that can be taken, but for what `cells` say."""
    usual = {"Id": id, "When": "2023-07-31", "Where": "Code R", "Happy": "4", "Trust": "5"}
    told = usual | dict.fromkeys(ASKED, "3") | {"Said": ""} | cells
    return [told[name] for name in HEAD]


def sheet(rows: list[list[str]], head: tuple[str, ...] = HEAD) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode()


def batch(
    folder: Path, body: bytes, form: shape.Form = "csv", told: dict[str, Any] | None = None
) -> importing.Batch:
    file = folder / "past.csv"
    file.write_bytes(body)
    return importing.batch(file, form, shape.parse(told or MAP, "map.toml"))


def take(house: House, given: importing.Batch, *, skip: bool = False) -> Summary:
    """Import it as the command does."""
    found = importing.look(house.engine, given, NOW.date(), lambda n: None)
    assert skip or not found.rejected, [str(one) for one in found.rejected]
    importing.take(house.engine, given, found, NOW, lambda n: None)
    return found


def rejected(house: House, folder: Path, rows: list[list[str]], **told: Any) -> list[str]:
    given = batch(folder, sheet(rows), told=MAP | told)
    found = importing.look(house.engine, given, NOW.date(), lambda n: None)
    return [str(one) for one in found.rejected]


def everything(house: House) -> dict[str, list[Any]]:
    """What is in the database, but for what the import's own sequence numbers are."""
    names = ("responses", "tallies", "choices", "surveys", "imports", "services", "burden")
    with db.read(house.engine) as connection:
        return {
            name: sorted(map(str, connection.execute(select(tables.metadata.tables[name]))))
            for name in (*names, "use_keys", "alerts", "replies")
        }


def by(house: House, group: str, **wanted: Any) -> dict[str, results.Row]:
    found = results.rows(house.engine, group, results.Filter(**wanted))
    return {one.name: one for one in found}


# ---- rows that are answers


def test_past_answers_come_in_with_their_counts(house: House, tmp_path: Path) -> None:
    rows = [
        row("1", When="2023-07-31 23:30:00 UTC", Said="Call 555-867-5309, please"),
        row("2", When="2023-10-01T02:00:00Z", Trust="Strongly agree"),
        row("3", When="2023-10-01 03:00:00 -0400", Where="Code L", Happy="", employee=""),
    ]
    found = take(house, batch(tmp_path, sheet(rows)))
    assert (found.total, found.offices) == (3, {"riverside", "lakeside"})
    assert {name: one.n for name, one in by(house, "day").items()} == {
        "2023-07-31": 1,
        "2023-09-30": 1,  # at the office it was still the evening before
        "2023-10-01": 1,
    }
    assert {name: one.n for name, one in by(house, "quarter").items()} == {"2023Q4": 2, "2024Q1": 1}
    [version] = by(house, "survey")
    assert version == "permits/2"
    first = next(one for one in house.responses() if one["comment"])
    assert first["comment"] == "Call [phone], please"
    assert (first["flags"], first["delay"]) == ("imported", "self")
    assert first["answered_hour"] == datetime(2023, 7, 31, 23, tzinfo=UTC)
    assert recount.differences(house.engine) == []
    assert all(one.holds for one in unlinkable.findings(house.engine, NOW.date()))


def test_the_past_uses_nothing_up_and_alarms_nobody(house: House, tmp_path: Path) -> None:
    before = everything(house)
    take(house, batch(tmp_path, sheet([row("1", Said="I will hurt somebody")])))
    after = everything(house)
    for untouched in ("burden", "use_keys", "alerts", "replies", "services"):
        assert after[untouched] == before[untouched], untouched


def test_a_series_breaks_where_the_past_ends(house: House, tmp_path: Path) -> None:
    take(house, batch(tmp_path, sheet([row(str(n)) for n in range(40)])))
    quarters.answer_all(house, 60)
    with db.read(house.engine) as connection:
        versions = wording.versions(directory.load(connection))
    scope = slices.Scope(services=frozenset({"permits"}))
    found = slices.read(house.engine, scope, ("quarter", *changes.NEEDS))
    series = [
        (name, changes.side([one for one in found if one.group["quarter"] == name]))
        for name in ("2023Q4", quarters.QUARTER)
    ]
    [stop] = changes.breaks(series, versions)
    assert (stop.period, stop.cause) == (quarters.QUARTER, "question")
    assert changes.compare(series[0][1], series[1][1], versions).verdict == "not comparable"


def test_the_same_questions_asked_elsewhere_are_a_break_too(house: House, tmp_path: Path) -> None:
    with db.read(house.engine) as connection:
        [now] = directory.load(connection).services["permits"].surveys.values()
    words = now.wording["en"]
    told = MAP | {
        "survey": {
            "instrument": now.instrument,
            "trust_statement": now.trust_statement,
            "satisfaction_statement": now.satisfaction_statement,
        },
        "wording": {"en": {"trust": words.trust, "satisfaction": words.satisfaction}},
        "columns": {**MAP["columns"], "comment": ""},
        "drivers": {},
    }
    take(house, batch(tmp_path, sheet([row("1")]), told=told))
    with db.read(house.engine) as connection:
        old = directory.load(connection).services["permits"].surveys[2]
    meanings = [{"x": [wording.meaning(one, "en", "trust")]} for one in (old, now)]
    assert "another system" in str(wording.switch(meanings[0], meanings[1]))
    assert wording.switch(meanings[0], meanings[0]) is None


def test_the_survey_in_use_stays_what_it_was(house: House, tmp_path: Path) -> None:
    take(house, batch(tmp_path, sheet([row("1")])))
    take(house, batch(tmp_path, sheet([row("2")])))
    report = check.text(CATALOGUE, "test.toml", NOW.date())
    assert report.catalogue is not None
    with db.write(house.engine) as connection:
        assert not apply.apply(connection, report.catalogue, NOW.date())
    reworded = CATALOGUE.replace(
        'statement_name = { en = "permit renewal"', 'statement_name = { en = "it"'
    )
    house.apply(reworded)
    with db.read(house.engine) as connection:
        permits = directory.load(connection).services["permits"]
    assert (permits.current, sorted(permits.surveys)) == (3, [1, 2, 3])
    assert [permits.surveys[n].origin for n in (1, 2, 3)] == ["", "answers", ""]


def test_nobody_can_answer_an_imported_version(house: House, tmp_path: Path) -> None:
    take(house, batch(tmp_path, sheet([row("1")])))
    item = {"link": house.mint(), "survey": "permits/2", "trust": 4, "satisfaction": 4}
    with house.client() as client:
        told = client.post("/api/v1/responses", json={"items": [item]}).json()["results"][0]
    assert told["status"] == 422


def test_surveys_that_were_stored_before_keep_their_fingerprint() -> None:
    text = (Path(__file__).parent / "stored-survey.json").read_text(encoding="utf-8")
    old = surveys.from_json(text)
    assert old.origin == ""
    imported = surveys.from_json(surveys.to_json(old).replace('"origin":""', '"origin":"counts"'))
    assert imported.origin == "counts"
    assert surveys.fingerprint(imported) != surveys.fingerprint(old)


# ---- all or nothing


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"Where": "Code X"}, "column 'Where': there is no office 'Code X' of permits"),
        ({"Trust": ""}, "column 'Trust': there is no answer to trust"),
        ({"Trust": "6"}, "column 'Trust': this is not a point from 1 to 5"),
        ({"Happy": "4.40"}, "column 'Happy': this is a mean"),
        ({"ease": "0"}, "column 'ease': 0 is not a point. Cure: set zero = \"not asked\""),
        ({"When": "31/07/2023"}, "column 'When': this is not a date"),
        ({"When": "2026-10-26"}, "column 'When': 2026-10-26 is not before last week"),
        ({"Said": "x" * 2001}, "column 'Said': the text is too long"),
        ({"Id": "1"}, "column 'Id': another row of this file has the same id"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_its_cure(
    sqlite_house: House, tmp_path: Path, cells: dict[str, str], says: str
) -> None:
    [told] = rejected(sqlite_house, tmp_path, [row("1", Said="two\nlines"), row("2", **cells)])
    assert told.startswith("past.csv, line 4, ")
    assert says in told and "Cure: " in told


def test_what_somebody_wrote_is_never_repeated(sqlite_house: House, tmp_path: Path) -> None:
    [told] = rejected(sqlite_house, tmp_path, [[*row("1"), "Ana Pérez"]])
    assert "it has 12 cells, and there are 11 columns" in told
    assert "Ana" not in told


def test_one_bad_row_keeps_all_of_them_out(house: House, tmp_path: Path, typed: Typed) -> None:
    rows = [row("1"), row("2", Trust="9"), row("3", Trust="8")]
    file, map = tmp_path / "past.csv", tmp_path / "map.toml"
    file.write_bytes(sheet(rows))
    map.write_text(toml(MAP), encoding="utf-8")
    before = everything(house)
    words = ("import", file, "--map", map)
    _, told = typed(house, *words, fails=True)
    assert "line 3" in told and "line 4" in told and "2 rows; nothing was imported." in told
    typed(house, *words, "--dry-run", "--skip-rejected")
    assert everything(house) == before
    shown, told = typed(house, *words, "--skip-rejected", "--json")
    assert json.loads(shown)["imported"] == house.count() == 1
    assert [one["line"] for one in json.loads(shown)["rejected"]] == [3, 4]
    _, told = typed(house, *words, "--skip-rejected", fails=True)
    assert "was imported before" in told
    assert house.count() == 1


def test_what_fails_half_way_leaves_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = batch(tmp_path, sheet([row(str(n)) for n in range(2500)]))
    found = importing.look(house.engine, given, NOW.date(), lambda n: None)
    before = everything(house)
    seen: list[int] = []

    def break_down(n: int) -> None:
        seen.append(n)
        if len(seen) == 2100:
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        importing.take(house.engine, given, found, NOW, break_down)
    assert everything(house) == before
    importing.take(house.engine, given, found, NOW, lambda n: None)
    assert house.count() == 2500
    assert recount.differences(house.engine) == []
    with pytest.raises(Conflict):
        importing.take(house.engine, given, found, NOW, lambda n: None)


def test_a_file_that_is_no_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    body = sheet([row("1"), row("2", Said="canción")])
    with pytest.raises(ServerError, match="not UTF-8: byte .* in line 3"):
        batch(tmp_path, body.decode().encode("latin-1"))
    with pytest.raises(ServerError, match="not UTF-8"):
        batch(tmp_path, body.decode().encode("utf-16"))
    assert batch(tmp_path, b"\xef\xbb\xbf" + body).sheet.columns == HEAD


def test_a_map_that_names_no_such_column_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="has no column 'Where'"):
        rejected_head = sheet([["1"]], head=("Id",))
        given = batch(
            tmp_path,
            rejected_head,
            told=MAP | {"columns": {"trust": "Where"}, "wording": {"en": {"trust": "T"}}},
        )
        importing.look(sqlite_house.engine, given, NOW.date(), lambda n: None)
    with pytest.raises(ServerError, match=r"map.toml: survey.instrument: .* is none of"):
        shape.parse(MAP | {"survey": {"instrument": "a11"}}, "map.toml")


def test_a_zero_is_not_asked_where_the_map_says_so(sqlite_house: House, tmp_path: Path) -> None:
    told = MAP | {"zero": "not asked"}
    take(sqlite_house, batch(tmp_path, sheet([row("1", efficiency="0")]), told=told))
    [found] = by(sqlite_house, "survey").values()
    assert "efficiency" not in found.drivers
    assert found.drivers["ease"].counts == (0, 0, 1, 0, 0)


@pytest.mark.parametrize("form", shape.FORMS)
def test_the_printed_maps_are_maps(form: shape.Form, tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text(shape.example(form), encoding="utf-8")
    assert shape.read(file).survey.instrument in instruments.CODES


# ---- Touchpoints


def test_touchpoints_brings_its_answers_and_leaves_hidden_taps_out(
    house: House, tmp_path: Path
) -> None:
    head = ("I trust it.", "Good?", "Bad?", "More", "Location Code", "Status", "Created At")
    rows = [
        [
            "5",
            "ease, Staff",
            "efficiency",
            "Thanks",
            "Code R",
            "received",
            "2024-02-29 12:00:00 UTC",
        ],
        ["3", "", "efficiency,other", "", "Code R", "received", "2024-03-01 12:00:00 UTC"],
    ]
    told = {
        "service": "permits",
        "channel": "site",
        "offices": {"Code R": "riverside"},
        "survey": {"instrument": "a11-v2-five-point"},
        "wording": {"en": {"trust": "I trust it.", "comment": "More"}},
        "columns": {
            "trust": "I trust it.",
            "taps_positive": "Good?",
            "taps_negative": "Bad?",
            "comment": "More",
        },
        "taps": {"Staff": "employee"},
    }
    body = sheet(rows, head=head)
    # What is mapped by name does not take the other codes away.
    found = take(house, batch(tmp_path, body, "touchpoints", told))
    assert found.hidden == 1
    [only] = by(house, "survey").values()
    assert only.trust.counts == (0, 0, 1, 0, 1)
    taps = {code: (one.positive, one.negative) for code, one in only.drivers.items()}
    assert taps == {"ease": (1, 0), "employee": (1, 0), "efficiency": (0, 1), "other": (0, 1)}
    assert recount.differences(house.engine) == []


# ---- OMB's files, as `cx quarter` writes them for another house

ENDS = {"v1": "v1-detail.csv", "wide": "wide.csv", "v2": "v2.csv"}
LATER = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Any:
    """A quarter of another house: its results, and a folder in each of the formats."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copyfile(_sqlite_template, folder / "cx.sqlite3")
    other = House(Settings(data_dir=folder, database_url="", base_url="http://127.0.0.1:8000"))
    quarters.answer_all(other, 300)
    for form in ENDS:
        quarters.write(other, form, folder / form)
    yield other, folder
    other.close()


@pytest.mark.parametrize("form", ENDS)
def test_a_quarter_that_was_filed_comes_back_with_the_same_counts(
    house: House, filed: Any, form: shape.Form
) -> None:
    other, folder = filed
    files = sorted((folder / form).glob(f"*.{ENDS[form]}"))
    assert len(files) >= 2
    for file in files:
        service, channel = file.name.split("_")[:2]
        told = _map_of(other, form, service, channel)
        given = importing.batch(file, form, shape.parse(told, "map.toml"))
        found = importing.look(house.engine, given, LATER.date(), lambda n: None)
        assert not found.rejected, [str(one) for one in found.rejected]
        importing.take(house.engine, given, found, LATER, lambda n: None)
        then = _counts(other, service, channel, flagged=False)
        now = _counts(house, service, channel)
        for measure in ("response", "trust", *(() if form == "v2" else ("satisfaction",))):
            assert now[measure] == then[measure], (file.name, measure)
        lost = {"driver:humanity", "driver:other"} if form == "v1" else set[str]()
        drivers = {one for one in then if one.startswith("driver:")} - lost
        assert {one: now[one] for one in drivers} == {one: then[one] for one in drivers}
    assert recount.differences(house.engine) == []
    assert set(by(house, "quarter")) == {quarters.QUARTER}
    if form != "v2":
        assert house.count() == 0
        assert set(by(house, "day")) == {quarters.FIRST}


def _map_of(other: House, form: str, service: str, channel: str) -> dict[str, Any]:
    with db.read(other.engine) as connection:
        survey = directory.load(connection).services[service].survey
    words = survey.wording["en"]
    told: dict[str, Any] = {
        "office": "center" if service == "calls" else "riverside",
        "service": service,
        "channel": channel,
        "survey": {"instrument": survey.instrument},
    }
    if form == "v2":
        return told | {
            "quarter": quarters.QUARTER,
            "wording": {"en": {"trust": words.trust, "comment": words.comment}},
        }
    return told | ({"drivers": {"humanity": "q8", "other": "q9"}} if form == "wide" else {})


def _counts(house: House, service: str, channel: str, **how: Any) -> dict[str, dict[str, int]]:
    scope = slices.Scope(services=frozenset({service}), channels=frozenset({channel}))
    if not how.get("flagged", True):
        scope = slices.Scope(
            services=frozenset({service}),
            channels=frozenset({channel}),
            flagged=slices.WITHOUT_FLAGGED,
        )
    [found] = slices.read(house.engine, scope)
    return {measure: dict(values) for measure, values in found.measured.items() if values}


def test_thumbs_come_back_as_thumbs(sqlite_house: House, tmp_path: Path) -> None:
    head = tuple(v2.HEADER)
    rows = [["a", "1", *"1000000", *"0000000", ""], ["b", "0", *"0000000", *"0100000", "Slow"]]
    told = {
        "service": "permits",
        "office": "riverside",
        "channel": "site",
        "quarter": "2024Q3",
        "survey": {"instrument": "a11-v2-thumbs"},
        "wording": {"en": {"trust": "I trust it.", "comment": "More"}},
    }
    take(sqlite_house, batch(tmp_path, sheet(rows, head=head), "v2", told))
    [only] = by(sqlite_house, "survey").values()
    assert (only.thumbs.counts, only.trust.n) == ((1, 1), 0)
    assert only.drivers["effectiveness"].positive == only.drivers["ease"].negative == 1
    assert recount.differences(sqlite_house.engine) == []


def test_imported_answers_are_in_no_quarter_file(house: House, tmp_path: Path) -> None:
    quarter = fiscal.named(quarters.QUARTER)
    quarters.answer_all(house, 40)
    own = by(house, "quarter", flagged=False)[quarters.QUARTER].n
    old = [row(str(n), When="2026-10-05", Said="Said elsewhere") for n in range(7)]
    take(house, batch(tmp_path, sheet(old)))
    assert by(house, "quarter", flagged=False)[quarters.QUARTER].n == own + 7
    for form in ("v1", "wide"):
        assert quarters.write(house, form, tmp_path / form).answers == own
    with db.read(house.engine) as connection:
        shown = review.read(connection, quarter)
    assert shown and "Said elsewhere" not in {one.text for one in shown}
    assert quarter_answers.total(house.engine, quarter, None) == 40


# ---- counts


def _wide(**told: str) -> bytes:
    usual = {
        "collection_year": "2021",
        "collection_quarter": "2",
        "service_name": "Permit renewal",
        "channel": "email",
        "volume_of_respondents": "1,250",
        "q1_text": "I am satisfied.",
        "q2_text": "I trust it.",
        **dict(
            zip((f"q1_{n}" for n in range(1, 6)), ("0", "10", "40", "200", "1,000"), strict=True)
        ),
        **dict(
            zip((f"q2_{n}" for n in range(1, 6)), ("2%", "8%", "10%", "30%", "50%"), strict=True)
        ),
    }
    return sheet([[(usual | told).get(name, "") for name in wide.HEADER]], head=wide.HEADER)


WIDE = {
    "office": "riverside",
    "services": {"Permit renewal": "permits"},
    "survey": {"instrument": "a11-2018"},
}


def test_commas_and_shares_are_read_as_people(house: House, tmp_path: Path) -> None:
    take(house, batch(tmp_path, _wide(), "wide", WIDE))
    [only] = by(house, "quarter").values()
    assert (only.name, only.n) == ("2021Q2", 1250)
    assert only.satisfaction.counts == (0, 10, 40, 200, 1000)
    assert only.trust.counts == (25, 100, 125, 375, 625)
    assert [name for name in by(house, "month")] == ["2021-01"]
    assert recount.differences(house.engine) == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"q1_5": "4.40"}, "this is a mean, not a number of people"),
        ({"volume_of_respondents": "900"}, "900 people answered, and 1,250 gave points"),
        ({"service_name": "Passports"}, "there is no service 'Passports' in the catalogue"),
        ({"collection_quarter": "5"}, "'2021Q5' is not a fiscal quarter"),
        ({"collection_year": "2027", "collection_quarter": "1"}, "2027Q1 has not ended"),
        ({"channel": "pigeon"}, "there is no channel 'pigeon'"),
        ({"q2_5": "90%"}, "the shares do not add up"),
    ],
)
def test_a_row_of_counts_that_does_not_hold_is_told(
    sqlite_house: House, tmp_path: Path, told: dict[str, str], says: str
) -> None:
    given = batch(tmp_path, _wide(**told), "wide", WIDE)
    found = importing.look(sqlite_house.engine, given, NOW.date(), lambda n: None)
    assert [says in str(one) for one in found.rejected] == [True]
    assert not found.total


def test_a_header_file_is_told_from_the_detail_file(sqlite_house: House, filed: Any) -> None:
    other, folder = filed
    file = next((folder / "v1").glob("*.v1-header.csv"))
    told = shape.parse(_map_of(other, "v1", "permits", "site"), "map.toml")
    with pytest.raises(ServerError, match="is the header file"):
        importing.look(sqlite_house.engine, importing.batch(file, "v1", told), LATER.date(), len)  # type: ignore[arg-type]


@given(
    shares=st.lists(st.integers(0, 100), min_size=5, max_size=5).filter(lambda some: sum(some) > 0),
    total=st.integers(0, 400_000),
)
def test_shares_become_exactly_as_many_people(shares: list[int], total: int) -> None:
    exact = [100 * one / sum(shares) for one in shares]
    given = [f"{one:.3f}%" for one in exact]
    found = cells.counts(["c"] * 5, given, total)
    assert sum(found) == total
    assert all(
        abs(n - total * one / 100) < 2 + total / 10_000 for n, one in zip(found, exact, strict=True)
    )


@given(st.text(max_size=12))
def test_any_cell_is_a_count_or_is_refused(cell: str) -> None:
    try:
        n = cells.count("c", cell)
    except Refused:
        return
    assert cell.replace(",", "").lstrip("0") == (str(n) if n else "")


# ---- the whole, against an independent count


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_results_equal_an_independent_count(house: House, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    offices = {"Code R": "riverside", "Code L": "lakeside"}
    rows = [
        {
            "When": (date(2021, 1, 1) + timedelta(chance.randrange(1500))).isoformat(),
            "Where": chance.choice(list(offices)),
            "Happy": str(chance.randint(1, 5)),
            "Trust": str(chance.randint(1, 5)),
            **{code: chance.choice(["", *"12345"]) for code in ASKED},
        }
        for _ in range(400)
    ]
    take(house, batch(tmp_path, sheet([row(str(n), **one) for n, one in enumerate(rows)])))
    for group, key in (
        ("office", lambda one: offices[one["Where"]]),
        ("day", lambda one: one["When"]),
        ("month", lambda one: one["When"][:7]),
    ):
        found = by(house, group)
        assert {name: one.n for name, one in found.items()} == Counter(map(key, rows))
        for name, one in found.items():
            mine = [told for told in rows if key(told) == name]
            assert _points(mine, "Trust") == one.trust.counts
            assert _points(mine, "Happy") == one.satisfaction.counts
            for code in ASKED:
                given = one.drivers[code].counts if code in one.drivers else (0,) * 5
                assert _points(mine, code) == given
    assert recount.differences(house.engine) == []


def _points(rows: list[dict[str, str]], name: str) -> tuple[int, ...]:
    return tuple(sum(one[name] == str(point) for one in rows) for point in range(1, 6))


# ---- on the pages


def test_the_past_is_named_where_versions_are(house: House, tmp_path: Path, typed: Typed) -> None:
    take(house, batch(tmp_path, _wide(), "wide", WIDE))
    shown, _ = typed(house, "results", "--by", "survey")
    assert "permits/2 (imported counts)" in shown
    shown, _ = typed(house, "results", "--by", "survey", "--json")
    assert [one["imported"] for one in json.loads(shown)["rows"]] == [True]
    shown, _ = typed(house, "recount", "--check")
    assert "agree" in shown


def test_the_staff_see_the_past_and_where_it_ends(house: House, tmp_path: Path) -> None:
    """The fourth quarter of 2026 as counts, after a quarter of answers in other words."""
    chance = random.Random(7)
    days = [date(2026, 4, 1) + timedelta(chance.randrange(180)) for _ in range(900)]
    rows = [row(str(n), When=day.isoformat()) for n, day in enumerate(days)]
    take(house, batch(tmp_path, sheet(rows)))
    last = _wide(collection_year="2026", collection_quarter="4")
    take(house, batch(tmp_path, last, "wide", WIDE))
    shown = {}
    with house.client() as client:
        sign_in(house, client, Role.ANALYST, email="a@example.gov")
        for page in ("/staff/?period=2026Q4", "/staff/?period=52-weeks", "/staff/catalogue"):
            text = re.sub(r"<[^>]+>", " ", client.get(page).text)
            shown[page] = " ".join(text.split())
    assert "Not comparable. The words changed from" in shown["/staff/?period=2026Q4"]
    assert f"{900 + 1250:,} people answered" in shown["/staff/?period=52-weeks"]
    assert "Survey permits/2, imported answers: a11-2018" in shown["/staff/catalogue"]
    assert "Survey permits/3, imported counts: a11-2018" in shown["/staff/catalogue"]


def toml(told: dict[str, Any]) -> str:
    """A map as TOML."""
    lines = [f"{name} = {_value(value)}" for name, value in told.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)

"""The maps in examples/imports read the files beside them, which have the form of the real ones."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxserver.imports import shape, taking
from cxserver.imports.shape import Form
from tests.support.cli_runner import invoke
from tests.support.house import House
from tests.support.import_files import dry_run, results_by, run_import

FOLDER = Path(__file__).parents[2] / "examples" / "imports"
NAMES = sorted(file.stem for file in FOLDER.glob("*.csv"))


def form_of(name: str) -> Form:
    return "touchpoints" if name == "touchpoints" else "csv"


def given(name: str) -> taking.Batch:
    map = shape.read(FOLDER / f"{name}.toml")
    return taking.batch(FOLDER / f"{name}.csv", form_of(name), map)


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a file, read in another way than ours."""
    mark = ";" if name == "limesurvey" else ","
    text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    yield from csv.reader(text.splitlines(), delimiter=mark)


def test_every_program_has_a_file_and_a_map() -> None:
    assert NAMES == [
        *("formbricks", "friends-and-family", "limesurvey"),
        *("qualtrics", "surveymonkey", "touchpoints"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_read_or_left_out_with_a_note(sqlite_house: House, name: str) -> None:
    summary = dry_run(sqlite_house, given(name))
    assert not summary.rejected, [str(row) for row in summary.rejected]
    left_out = sum(int(note.split()[2]) for note in summary.notes if note.startswith("Left out"))
    heads = {"qualtrics": 3, "surveymonkey": 2}.get(name, 1)
    assert summary.total + left_out == sum(1 for _ in rows(name)) - heads == 24
    assert summary.offices == {"riverside", "lakeside"}


def test_a_file_whose_best_is_one_is_turned(sqlite_house: House) -> None:
    run_import(sqlite_house, given("friends-and-family"))
    [only] = results_by(sqlite_house, "survey").values()
    column = [row[3] for row in rows("friends-and-family")][1:]
    best_first = Counter(column)
    assert only.satisfaction.counts == tuple(best_first[str(6 - point)] for point in range(1, 6))
    assert best_first["6"] == 1 and only.satisfaction.n == only.n - 1


def test_days_of_qualtrics_are_those_of_the_office(sqlite_house: House) -> None:
    run_import(sqlite_house, given("qualtrics"))
    wanted = Counter(row[5][:10] for row in list(rows("qualtrics"))[3:] if row[2] == "IP Address")
    assert {name: row.n for name, row in results_by(sqlite_house, "day").items()} == wanted


def test_options_of_surveymonkey_are_taps(sqlite_house: House) -> None:
    run_import(sqlite_house, given("surveymonkey"))
    [only] = results_by(sqlite_house, "survey").values()
    tapped = Counter(cell for row in list(rows("surveymonkey"))[2:] for cell in row[11:14] if cell)
    read = {
        code: only.drivers[code].positive + only.drivers[code].negative
        for code in ("ease", "efficiency", "employee")
    }
    assert read == {
        "ease": tapped["It was easy"],
        "efficiency": tapped["It took a reasonable amount of time"],
        "employee": tapped["The employees"],
    }


def test_what_touchpoints_flagged_is_left_out_and_said(sqlite_house: House) -> None:
    summary = dry_run(sqlite_house, given("touchpoints"))
    assert sorted(summary.notes) == [
        "Left out 1 rows because of what stands in 'Flagged'.",
        "Left out 1 rows because of what stands in 'Spam'.",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_inspect_reads_every_example_by_its_map(sqlite_house: House, name: str) -> None:
    shown, _ = invoke(
        sqlite_house,
        *("import", "inspect", FOLDER / f"{name}.csv", "--map", FOLDER / f"{name}.toml", "--json"),
    )
    columns = {item["meaning"]: item for item in json.loads(shown)["columns"]}
    trust = columns["trust"]
    assert trust["readable"] + trust["empty"] == trust["rows"] == 24
    assert not any(item["fault"] for what, item in columns.items() if what != "date")


@pytest.mark.parametrize(
    ("name", "form", "columns"),
    [
        ("qualtrics", "csv", {"id": "ResponseId", "trust": "Q2", "satisfaction": "Q1"}),
        ("surveymonkey", "csv", {"id": "Respondent ID", "date": "End Date"}),
        ("formbricks", "csv", {"id": "Response ID", "date": "Timestamp", "office": "office"}),
        ("limesurvey", "csv", {"id": "Response ID", "language": "Start language"}),
        ("touchpoints", "touchpoints", {"date": "Created at", "office": "Location Code"}),
        ("friends-and-family", "csv", {"date": "Date", "office": "Site"}),
    ],
)
def test_inspect_guesses_a_map_to_go_on_with(
    sqlite_house: House, tmp_path: Path, name: str, form: str, columns: dict[str, str]
) -> None:
    words = ("import", "inspect", FOLDER / f"{name}.csv")
    text, said = invoke(sqlite_house, *words)
    map = tmp_path / "map.toml"
    map.write_text(text, encoding="utf-8")
    guessed = shape.read(map)
    assert f"--from {form}" in said
    assert columns.items() <= guessed.columns.model_dump().items()
    assert guessed.columns.trust and guessed.columns.comment
    assert guessed.service == "" and 'service = ""' in text


@pytest.mark.parametrize(
    ("name", "instrument", "mode", "unreadable"),
    [
        ("touchpoints", "a11-v2-thumbs", "tap", set()),
        ("surveymonkey", "a11-2022", "tap", set()),
        ("formbricks", "a11-2018", "likert", set()),
        # Their words say which point they are; only a person can.
        ("qualtrics", "a11-2018", "likert", {"satisfaction"}),
        ("limesurvey", "a11-2018", "likert", {"trust", "satisfaction", "ease"}),
    ],
)
def test_a_guess_takes_thumbs_for_thumbs_and_options_for_taps(
    sqlite_house: House, name: str, instrument: str, mode: str, unreadable: set[str]
) -> None:
    file = FOLDER / f"{name}.csv"
    text, _ = invoke(sqlite_house, "import", "inspect", file)
    assert f'instrument = "{instrument}"\ndriver_mode = "{mode}"\n' in text
    shown, _ = invoke(sqlite_house, "import", "inspect", file, "--json")
    columns = json.loads(shown)["columns"]
    assert {item["meaning"] for item in columns if item["fault"]} == unreadable


def test_inspect_says_what_no_file_can_tell(sqlite_house: House, tmp_path: Path) -> None:
    lines = ["Date,I trust them", *(f"0{n % 9 + 1}/0{n % 7 + 1}/2024,{n % 11}" for n in range(40))]
    file = tmp_path / "past.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    _, said = invoke(sqlite_house, "import", "inspect", file)
    assert "can be read in two ways" in said
    assert "'I trust them' has numbers from 0 to 10: not five points" in said

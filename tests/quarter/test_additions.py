"""What people add to a quarter: volumes, reflections, service-level indicators."""

import csv
import json
from pathlib import Path

import pytest

from cxserver import db
from cxserver.errors import ServerError
from cxserver.quarter import fiscal, indicators, volumes
from cxserver.quarter.indicators import IndicatorUnfit
from cxserver.quarter.volumes import Volume
from tests.support import fork_server, quarter_answers
from tests.support.cx_process import cx, environment

HISPS = Path(__file__).parents[1] / "data" / "hisp_service_level_indicators.csv"
QUARTER = fiscal.named(quarter_answers.QUARTER)


def tell(house, text):
    """Write `text` into a file of indicators and import it."""
    file = house.settings.data_dir / "levels.csv"
    file.write_text(text, encoding="utf-8")
    return ["indicators", "import", str(file)]


# ---- volumes


def test_volumes_stand_in_the_files_with_their_source_in_the_fields(house, tmp_path):
    quarter_answers.send(house, [{"link": house.mint(), "trust": 4, "satisfaction": 4}])
    options = ["--served", "12000", "--offered", "9000", "--source", "Queue system", "--who", "Ana"]
    cx(house, "quarter", "volumes", "set", quarter_answers.QUARTER, "permits", "email", *options)
    for form in ("v1", "wide", "v2"):
        quarter_answers.write(house, form, tmp_path / form)
    [[head]] = quarter_answers.tables(tmp_path / "v1", "v1-header.csv").values()
    assert (head["total_volume"], head["survey_opp_volume"]) == ("12000", "9000")
    [[wide]] = quarter_answers.tables(tmp_path / "wide", "wide.csv").values()
    assert wide["volume_of_customers"] == "12000"
    assert wide["volume_of_customers_provided_survey_opportunity"] == "9000"
    fields = (tmp_path / "v2" / "FIELDS.txt").read_text(encoding="utf-8")
    assert "volume_of_customers: 12000" in fields and "Queue system (Ana)" in fields
    [volume] = json.loads(
        cx(house, "quarter", "volumes", "list", quarter_answers.QUARTER, "--json")
    )
    assert volume["at"] and volume["source"] == "Queue system"


def test_volumes_that_nobody_gave_are_empty_and_not_guessed(sqlite_house, tmp_path):
    quarter_answers.send(
        sqlite_house, [{"link": sqlite_house.mint(), "trust": 4, "satisfaction": 4}]
    )
    quarter_answers.write(sqlite_house, "v1", tmp_path / "v1")
    [[head]] = quarter_answers.tables(tmp_path / "v1", "v1-header.csv").values()
    assert (head["total_volume"], head["survey_opp_volume"], head["response_count"]) == (
        "",
        "",
        "1",
    )


@pytest.mark.parametrize(
    ("served", "offered", "source"),
    [(5, 6, "x"), (-1, -1, "x"), (5, 5, " "), (3_000_000_000, 1, "x"), (5, 5, "x" * 301)],
)
def test_volumes_that_cannot_be_are_refused(sqlite_engine, served, offered, source):
    volume = Volume(served, offered, source, "Ana", quarter_answers.AFTER)
    with pytest.raises(ServerError), db.write(sqlite_engine) as connection:
        volumes.put(connection, QUARTER, "permits", "email", volume)


def test_an_unknown_service_or_channel_is_told(sqlite_house):
    numbers = ["--served", "1", "--offered", "1", "--source", "x", "--who", "Ana"]
    words = ["quarter", "volumes", "set", quarter_answers.QUARTER]
    assert "no service" in cx(sqlite_house, *words, "nothing", "email", *numbers, fails=True)
    assert "There is no channel" in cx(
        sqlite_house, *words, "permits", "pigeon", *numbers, fails=True
    )


# ---- reflections


def test_a_reflection_is_kept_text_by_text_and_filed(house, tmp_path):
    quarter_answers.send(house, [{"link": house.mint(), "trust": 4, "satisfaction": 4}])
    words = ["quarter", "reflect", quarter_answers.QUARTER, "permits", "--who", "Ana"]
    assert "Still missing: accomplishments" in cx(house, *words, "--reflection", "Better waits.")
    assert "Both are written" in cx(house, *words, "--accomplishments", "A second counter.")
    quarter_answers.write(house, "v1", tmp_path / "v1")
    [[head]] = quarter_answers.tables(tmp_path / "v1", "v1-header.csv").values()
    assert head["submission comment"].startswith(
        "Better waits.\nRecent accomplishments: A second counter."
    )
    fields = (tmp_path / "v1" / "FIELDS.txt").read_text(encoding="utf-8")
    assert "reflection_text: Better waits." in fields


# ---- indicators


def test_the_indicators_of_real_providers_are_imported_whole(house):
    rows = list(csv.DictReader(HISPS.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 33
    assert json.loads(cx(house, "indicators", "import", str(HISPS), "--json")) == {
        "imported": 33,
        "rejected": [],
    }
    with db.read(house.engine) as connection:
        stored = {
            indicator.key: indicator
            for name in ("2018Q1", "2019Q1", "2019Q2")
            for each in indicators.read(connection, fiscal.named(name)).values()
            for indicator in each
        }
    assert len(stored) == 33
    assert sorted(indicator.value for indicator in stored.values()) == sorted(
        row["value"] for row in rows
    )
    wait = stored["2019Q1", "hhs-marketplace", "", "Wait time"]
    assert (wait.value, wait.unit, wait.number) == ("3:21", "mm:ss", 201.0)
    assert stored["2018", "va-vha", "", "Average speed of answer"].number == 56.0


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("3:21", "mm:ss", 201.0),
        ("1:03:21", "h:mm:ss", 3801.0),
        ("98.9", "percent", 98.9),
        ("98.9%", "percent", 98.9),
        ("1,233,553,458", "count", 1233553458.0),
        ("-2.5", "points", -2.5),
    ],
)
def test_a_value_is_understood(value, unit, number):
    assert indicators.number(value, unit) == number


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        *(("12,34", "count"), ("many", "count"), ("", "count"), ("nan", "count"), ("1e9", "count")),
        *(("3:75", "mm:ss"), ("3", "mm:ss"), ("٣", "count"), ("1.234,5", "count")),
    ],
)
def test_a_value_that_could_mean_two_things_is_refused(value, unit):
    with pytest.raises(IndicatorUnfit, match="value is no"):
        indicators.number(value, unit)


def test_a_file_with_a_fault_is_not_taken_in_half_and_every_row_is_told(house):
    output = cx(
        house,
        *tell(
            house,
            "service,name,unit,period,office,value\n"
            "permits,Wait time,mm:ss,2027Q1,riverside,3:21\n"
            "permits,Wait time,mm:ss,2027Q1,riverside,4:00\n"
            "permits,Calls,count,2027Q5,,12\n"
            "permits,Calls,count,2027Q1,,a lot\n"
            ",Calls,count,2027Q1,,12\n"
            "permits,Calls,count,2027Q1,River Side,12\n",
        ),
        fails=True,
    )
    for line, reason in (
        (3, "already"),
        (4, "period"),
        (5, "value"),
        (6, "is missing"),
        (7, "office"),
    ):
        message = next(each for each in output.splitlines() if f"line {line}," in each)
        assert message.startswith("levels.csv, ") and reason in message and " Fix: " in message
    assert "5 of 6 rows have errors. Nothing was imported" in output
    assert json.loads(cx(house, "indicators", "list", "2027Q1", "--json")) == []


def test_indicators_stand_in_the_files_of_their_service(sqlite_house, tmp_path):
    house = sqlite_house
    quarter_answers.send(house, [{"link": house.mint(), "trust": 4, "satisfaction": 4}])
    head = "service,name,unit,period,office,value\n"
    cx(house, *tell(house, head + "permits,Wait time,mm:ss,2027Q1,,3:21\n"))
    cx(house, *tell(house, head + "permits,Wait time,mm:ss,2027Q1,,4:10\n"))  # a newer number
    for form in ("v1", "wide", "v2"):
        quarter_answers.write(house, form, tmp_path / form)
    [[v1]] = quarter_answers.tables(tmp_path / "v1", "v1-header.csv").values()
    assert "Service levels: Wait time: 4:10 mm:ss." in v1["submission comment"]
    [[wide]] = quarter_answers.tables(tmp_path / "wide", "wide.csv").values()
    assert wide["operational_metrics"].endswith("; Wait time: 4:10 mm:ss")
    fields = (tmp_path / "v2" / "FIELDS.txt").read_text(encoding="utf-8")
    assert "service_level_indicator: Wait time: 4:10 mm:ss" in fields


def test_numbers_of_a_service_that_does_not_exist_are_told(sqlite_house):
    done = fork_server.run(["indicators", "import", str(HISPS)], environment(sqlite_house))
    assert done.returncode == 0 and "not in any file: dhs-cbp, dos-ca" in done.stderr


HEAD = "service,name,unit,period,office,value\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # An unquoted 1,234 makes one cell more: it must not be taken for a 1.
        (HEAD + "permits,Calls,count,2027Q1,,1,234\n", "line 2: it has 7 cells"),
        (HEAD + "permits,Calls,count,2027Q1\n", "line 2: it has 4 cells"),
        (HEAD + "permits,Calls,count,2027Q1,nowhere,12\n", "column 'office': is not an office of"),
        (HEAD + "permits,Ca\0lls,count,2027Q1,,12\n", "column 'name': has a line break"),
        (HEAD + 'permits,"Ca\nlls",count,2027Q1,,1\npermits,,count,2027Q1,,1\n', "line 4, column"),
        (HEAD.replace(",", "|") + "permits|Calls|count|2027Q1||12\n", "CSV with commas"),
        (HEAD + "\n,,,,,\n", "no rows"),
        ("", "is empty"),
    ],
)
def test_a_file_that_a_spreadsheet_spoiled_is_told_by_line_and_cure(sqlite_house, text, message):
    assert message in cx(sqlite_house, *tell(sqlite_house, text), fails=True)
    with db.read(sqlite_house.engine) as connection:
        assert not indicators.read(connection, QUARTER)


def test_a_file_of_a_spreadsheet_program_is_taken_as_it_is(sqlite_house):
    text = (
        "\ufeff" + HEAD + 'permits,Calls,count,2027Q1,,"1,234"\npermits,Met,%,2027Q1,,12%\n,,,,,\n'
    )
    cx(sqlite_house, *tell(sqlite_house, text.replace("\n", "\r\n")))
    listed = json.loads(cx(sqlite_house, "indicators", "list", "2027Q1", "--json"))
    assert [(row["name"], row["number"]) for row in listed] == [("Calls", 1234.0), ("Met", 12.0)]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_with_semicolons_or_tabs_is_read_as_one_with_commas(sqlite_house, separator):
    text = (HEAD + "permits,Calls,count,2027Q1,,12\n").replace(",", separator)
    cx(sqlite_house, *tell(sqlite_house, text))
    [row] = json.loads(cx(sqlite_house, "indicators", "list", "2027Q1", "--json"))
    assert (row["name"], row["number"]) == ("Calls", 12.0)


def test_many_indicators_are_replaced_by_as_many(house):
    lines = [f"permits,Calls {n},count,2027Q1,,{{}}\n" for n in range(450)]
    for value in (1, 2):
        cx(house, *tell(house, HEAD + "".join(lines).format(*[value] * len(lines))))
    with db.read(house.engine) as connection:
        stored = indicators.read(connection, QUARTER)["permits"]
    assert len(stored) == 450 and {indicator.number for indicator in stored} == {2.0}


def test_a_file_of_too_many_lines_is_refused_before_anything_is_written(sqlite_house):
    text = HEAD + "permits,Calls,count,2027Q1,,1\n" * 20_001
    assert "the limit is 20,000" in cx(sqlite_house, *tell(sqlite_house, text), fails=True)


def test_numbers_of_people_may_carry_commas_and_what_is_none_is_told(sqlite_house):
    words = [
        "quarter",
        "volumes",
        "set",
        quarter_answers.QUARTER,
        "permits",
        "email",
        "--source",
        "x",
        "--who",
        "Ana",
    ]
    output = cx(sqlite_house, *words, "--served", "12,000", "--offered", "9000")
    assert "12,000 served, 9,000 offered" in output
    for odd in ("1,2", "12k", "12.5", ""):
        output = cx(sqlite_house, *words, "--served", odd, "--offered", "1", fails=True)
        assert "not a whole number, such as 12000" in output


def test_a_reflection_without_a_text_is_refused_and_changes_nothing(sqlite_house):
    words = ["quarter", "reflect", quarter_answers.QUARTER, "permits", "--who", "Ana"]
    assert "Add --reflection" in cx(sqlite_house, *words, fails=True)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["quarter", "volumes", "list"], "cx quarter volumes set"),
        (["indicators", "list"], "cx indicators import"),
        (["quarter", "log"], "cx quarter record"),
    ],
)
def test_a_list_with_nothing_in_it_says_how_to_begin(sqlite_house, words, command):
    assert command in cx(sqlite_house, *words, quarter_answers.QUARTER)


def test_a_mistyped_folder_is_told_and_not_made(sqlite_house, tmp_path):
    words = ["quarter", "log", "--data", str(tmp_path / "typo")]
    errors = fork_server.run(words, {**environment(sqlite_house), "CX_DATABASE_URL": ""}).stderr
    assert "typo/cx.sqlite3. Check the folder" in errors
    assert not (tmp_path / "typo").exists()

"""Survey programs write the names of their columns over one, two or three lines."""

from pathlib import Path

from cxserver.imports import sheet

QUALTRICS = (
    "StartDate,Q1,Q2\n"
    '"Start Date","How satisfied\nare you?",Trust?\n'
    '"{""ImportId"":""startDate""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
    "2023-07-31 14:05:33,4,5\n"
)
SURVEYMONKEY = (
    "Respondent ID,End Date,What went well?,,Anything else?\n"
    ",,The staff,The time,Open-Ended Response\n"
    "1,07/31/2023 02:05:33 PM,The staff,,Thanks\n"
)


def read(tmp_path: Path, text: str) -> sheet.Sheet:
    return sheet.read(tmp_path / "past.csv", text.encode("utf-8-sig"))


def test_qualtrics_has_three_lines_and_the_first_counts(tmp_path: Path) -> None:
    page = read(tmp_path, QUALTRICS)
    assert page.columns == ("StartDate", "Q1", "Q2")
    [line] = page.lines()
    assert (line.number, line["Q1"]) == (5, "4")


def test_surveymonkey_has_two_lines_and_an_option_is_a_column(tmp_path: Path) -> None:
    page = read(tmp_path, SURVEYMONKEY)
    assert page.columns[2:] == (
        "What went well?: The staff",
        "What went well?: The time",
        "Anything else?",
    )
    [line] = page.lines()
    assert (line.number, line["Anything else?"]) == (3, "Thanks")


def test_semicolons_and_tabs_are_seen(tmp_path: Path) -> None:
    for mark in (";", "\t"):
        page = read(tmp_path, mark.join(("Id", "When")) + "\n" + mark.join(("1", "a, b")) + "\n")
        assert page.columns == ("Id", "When")
        assert [line["When"] for line in page.lines()] == ["a, b"]


def test_an_ordinary_file_whose_first_cell_is_empty_keeps_its_first_row(tmp_path: Path) -> None:
    page = read(tmp_path, "Id,Trust\n,5\n2,4\n")
    assert [line["Trust"] for line in page.lines()] == ["5", "4"]

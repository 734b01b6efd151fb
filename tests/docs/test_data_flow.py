"""The picture of the data flow and its tables say the same."""

import re
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).parents[2] / "docs" / "operate" / "authorize"
PAGE = (FOLDER / "data-flow.md").read_text(encoding="utf-8")
TEXT = (FOLDER / "data-flow.svg").read_text(encoding="utf-8")
PICTURE = ElementTree.fromstring(TEXT)
SVG = "{http://www.w3.org/2000/svg}"


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, cell by cell."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def words(kind: str) -> list[str]:
    """The first text of each group of a kind in the picture."""
    groups = PICTURE.findall(f"{SVG}g[@class='{kind}']")
    return [str(group.findtext(f"{SVG}text")) for group in groups]


def test_each_box_of_the_picture_is_in_the_table_and_the_other_way_round():
    assert sorted(words("box")) == sorted(row[0] for row in rows("The boxes"))
    assert len(set(words("box"))) == len(words("box")) == 15


def test_each_flow_of_the_picture_is_in_the_table_and_leads_from_box_to_box():
    table = rows("The flows")
    assert [row[0] for row in table] == sorted(words("number"), key=int)
    assert len(PICTURE.findall(f"{SVG}path[@class='flow']")) == len(table)
    assert {name for row in table for name in row[1:3]} == set(words("box"))


def test_the_picture_has_a_name_needs_nothing_else_and_can_be_read_in_the_dark():
    assert PICTURE.findtext(f"{SVG}title") and PICTURE.findtext(f"{SVG}desc")
    assert "prefers-color-scheme: dark" in TEXT and "<script" not in TEXT
    assert re.findall(r"https?://[^\"' )]+", TEXT) == ["http://www.w3.org/2000/svg"]
    assert not re.findall(r"(?:href|src|@import|url\((?!#))", TEXT)

"""Comments before OMB gets them: masked again, read by a person, never waited for."""

import csv
import io
import json
import re

from cxserver import db, tables
from cxserver.comments import omb_review
from cxserver.errors import NotFound
from cxserver.quarter import fiscal
from tests.support import fork_server, quarter_answers
from tests.support.cx_process import cx, environment

QUARTER = fiscal.named(quarter_answers.QUARTER)
WORDS = ["Fine.", "Ana waited.", "=1+1", "two\nlines"]


def comment(house, *texts):
    """One answer for each text."""
    items = [
        {"link": house.mint(), "trust": 4, "satisfaction": 4, "comment": text} for text in texts
    ]
    quarter_answers.send(house, items)


def comments(house, **how):
    with db.read(house.engine) as connection:
        return omb_review.read(connection, QUARTER, **how)


def decide(house, decision, *texts):
    rows = [entry.row for entry in comments(house) if entry.text in texts]
    with db.write(house.engine) as connection:
        return omb_review.decide(connection, rows, decision, "ana@example.gov", house.clock.now)


def filed(house, path):
    """What stands in question_4."""
    quarter_answers.write(house, "v2", path)
    [rows] = quarter_answers.tables(path, "v2.csv").values()
    return sorted(row["question_4"] for row in rows)


def test_a_comment_leaves_only_when_it_was_approved(house, tmp_path):
    comment(house, *WORDS)
    assert filed(house, tmp_path / "a") == [""] * 4
    assert decide(house, "approve", "Fine.", "two\nlines") == 2
    assert decide(house, "withhold", "Ana waited.") == 1
    assert filed(house, tmp_path / "a") == ["", "", "Fine.", "two\nlines"]
    [filing_set] = quarter_answers.manifest(tmp_path / "a")["sets"]
    assert filing_set["comments"] == {"approved": 2, "withheld": 1, "waiting": 1}
    decide(house, "withhold", "Fine.")  # a later decision takes the place of the first
    assert filed(house, tmp_path / "a") == ["", "", "", "two\nlines"]


def test_an_approved_comment_is_masked_again_on_its_way_out(house, tmp_path):
    comment(house, "Call me")
    with db.write(house.engine) as connection:  # as if it was stored before a rule was known
        connection.execute(
            tables.responses.update().values(comment="I am A12345678, at 202-456-1111, a@b.example")
        )
    decide(house, "approve", "I am A12345678, at 202-456-1111, a@b.example")
    cx(
        house,
        "quarter",
        "write",
        quarter_answers.QUARTER,
        "--format",
        "v2",
        "-o",
        str(tmp_path / "out"),
    )
    [rows] = quarter_answers.tables(tmp_path / "out", "v2.csv").values()
    masked = "I am [number], at [phone], [email]"
    assert [row["question_4"] for row in rows] == [masked]
    # No caller hands the rule over: every way to the files finds the agency's own patterns.
    assert filed(house, tmp_path / "again") == [masked]


def test_no_personal_data_reach_any_file_of_any_format(house, tmp_path):
    comment(house, "My number is 457-55-5462, mail ana@example.org", "Zora Neale was rude")
    decide(house, "approve", *(entry.text for entry in comments(house) if "number" in entry.text))
    for form in ("v1", "wide", "v2"):
        quarter_answers.write(house, form, tmp_path / "filed" / form)
    every = b"".join(
        file.read_bytes() for file in (tmp_path / "filed").rglob("*") if file.is_file()
    )
    assert b"457-55" not in every and b"ana@" not in every and b"Zora" not in every
    assert b"[ssn]" in every


def test_a_formula_that_somebody_typed_does_not_run(house, tmp_path):
    comment(house, "=1+1")
    decide(house, "approve", "=1+1")
    assert filed(house, tmp_path / "out") == ["'=1+1"]


def test_the_command_never_waits_for_reviews_and_says_how_many_it_lacks(sqlite_house, tmp_path):
    comment(sqlite_house, *WORDS)
    words = [
        "quarter",
        "write",
        quarter_answers.QUARTER,
        "--format",
        "v2",
        "-o",
        str(tmp_path / "out"),
    ]
    done = fork_server.run(words, environment(sqlite_house))
    assert done.returncode == 0
    assert re.search(r"\b4 comments are not approved yet", done.stderr)
    assert "Fine." not in done.stderr + done.stdout


def test_comments_are_listed_approved_and_withheld_by_name(sqlite_house):
    house = sqlite_house
    comment(house, *WORDS)
    listing = json.loads(cx(house, "review", "list", quarter_answers.QUARTER, "--json"))
    names = {entry["comment"]: entry["name"] for entry in listing["comments"]}
    assert listing["waiting"] == 4 and set(names) == set(WORDS)
    cx(house, "review", "approve", names["Fine."], names["=1+1"], "--who", "ana@example.gov")
    cx(house, "review", "withhold", names["Ana waited."], "--who", "ana@example.gov")
    shown = cx(house, "review", "list", quarter_answers.QUARTER)
    assert "two" in shown and "Fine." not in shown and "1 comment needs" in shown
    every = cx(house, "review", "list", quarter_answers.QUARTER, "--all")
    assert "[approve by ana@example.gov]" in every and "[withhold by" in every


def test_names_that_name_no_comment_change_nothing(house):
    comment(house, "Fine.", "")
    [there] = comments(house)
    for wrong in ("permits/2026-11-04/none", "permits/soon/x", "nonsense"):
        try:
            rows = [there.row, omb_review.named(wrong)]
            with db.write(house.engine) as connection:
                omb_review.decide(connection, rows, "approve", "ana", house.clock.now)
        except NotFound:
            assert comments(house, undecided=True) == [there]
        else:
            raise AssertionError(wrong)


def test_pages_of_comments_leave_none_out(house):
    comment(house, *(f"Comment {n}" for n in range(7)))
    entries, after = [], None
    while page := comments(house, limit=3, after=after):
        entries += page
        after = page[-1].row
    assert sorted(entry.text for entry in entries) == [f"Comment {n}" for n in range(7)]


def test_a_cell_with_lines_and_quotes_comes_back_as_it_was(house, tmp_path):
    text = 'She said: "no",\nthen; yes\ttab'
    comment(house, text)
    decide(house, "approve", text)
    quarter_answers.write(house, "v2", tmp_path / "out")
    [file] = (tmp_path / "out").glob("*.csv")
    assert [row[-1] for row in csv.reader(io.StringIO(file.read_text("utf-8"), newline=""))][
        1
    ] == text

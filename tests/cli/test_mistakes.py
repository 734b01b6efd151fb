"""What a person gets wrong on the command line: a sentence with the fix, never a traceback."""

import shutil

import pytest
from typer.testing import CliRunner

from cxserver import cli
from tests.support import fork_server
from tests.support.cx_process import environment
from tests.support.http_server import free_port


def cx(house, *words, **more):
    """What a line of `cx …` said, in one line, and its exit code."""
    done = CliRunner().invoke(cli.app, list(map(str, words)), env=environment(house) | more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.stderr
    said = done.stdout if "doctor" in words else done.stderr
    lines = (line.strip(" │╭╮╰╯─") for line in said.splitlines())
    return " ".join(line for line in lines if line), done.exit_code


DATES = {
    "2026-13-01": "'2026-13-01' is not a date: month must be in 1..12",
    "2026-02-30": "'2026-02-30' is not a date: day is out of range for month",
    "11/02/2026": "'11/02/2026' is not a date such as 2026-11-02",
    "20261102": "'20261102' is not a date such as 2026-11-02",
    "yesterday": "'yesterday' is not a date such as 2026-11-02",
}


@pytest.mark.parametrize("text", DATES)
@pytest.mark.parametrize(
    "line",
    [
        "results --from",
        "fix-first --to",
        "export --to",
        "answers quarantine --service permits --why x --from",
        "kiosk unflag permits riverside --day",
        "catalog new x.toml --expires",
    ],
)
def test_a_date_that_is_none_is_shown_with_the_form_it_should_have(sqlite_house, line, text):
    said, code = cx(sqlite_house, *line.split(), text)
    assert code == 2 and DATES[text] in said, said


def test_the_first_day_cannot_be_after_the_last(sqlite_house):
    span = ("--from", "2026-11-03", "--to", "2026-11-02")
    for words in (["results"], ["fix-first"], ["export"]):
        said, code = cx(sqlite_house, *words, *span)
        assert code == 2 and "first day (2026-11-03) is after the last day (2026-11-02)" in said


@pytest.mark.parametrize(
    "line",
    [
        "export -o {}/missing/a.csv",
        "export --format xlsx -o {}/missing/a.xlsx",
        "catalog new {}/missing/c.toml",
        "poster permits riverside -o {}/missing/p.pdf",
    ],
)
def test_a_folder_that_is_not_there_is_named_and_no_file_of_ours(sqlite_house, tmp_path, line):
    said, code = cx(sqlite_house, *line.format(tmp_path).split())
    assert code == 1 and f"{tmp_path}/missing" in said and ".part" not in said, said
    assert "folder" in said


def test_a_folder_in_the_place_of_a_file_is_refused(sqlite_house, tmp_path):
    said, code = cx(sqlite_house, "export", "-o", tmp_path)
    assert code == 1 and f"{tmp_path}: is a folder. Name a file in it" in said


@pytest.mark.parametrize("size", [0, 90, 30_000])
def test_a_database_file_that_is_cut_off_is_named_as_that(sqlite_house, tmp_path, size):
    """As a copy that was broken off leaves it."""
    folder = tmp_path / "copied"
    shutil.copytree(sqlite_house.settings.data_dir, folder)
    for journal in folder.glob("cx.sqlite3-*"):
        journal.unlink()
    with (folder / "cx.sqlite3").open("r+b") as file:
        file.truncate(size)
    fixes = ("cx migrate",) if size == 0 else ("cx restore",)
    for words in (["results"], ["doctor"]):
        said, code = cx(sqlite_house, *words, CX_DATA_DIR=str(folder), CX_DATABASE_URL="")
        assert code == 1 and any(fix in said for fix in fixes), (words, said)
    steer = environment(sqlite_house) | {"CX_DATA_DIR": str(folder), "CX_DATABASE_URL": ""}
    done = fork_server.run(["serve", "--port", str(free_port())], steer)
    assert done.returncode == 1 and any(fix in done.stderr for fix in fixes), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["bla", "mysql://a@b/c", "postgres", "file:///x"])
def test_an_address_that_is_no_database_is_refused_without_showing_it(sqlite_house, text):
    said, code = cx(sqlite_house, "results", CX_DATABASE_URL=text)
    assert code == 1 and "CX_DATABASE_URL must look like postgresql://" in said
    assert text not in said.replace("postgresql", "").split(), said

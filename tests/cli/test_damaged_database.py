"""A database that is damaged, or newer than the software, is a sentence and no traceback."""

import pytest
from sqlalchemy import text

from cxserver import db
from tests.support.cli_runner import invoke
from tests.support.cx_process import cx
from tests.support.house import House

COMMANDS = [("results",), ("migrate",), ("recount", "--check")]
# It sets up the log for a whole process, so it gets a process of its own.
SERVE = ("serve", "--port", "0")


def cut_off(house: House) -> None:
    """Leave a third of the file, as a copy on a full disk does."""
    house.engine.dispose()
    file = house.settings.data_dir / "cx.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 3])


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_file_that_is_cut_off_names_itself_and_the_cure(sqlite_house: House, words) -> None:
    cut_off(sqlite_house)
    said = " ".join(invoke(sqlite_house, *words, fails=True)[1].split())
    assert "cx.sqlite3 is damaged or cut off" in said and "cx restore" in said


def test_a_server_does_not_start_on_a_file_that_is_cut_off(sqlite_house: House) -> None:
    cut_off(sqlite_house)
    said = cx(sqlite_house, *SERVE, fails=True)
    assert "cx.sqlite3 is damaged or cut off" in said and "Traceback" not in said


def test_the_doctor_says_that_the_file_is_cut_off(sqlite_house: House) -> None:
    cut_off(sqlite_house)
    said = " ".join(invoke(sqlite_house, "doctor", fails=True)[0].split())
    assert "is damaged or cut off" in said and "→ cx restore" in said


@pytest.mark.parametrize("words", [*COMMANDS, ("doctor",)], ids=lambda words: words[0])
def test_software_older_than_its_database_says_so(house: House, words) -> None:
    with db.write(house.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    said = " ".join(" ".join(invoke(house, *words, fails=True)).split())
    assert "This software is older than its database: the tables are at version 0999" in said
    assert "Run `cx migrate`" not in said


def test_a_server_older_than_its_database_does_not_start(house: House) -> None:
    with db.write(house.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    said = cx(house, *SERVE, fails=True)
    assert "This software is older than its database" in said and "Traceback" not in said

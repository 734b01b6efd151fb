"""The folder of a quarter's files: whole or not there, whatever becomes of the command."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from cxserver import db
from cxserver.errors import ServerError
from cxserver.quarter import filing, folder
from tests.support import quarter_answers


def test_a_folder_with_other_things_is_never_replaced(sqlite_house, tmp_path):
    quarter_answers.answer_all(sqlite_house, 10)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ServerError, match="has other files in it"):
        quarter_answers.write(sqlite_house, "v1", mine)
    assert (mine / "letter.txt").read_text(encoding="utf-8") == "keep me"
    quarter_answers.write(sqlite_house, "v1", tmp_path / "out")
    quarter_answers.write(sqlite_house, "wide", tmp_path / "out")  # one of ours: replaced whole
    assert not list((tmp_path / "out").glob("*v1*"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_folder_that_could_not_be_finished_does_not_appear(sqlite_house, tmp_path):
    quarter_answers.answer_all(sqlite_house, 10)

    def fail(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filing.write(
            db.source(sqlite_house.engine),
            quarter_answers.order("v2"),
            quarter_answers.AFTER,
            tmp_path / "out",
            fail,
        )
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


def test_what_a_killed_command_left_is_cleared_away_by_the_next(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    for mine, end in ((gone.pid, "part"), (os.getpid(), "part"), (os.getppid(), "part")):
        left = tmp_path / f".out.{mine}.{end}"
        left.mkdir()
        (left / "comments.csv").write_text("words", encoding="utf-8")
    (tmp_path / ".out.letter").write_text("not ours", encoding="utf-8")
    with folder.whole(tmp_path / "out") as inside:
        (inside / folder.MARK).write_text("{}", encoding="utf-8")
    # The one that still runs keeps its draft.
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {"out", ".out.letter", f".out.{os.getppid()}.part"}


def test_a_folder_that_was_moved_aside_by_a_killed_command_comes_back(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    aside = tmp_path / f".out.{gone.pid}.old"
    aside.mkdir()
    (aside / folder.MARK).write_text("{}", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), folder.whole(tmp_path / "out"):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_two_that_write_the_same_folder_the_later_one_stays(tmp_path):
    with folder.whole(tmp_path / "out") as late:
        (late / folder.MARK).write_text("late", encoding="utf-8")
        # As another process would: it finishes between our first look and our last step.
        other = tmp_path / "out"
        other.mkdir()
        (other / folder.MARK).write_text("early", encoding="utf-8")
    assert (tmp_path / "out" / folder.MARK).read_text(encoding="utf-8") == "late"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_written_is_told_by_its_name_with_the_cure(tmp_path):
    with (
        pytest.raises(ServerError, match=r"out could not be written: No space.*Make room"),
        folder.whole(tmp_path / "out"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with (
        pytest.raises(ServerError, match=r"/nowhere/out could not be written: Not a directory"),
        folder.whole(Path(__file__) / "nowhere" / "out"),
    ):
        pass
    assert not list(tmp_path.iterdir())

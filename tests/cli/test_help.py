"""The help of `cx` is plain: every command under a heading, one whole sentence each."""

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from cxserver.cli.console import HEADINGS, app
from tests.support import cli_runner

WIDTH = 80


def groups(command=None, path=()):
    """Every command that holds others, with its words."""
    command = command or get_command(app)
    if children := getattr(command, "commands", {}):
        yield path, command
    for name, child in children.items():
        yield from groups(child, (*path, name))


def everything(command=None, path=()):
    """Every command, with its words."""
    command = command or get_command(app)
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from everything(child, (*path, name))


def helped(path):
    """What `cx … --help` prints on a narrow terminal."""
    done = CliRunner().invoke(
        app, [*path, "--help"], prog_name="cx", env={"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": ""}
    )
    assert done.exit_code == 0, done.output
    return cli_runner.without_log(done.output)


def named(paths):
    return [" ".join(path) or "cx" for path, _ in paths]


GROUPS, EVERYTHING = list(groups()), list(everything())


@pytest.mark.parametrize(("path", "command"), EVERYTHING, ids=named(EVERYTHING))
def test_no_line_of_a_help_is_cut_off(path, command):
    lines = helped(path).splitlines()
    assert not [line for line in lines if "…" in line]
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize(("path", "command"), EVERYTHING[1:], ids=named(EVERYTHING[1:]))
def test_every_command_has_one_sentence(path, command):
    sentence = command.help.partition("\n\n")[0]
    assert sentence.endswith(".") and ". " not in sentence and sentence[0].isupper()


@pytest.mark.parametrize(("path", "command"), GROUPS, ids=named(GROUPS))
def test_the_help_of_a_group_shows_each_sentence_whole(path, command):
    shown = " ".join(" ".join(line.strip("│ ") for line in helped(path).splitlines()).split())
    for child in command.commands.values():
        assert " ".join(child.help.partition("\n\n")[0].split()) in shown


def test_every_command_is_under_its_heading():
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    for heading, names in HEADINGS.items():
        for name in names:
            child = command.commands[name]
            assert isinstance(child, TyperGroup | TyperCommand), name
            assert child.rich_help_panel == heading, name
    known = [name for names in HEADINGS.values() for name in names]
    assert command.list_commands(typer.Context(command)) == known


def test_the_headings_come_in_the_order_of_the_work():
    lines = helped(()).splitlines()
    heads = [line.split()[1] for line in lines if line.startswith("╭─")]
    assert heads == ["Options", *HEADINGS]
    assert "Commands" not in heads

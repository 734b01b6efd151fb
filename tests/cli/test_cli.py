"""The command line: it helps, it tells every fault, it never prompts, it fails loudly."""

import json
import os
import platform
import stat
import subprocess
import sys
from datetime import timedelta

import pytest
from typer.main import get_command

import cxsdk
from cxsdk import Issuer, Key
from cxserver import clock, db
from cxserver.catalog import directory, placements
from cxserver.cli.console import app
from tests.support.cx_process import cx


def commands(command=None, path=()):
    command = command or get_command(app)
    children = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in children.items():
        yield from commands(child, (*path, name))


ALL = list(commands())


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_and_option_explains_itself(path, command):
    assert command.help
    for option in command.params:
        assert option.help or option.name == "help", f"{' '.join(path)} {option.name}"


def test_it_says_its_version_as_the_sdk_does(sqlite_house):
    [line] = cx(sqlite_house, "--version").splitlines()
    assert line == f"cx {cxsdk.__version__} (Python {platform.python_version()})"


def test_help_lists_the_commands(sqlite_house):
    help_text = cx(sqlite_house, "--help")
    for path, _ in ALL:
        assert path[0] in help_text


def test_a_fresh_folder_is_told_what_to_do(tmp_path):
    environment = {**os.environ, "CX_DATA_DIR": str(tmp_path / "new")}
    run = [sys.executable, "-m", "cxserver", "results"]
    done = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "To create a new one: cx migrate" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run([*run[:3], "migrate"], env=environment, check=True, capture_output=True)
    root = tmp_path / "new" / "root.key"
    assert stat.S_IMODE(root.stat().st_mode) == 0o600
    before = root.read_text()
    subprocess.run([*run[:3], "migrate"], env=environment, check=True, capture_output=True)
    assert root.read_text() == before


def test_a_key_is_printed_once_alone_and_mints_for_its_office(house):
    text = cx(house, "key", "issue", "permits", "--office", "riverside")
    key = Key.read(text)
    assert text == key.text + "\n" and key.office == "riverside"
    link = Issuer(house.settings.base_url, text, clock=house.clock).issue_link(
        "permits", "riverside"
    )
    with house.client() as client:
        assert client.get(link).status_code == 200
    listed = json.loads(cx(house, "key", "list", "--json"))
    assert {"service": "permits", "kid": key.kid, "office": "riverside"}.items() <= listed[
        -1
    ].items()
    assert key.text not in cx(house, "key", "list")


def test_a_revoked_key_opens_nothing(house):
    link = house.mint()
    kid = str(house.keys["permits"].kid)
    assert "revoked" in cx(house, "key", "revoke", "permits", kid)
    with house.client() as client:
        refused = client.get(link)
        assert refused.status_code == 410 and "revoked" in refused.text


def test_one_link_can_be_revoked(house):
    gone, valid = house.mint(), house.mint()
    kid = str(house.keys["permits"].kid)
    cx(house, "key", "revoke", "permits", kid, "--link", gone)
    with house.client() as client:
        assert [client.get(link).status_code for link in (gone, valid)] == [410, 200]


def test_cx_link_mints_a_link_that_opens(sqlite_house):

    house = sqlite_house
    house.live_today()
    link = cx(house, "link", "permits", "lakeside", "--language", "es").strip()
    with house.client() as client:
        page = client.get(link)
        assert page.status_code == 200 and "Enviar" in page.text
        assert "Lakeside &lt;b&gt;&amp; Sons&lt;/b&gt;" in page.text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("link", "permits", "nowhere"), "no office 'nowhere'"),
        (("link", "nothing", "riverside"), "no service 'nothing'"),
        (("link", "permits", "riverside", "--channel", "pigeon"), "no channel 'pigeon'"),
        (("link", "permits", "riverside", "--place", "door"), "place cannot go with"),
        (("link", "permits", "riverside", "--done-at", "noon"), "not a time such as"),
        (("key", "issue", "nothing"), "no service 'nothing'"),
        (("key", "revoke", "permits", "99"), "has no key 99"),
        (("results", "--by", "moon"), "not one of"),
        (("export", "--format", "pdf"), "not one of csv, excel, jsonl, xlsx, parquet"),
        (("export", "--format", "xlsx"), "xlsx files can't be printed"),
        (("export", "--under", "nowhere"), "no office 'nowhere'"),
        (("export", "-o", "/nowhere/at/all.csv"), "/nowhere/at"),
        (("catalog", "check", "/nowhere.toml"), ""),
        (("catalog", "apply", "/nowhere.toml"), "cannot be read"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(sqlite_house, words, sentence):
    output = cx(sqlite_house, *words, fails=True)
    assert sentence in output and "Traceback" not in output


def test_a_new_catalogue_passes_its_check_and_is_applied_once(sqlite_house, tmp_path):
    file = tmp_path / "mine.toml"
    cx(
        sqlite_house,
        *("catalog", "new", str(file), "--agency", 'Departamento "Ñandú"', "--service", "Renewal"),
        *("--office", "Main Street", "--office", "Second Street"),
        *("--omb-control-number", "1234-5678", "--expires", "2099-01-31"),
    )
    assert "No errors found" in cx(sqlite_house, "catalog", "check", str(file))
    assert "already exists" in cx(sqlite_house, "catalog", "new", str(file), fails=True)


# At each hour, today is another date in one of these than in UTC.
@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"])
def test_a_new_catalogue_may_have_an_approval_that_ends_on_the_agencys_own_day(
    sqlite_house, tmp_path, timezone
):
    today = directory.date_in(timezone, clock.now())
    new = ("catalog", "new", "--timezone", timezone, "--expires")
    cx(sqlite_house, *new, str(today), str(tmp_path / "today.toml"))
    yesterday = str(today - timedelta(days=1))
    refused = cx(sqlite_house, *new, yesterday, str(tmp_path / "past.toml"), fails=True)
    assert f"expired on {yesterday}" in refused


def test_applying_twice_changes_nothing_and_a_dry_run_changes_nothing(tmp_path):
    environment = {**os.environ, "CX_DATA_DIR": str(tmp_path)}
    file = str(tmp_path / "mine.toml")

    def run(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "cxserver", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    run("migrate")
    run("catalog", "new", file, "--agency", "Mine", "--service", "Renewal", "--office", "Main")
    assert "dry run" in run("catalog", "apply", file, "--dry-run")
    assert "add service renewal" in run("catalog", "apply", file)
    assert "Nothing to change" in run("catalog", "apply", file)


def test_a_catalogue_with_faults_tells_all_of_them_and_applies_nothing(sqlite_house, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('[agency]\nslug = "Not A Slug"\n[service.x]\nname = ""\n')
    output = cx(sqlite_house, "catalog", "apply", str(file), fails=True)
    assert output.count("bad.toml") > 3
    checked = json.loads(_check(sqlite_house, file))
    assert len(checked["faults"]) > 3


def _check(house, file) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cxserver", "catalog", "check", str(file), "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    return done.stdout


def test_results_of_nobody_say_what_to_do_next(sqlite_house):
    assert "cx link" in cx(sqlite_house, "results")
    assert json.loads(cx(sqlite_house, "results", "--json")) == {"rows": []}


def test_a_place_link_is_noted_for_the_doctor(sqlite_house):

    sqlite_house.live_today()
    cx(sqlite_house, "link", "permits", "riverside", "--channel", "kiosk", "--place", "East door")
    cx(sqlite_house, "link", "permits", "riverside")
    with db.read(sqlite_house.engine) as connection:
        (noted,) = placements.known(connection, sqlite_house.today())
    assert (noted.kind, noted.place) == ("kiosk", "East door")

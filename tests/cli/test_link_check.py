"""`cx link check`, where an agency's program runs; and `cx link SERVICE OFFICE` as before."""

import json

import pytest
from typer.testing import CliRunner

from cxserver import cli


@pytest.fixture
def check(today, open_house):
    """`check(*words)` runs `cx link check` with the address and the key of an agency."""
    environment = {
        "CX_BASE_URL": open_house.settings.base_url,
        "CX_KEY": open_house.keys["permits"].text,
        "CX_DATA_DIR": "/nonexistent",
    }

    def run(*words, **changed):
        line = ["link", "check", *words]
        return CliRunner().invoke(cli.app, line, env=environment | changed)

    return run


def test_links_that_open_are_confirmed(check):
    done = check("permits", "riverside", "lakeside")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Links for permits at riverside, lakeside open." in done.stdout


def test_a_wrong_office_ends_with_1_and_names_the_nearest(check):
    done = check("permits", "riverside", "lakesid")
    assert done.exit_code == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("fault Service 'permits' has no office 'lakesid'.")
    assert "Did you mean 'lakeside'?" in line


def test_a_program_reads_it_as_json(check):
    done = check("permits", "lakesid", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 1 and report["ok"] is False
    [finding] = report["findings"]
    assert (finding["code"], finding["nearest"]) == ("unknown_office", ["lakeside"])
    done = check("permits", "riverside", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"ok": True, "findings": []})


def test_without_a_server_or_a_key_it_says_so(check):
    done = check("permits", "riverside", CX_BASE_URL="http://127.0.0.1:1")
    assert done.exit_code == 1 and "does not answer" in done.stderr
    done = check("permits", "riverside", CX_KEY="")
    assert done.exit_code == 1 and "Set CX_KEY" in done.stderr


def test_a_service_named_check_can_still_have_links(check):
    done = CliRunner().invoke(cli.app, ["link", "--data", "/nowhere", "--", "check", "riverside"])
    assert done.exit_code == 1 and "There is no database" in done.stderr

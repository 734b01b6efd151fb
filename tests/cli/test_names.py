"""A name that the catalog does not have is an error with the nearest names, never "no answers"."""

import pytest
from typer.testing import CliRunner

from cxserver import cli
from cxserver.catalog import names
from tests.support.cx_process import environment

OFFICE = "Did you mean 'riverside'?"
SERVICE = "Did you mean 'permits'?"
LINES = {
    "results --service permit": SERVICE,
    "results --office riversid": OFFICE,
    "results --under riversid": OFFICE,
    "results --by driver --office riversid": OFFICE,
    "results --channel emial": "Did you mean 'email'?",
    "results --language sp": "Use 'en' or 'es'.",
    "results --service hearings --office lakeside": "Service 'hearings' has no office 'lakeside'",
    "fix-first --service permit": SERVICE,
    "fix-first --under riversid": OFFICE,
    "export --service permit": SERVICE,
    "export --office riversid": OFFICE,
    "export --under riversid": OFFICE,
    "review list 2026Q1 --service permit": SERVICE,
    "link permit riverside": SERVICE,
    "link permits riversid": OFFICE,
    "link permits riverside --channel emial": "There is no channel",
    "link permits riverside --language fr": "The survey of 'permits' has no language 'fr'. "
    "Use 'en' or 'es'.",
    "key issue permit": SERVICE,
    "key issue permits --office riversid": OFFICE,
    "key revoke permits 1 --office riversid": OFFICE,
    "key revoke permits 9": "Service 'permits' has no key 9.",
    "kiosk list --service permit": SERVICE,
    "kiosk list --office riversid": OFFICE,
    "kiosk pair permit riverside --place Door": SERVICE,
    "kiosk revoke permits riversid --place Door": OFFICE,
    "kiosk unflag permit riverside --day 2026-11-02": SERVICE,
    "poster permit riverside -o x.pdf": SERVICE,
    "embed tag permits riversid": OFFICE,
    "staff invite a@b.gov --role office-manager --office riversid": OFFICE,
    "staff invite a@b.gov --role service-lead --service permit": SERVICE,
    "api-key issue X --service permit": SERVICE,
    "api-key issue X --office riversid": OFFICE,
    "quarter write 2026Q1 --format v2 --service permit -o x": SERVICE,
    "quarter reflect 2026Q1 permit --who me --reflection x": SERVICE,
    "quarter volumes set 2026Q1 permit email --served 1 --offered 1 --source x --who me": SERVICE,
    "quarter volumes set 2026Q1 permits emial --served 1 --offered 1 --source x --who me": "Did "
    "you mean 'email'?",
    "answers quarantine --service permit --why x": SERVICE,
    "answers quarantine --service permits --office riversid --why x": OFFICE,
    "answers quarantine --service permits --channel emial --why x": "Did you mean 'email'?",
    "answers quarantine --service permits --flag flod --why x": "Did you mean 'flood'?",
    "answers restore --service permit": SERVICE,
    "answers restore --service permits --office riversid": OFFICE,
    "answers restore --service permits --channel emial": "Did you mean 'email'?",
    "answers restore --service permits --flag flod": "Did you mean 'flood'?",
    "pra request permit -o x": SERVICE,
    "records hold permit --why x --who me": SERVICE,
    "records hold permits --office riversid --why x --who me": OFFICE,
    "records lift abc --why x --who me": "There is no legal hold 'abc'.",
}


@pytest.mark.parametrize("line", LINES)
def test_a_name_that_is_not_there_is_told_with_the_nearest_ones(sqlite_house, tmp_path, line):
    words = [str(tmp_path / word) if word in ("x", "x.pdf") else word for word in line.split()]
    done = CliRunner().invoke(cli.app, words, env=environment(sqlite_house))
    assert done.exit_code == 2, done.output
    assert LINES[line] in done.stderr and "No answers" not in done.stdout
    assert done.stdout == "" and not list(tmp_path.glob("x*"))


def test_a_name_that_is_like_none_gets_the_list_while_it_is_short():
    few = ["calls", "hearings", "permits"]
    said = str(names.unknown("There is no service {}", "xyz", few))
    assert said == "There is no service 'xyz'. Use 'calls', 'hearings' or 'permits'."
    many = [f"office-{n}" for n in range(2_338)]
    said = str(names.unknown("There is no office {}", "xyz", many))
    assert said == (
        "There is no office 'xyz'. There are 2,338. Check the spelling in your catalog file."
    )
    assert "cx catalog apply" in str(names.unknown("There is no service {}", "xyz", []))

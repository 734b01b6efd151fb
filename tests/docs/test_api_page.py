"""Each `curl` of docs/use is typed as it stands, and gives what it should."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import httpx2

from tests.support.api_reader import add_answers, new_key, noon
from tests.support.closed_batches import release
from tests.support.cx_process import environment
from tests.support.house import CATALOGUE

USE = Path(__file__).parents[2] / "docs" / "use"
PAGE = (USE / "api.md").read_text(encoding="utf-8")
MINT = (USE / "mint-from-any-language.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^curl .*$", PAGE, re.MULTILINE)
# They write files.
FORMS = [command for command in COMMANDS if " -o " in command]


def test_every_curl_of_the_page_gives_what_it_should(sqlite_house, serve, tmp_path):
    house = sqlite_house
    house.apply(
        CATALOGUE.replace("[service.permits", "[service.permit-renewal")
        .replace("[[service.permits", "[[service.permit-renewal")
        .replace("mask =", 'publish = { omb_contact = "Letter of 2 October" }\nmask =')
    )
    house.keys["permit-renewal"] = house.cut("permit-renewal")
    seven = ("permit-renewal", "riverside", "site", 7)
    add_answers(house, (noon(8, 5), *seven, {}), (noon(10, 6), *seven, {"comment": "Fine."}))
    release(house)
    address = serve.reserve()
    house.move(address)
    serve(house.app(), at=address)
    shell = environment(house) | {
        "CX_BASE_URL": address,
        "CX_API_KEY": new_key(house, "permit-renewal", comments=True),
        "ROWS_KEY": new_key(house, rows=True),
    }
    bodies = []
    for command in [command for command in COMMANDS if command not in FORMS]:
        assert shlex.split(command)[0] == "curl"
        done = subprocess.run(command, shell=True, env=shell, capture_output=True, check=True)
        bodies.append(json.loads(done.stdout))
    months, weeks, channels, two, october = (body["rows"] for body in bodies[:5])
    assert [(row["month"], row["n"]) for row in months] == [("2026-08", 7)]
    assert [(row["week"], row["n"]) for row in weeks] == [("2026-W41", 7)]
    assert [(row["channel"], row["n"]) for row in channels] == [("site", 7)]
    assert len(two) == 2 and bodies[3]["next"]
    assert [row["day"] for row in october] == ["2026-10-06"] * 7 and bodies[4]["next"] is None
    words, quarter = bodies[5:]
    assert [row["comment"] for row in words["rows"]] == ["Fine."] * 7
    assert quarter["rows"] == [] and quarter["omb_contact"] == "Letter of 2 October"
    for _ in range(2):  # the second time nothing is new, and the file stays as it is
        for command in FORMS:
            subprocess.run(command, shell=True, env=shell, cwd=tmp_path, check=True)
        head, row = (tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()
        assert head.startswith("office,hidden,n,trust_counts_1,") and row.startswith("riverside,")
        [saved] = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["rows"]
        assert saved["n"] == 7


def test_the_curl_that_makes_a_link_makes_one_that_opens(sqlite_house, serve):
    house = sqlite_house
    address = serve.reserve()
    house.move(address)
    serve(house.app(), at=address)
    key = new_key(house, "permits", links=True)
    shell = environment(house) | {"CX_BASE_URL": address, "CX_API_KEY": key}
    [command] = re.findall(r"^curl (?:.*\\\n)*.*$", MINT, re.MULTILINE)
    done = subprocess.run(command, shell=True, env=shell, capture_output=True, check=True)
    made = json.loads(done.stdout)
    [shown] = re.findall(r"^```json\n(.*?)^```$", MINT, re.DOTALL | re.MULTILINE)
    assert set(made) == set(json.loads(shown))
    assert httpx2.get(made["url"]).status_code == 200


def test_the_fields_and_statuses_of_making_a_link_are_those_of_the_document(sqlite_house):
    with sqlite_house.client() as client:
        document = client.get("/api/v1/openapi.json").json()
    section = MINT.partition("\n## Ask the server")[2].partition("\n## ")[0]
    table = section.partition("| field |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert names == set(document["components"]["schemas"]["LinkOrder"]["properties"])
    statuses = set(re.findall(r"^\| (\d{3}) \|", section, re.MULTILINE))
    described = set(document["paths"]["/api/v1/links"]["post"]["responses"])
    assert statuses == described - {"408", "413", "415", "500"}


def test_the_parameters_and_statuses_of_the_page_are_those_of_the_document(sqlite_house):
    with sqlite_house.client() as client:
        operation = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/results"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    table = PAGE.partition("| parameter |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)} == names
    statuses = set(re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE))
    assert statuses == set(operation["responses"]) - {"200", "500"}

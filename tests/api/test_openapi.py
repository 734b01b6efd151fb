"""The API describes itself, truthfully: every address, every status, examples that are taken."""

import json
import re
from typing import Any

import pytest

from cxserver.api import models
from cxserver.api.schemas import AnswersPage, CommentsPage, Figures
from tests.support.api_reader import bearer, new_key
from tests.support.optional import present
from tests.support.routes import served
from tests.support.shared_house import shared_house


@pytest.fixture(scope="module")
def document(client):
    response = client.get("/api/v1/openapi.json")
    assert response.headers["content-type"] == "application/json"
    return response.json()


def test_every_address_of_the_api_is_described_with_its_methods(document):
    answered = {
        (route.path, method.lower())
        for route in served()
        if route.path.startswith("/api/")
        for method in present(route.methods) - {"HEAD"}
    }
    described = {
        (path, method) for path, methods in document["paths"].items() for method in methods
    }
    assert described == answered


def test_it_has_the_form_of_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert set(document) <= {"openapi", "info", "servers", "paths", "components"}
    assert document["info"]["title"] and document["info"]["version"]
    names = []
    for path, methods in document["paths"].items():
        assert path.startswith("/")
        for operation in methods.values():
            names.append(operation["operationId"])
            assert operation["responses"]
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status) and response["description"]
                for media, content in response.get("content", {}).items():
                    assert "/" in media and content["schema"]
    assert len(set(names)) == len(names) > 5


def test_every_reference_leads_somewhere(document):
    references = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))
    assert len(references) > 5
    for reference in references:
        target = document
        for step in reference.split("/"):
            target = target[step]
        assert target["type"] == "object"


def test_the_servers_address_is_the_one_people_use(request, document):
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    base_url = "https://agency.gov/feedback"
    with shared_house(request, base_url=base_url) as house, house.client() as client:
        # The client puts /feedback before it.
        description = client.get("/api/v1/openapi.json").json()
        assert description["servers"] == [{"url": base_url}]
        item = {"link": house.mint(), "trust": 4, "satisfaction": 4}
        assert client.post("/api/v1/responses", json=item).status_code == 201


def genuine(street, example):
    """The example with genuine links in the place of its invented ones, and nothing else."""
    moment = street.clock.now
    invite = street.mint()
    device = street.mint(channel="kiosk", expires_at=moment.replace(year=moment.year, day=30))
    text = json.dumps(example)
    text = re.sub(r'"[^"]*/s/permits/riverside/[^"]*"', json.dumps(invite), text)
    return json.loads(re.sub(r'"[^"]*/k/permits/riverside/[^"]*"', json.dumps(device), text))


def test_every_example_is_taken_as_it_stands(street, client, document):
    operation = document["paths"]["/api/v1/responses"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == {"invite", "batch"}
    for name, example in examples.items():
        taken = client.post("/api/v1/responses", json=genuine(street, example["value"]))
        reply = taken.json()
        if "items" in example["value"]:
            assert taken.status_code == 200, reply
            assert [result["status"] for result in reply["results"]] == [201]
        else:
            assert taken.status_code == 201, (name, reply)


def test_the_example_of_a_link_is_taken_as_it_stands(street, client, document):
    operation = document["paths"]["/api/v1/links"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    key = new_key(street, "permits", links=True)
    made = client.post("/api/v1/links", json=example, headers=bearer(key))
    assert made.status_code == 201, made.text
    assert operation["security"] == [{"key": []}]
    assert set(document["components"]["schemas"]["LinkOrder"]["properties"]) == set(example) | {
        "expires_at",
        "place",
    }


def test_the_schema_allows_what_is_taken_and_forbids_what_is_not(document):
    item = document["components"]["schemas"]["Item"]
    assert item["additionalProperties"] is False
    assert set(item["required"]) == {"link", "trust"}
    assert set(item["properties"]) == set(models.Item.model_fields)
    trust, satisfaction = (item["properties"][name] for name in ("trust", "satisfaction"))
    # 0 is a thumb down; which points a survey has is told by the survey's own check.
    assert (trust["type"], trust["minimum"], trust["maximum"]) == ("integer", 0, 5)
    assert "default" not in trust
    # A survey by thumbs alone does not ask for satisfaction.
    assert (satisfaction["type"], satisfaction["minimum"]) == (["integer", "null"], 1)
    assert item["properties"]["comment"]["maxLength"] == 2000
    batch = document["components"]["schemas"]["Batch"]["properties"]["items"]
    assert batch["maxItems"] == 100 and batch["items"]["anyOf"][0]["$ref"].endswith("/Item")


def test_every_status_that_occurs_is_described(sqlite_house, document):
    described = set(document["paths"]["/api/v1/responses"]["post"]["responses"])
    house, seen = sqlite_house, set()
    item = {"link": house.mint(), "trust": 4, "satisfaction": 4}
    withdrawn = house.mint("calls", "center")
    house.revoke("calls", house.keys["calls"].kid)
    json_ = {"content-type": "application/json"}
    requests: list[dict[str, Any]] = [
        {"json": item},
        {"json": item},
        {"json": item | {"trust": 1}},
        {"json": {}},
        {"json": item | {"link": "x"}},
        {"json": item | {"link": withdrawn}},
        {"content": b"\xff", "headers": json_},
        {"content": "x" * 70_000, "headers": json_},
        {"content": "x" * 1_100_000, "headers": json_},
        {"content": "{}", "headers": {"content-type": "text/plain"}},
    ]
    with house.client() as client:
        for sent in requests:
            seen.add(str(client.post("/api/v1/responses", **sent).status_code))
    assert seen == {"200", "201", "400", "404", "409", "410", "413", "415", "422"}
    # The rest need a slow line, a flood, a fault of ours, or a full queue: tested where those are.
    assert described == seen | {"408", "429", "500", "503"}


def test_reading_needs_a_key_and_says_so(document):
    for path in ("/api/v1/results", "/api/v1/responses", "/api/v1/comments"):
        operation = document["paths"][path]["get"]
        assert operation["security"] == [{"key": []}]
        assert set(operation["responses"]) == {
            *("200", "304", "400", "401", "403", "422", "500", "503")
        }
        for parameter in operation["parameters"]:
            assert parameter["description"] and "anyOf" not in parameter["schema"]
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "security" not in document["paths"]["/api/v1/responses"]["post"]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/api/v1/results", Figures),
        ("/api/v1/responses", AnswersPage),
        ("/api/v1/comments", CommentsPage),
    ],
)
def test_the_examples_of_reading_fit_what_is_told(document, path, model):
    content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    assert model.model_validate(content["example"])

"""Script modules find each other by hash, so that a device never runs half of one release."""

import posixpath
import re

import pytest
from starlette.testclient import TestClient

from cxserver.web import modules
from tests.support.house import House

MAIN = b'import { send } from "./queue.js";\nimport {\n  a,\n  b,\n} from "../shared.js";\n'
QUEUE = b'import "../shared.js";\nexport const send = "./shared.js";\n'
SHARED = b"export const a = 1;\nexport const b = 2;\n"


def linked(**changes: bytes) -> dict[str, modules.Linked]:
    sources = {"kiosk/main.js": MAIN, "kiosk/queue.js": QUEUE, "shared.js": SHARED}
    changed = {"shared.js": changes["shared"]} if changes else {}
    return dict(modules.link(sources | changed))


def test_every_import_is_by_the_hash_of_what_it_imports() -> None:
    result = linked()
    queue, shared = result["kiosk/queue.js"].version, result["shared.js"].version
    assert result["kiosk/main.js"].source.decode() == (
        f'import {{ send }} from "../../{queue}/kiosk/queue.js";\n'
        f'import {{\n  a,\n  b,\n}} from "../../{shared}/shared.js";\n'
    )
    assert result["kiosk/queue.js"].source.decode() == (
        f'import "../../{shared}/shared.js";\nexport const send = "./shared.js";\n'
    )


def test_all_that_a_module_loads_is_named_once_the_deepest_first() -> None:
    assert linked()["kiosk/main.js"].imports == ("shared.js", "kiosk/queue.js")


def test_a_change_at_the_bottom_changes_every_address_above_it() -> None:
    before, after = linked(), linked(shared=SHARED + b"// newer\n")
    assert all(before[name].version != after[name].version for name in before)


@pytest.mark.parametrize(
    ("sources", "path"),
    [
        ({"a.js": b'import "./b.js";', "b.js": b'import "./a.js";'}, "a.js → b.js → a.js"),
        ({"kiosk/a.js": b'export * from "./b.js";'}, "kiosk/a.js → kiosk/b.js"),
    ],
)
def test_a_circle_and_a_missing_module_are_refused(sources: dict[str, bytes], path: str) -> None:
    with pytest.raises(ValueError, match=path):
        modules.link(sources)


@pytest.mark.parametrize("where", ["kiosk", "pairing"])
def test_a_kiosk_page_names_every_module_that_a_browser_will_ask_for(
    street: House, client: TestClient, where: str
) -> None:
    page = client.get(street.mint(channel="kiosk") if where == "kiosk" else "/k").text
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    [main] = re.findall(r'<script type="module" src="([^"]+)">', page)
    assert named and len(set(named)) == len(named)
    loaded = {main}
    waiting = [main]
    while waiting:
        address = waiting.pop()
        script = client.get(address)
        assert script.status_code == 200, address
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        for relative in re.findall(r'^(?:import|\}) .*"(\.[^"]+)";$', script.text, re.MULTILINE):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(address), relative))
            if other not in loaded:
                loaded.add(other)
                waiting.append(other)
    assert loaded == {main, *named}

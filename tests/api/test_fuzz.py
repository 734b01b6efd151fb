"""What the API says of itself holds, asked everything that fits it and much that does not."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.api_reader import LATER, add_answers, add_region, new_key, noon
from tests.support.closed_batches import release

# Schemathesis knows what a schema says. That a month is over, or a cursor ours, no schema says:
# then 422 is right although the schema is kept. And what is too long is 413, not 422.
_CONFIG = """
[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "413", "415", "422"]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "410", "422"]
"""


@pytest.mark.parametrize("rows", [False, True], ids=["batches", "rows"])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_schemathesis_finds_nothing(sqlite_house, serve, tmp_path, mode, rows):
    house = sqlite_house
    add_region(house)
    add_answers(house, (noon(10, 6), "permits", "riverside", "site", 12, {}))
    release(house)
    text = new_key(house, expires=LATER.date() + timedelta(days=30), rows=rows)
    address = serve.reserve()
    house.move(address)
    serve(house.app(), at=address)
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "--config-file", config, "run"),
            *(f"{address}/api/v1/openapi.json", "--header", f"Authorization: Bearer {text}"),
            *("--mode", mode, "--max-examples", "40", "--generation-deterministic"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--no-color", "--workers", "1"),
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

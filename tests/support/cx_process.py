"""Run the real `cx` on a house's data, as a person would."""

import os

from tests.support import fork_server
from tests.support.house import House


def cx(house: House, *words: str, fails: bool = False) -> str:
    """What `cx words…` prints; with `fails`, what it says on standard error as it fails."""
    done = fork_server.run(words, environment(house))
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def environment(house: House) -> dict[str, str]:
    """What steers `cx` to the house's data."""
    return {
        **os.environ,
        "CX_DATA_DIR": str(house.settings.data_dir),
        "CX_DATABASE_URL": house.settings.database_url,
        "CX_BASE_URL": house.settings.base_url,
        "COLUMNS": "160",
    }

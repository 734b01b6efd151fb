"""Run the real `cx` on a house's data, as a person would."""

import os
import subprocess
import sys

from house import House


def cx(house: House, *words: str, fails: bool = False) -> str:
    """What `cx words…` prints; with `fails`, what it says on standard error as it fails."""
    environment = {
        **os.environ,
        "CX_DATA_DIR": str(house.settings.data_dir),
        "CX_DATABASE_URL": house.settings.database_url,
        "CX_BASE_URL": house.settings.base_url,
        "COLUMNS": "160",
    }
    done = subprocess.run(
        [sys.executable, "-m", "cxserver", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout

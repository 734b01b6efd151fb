"""A migration with a defect planted: each table is made in a transaction of its own. It is killed
after so many: `python -m tests.faults.piecemeal 30`, with the settings of `cx` in the environment.
"""

import os
import signal
import sys

from cxserver import db, tables
from cxserver.settings import Settings


def main(most: int) -> None:
    """Make the first `most` tables, then die."""
    engine = db.open_engine(Settings())
    for table in tables.metadata.sorted_tables[:most]:
        with db.write(engine) as connection:
            table.create(connection)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""An installation that can be broken: a house, its database on a disk of our choice, its server."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from cxserver import db
from cxserver.settings import Settings
from tests.faults import proof
from tests.faults.cluster import KillableCluster
from tests.faults.crowd import Crowd
from tests.faults.node import Node
from tests.support import http_server, temporary_folder
from tests.support.house import House


@dataclass
class Site:
    """The house, the server where its links lead, and its PostgreSQL server if it has one."""

    house: House
    node: Node
    cluster: KillableCluster | None
    more_nodes: list[Node] = field(default_factory=list)

    def crowd(self, people: int = 4) -> Crowd:
        """People who answer at the server, or at any of several."""
        addresses = [node.address for node in (self.node, *self.more_nodes)]
        return Crowd(self.house, addresses, proof.seed(), people)

    @property
    def postgresql(self) -> KillableCluster:
        """The PostgreSQL server of a site that has one."""
        assert self.cluster
        return self.cluster


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder with a short path: a socket's is at most 107 characters."""
    path = Path(tempfile.mkdtemp(prefix="cx-fault-", dir=temporary_folder.folder()))
    path.chmod(0o755)
    try:
        yield path
    finally:
        rmtree(path)


@contextmanager
def standing(engine: str, where: Path, preload: str = "", started: bool = True) -> Iterator[Site]:
    """A site whose data lies in `where`. With `preload` its server loads that too."""
    with ExitStack() as stack:
        cluster = None
        if engine == "postgresql":
            (where / "pg").mkdir()
            cluster = KillableCluster(where / "pg")
            stack.callback(cluster.kill)
            cluster.start()
        house = _house(where, cluster)
        stack.callback(house.close)
        node = Node(house, http_server.free_port())
        house.move(node.address)
        if preload:
            node.environment["LD_PRELOAD"] = preload
        stack.callback(node.kill)
        if started:
            node.start()
            node.wait()
        yield Site(house, node, cluster)


def _house(where: Path, cluster: KillableCluster | None) -> House:
    url = cluster.url if cluster else f"sqlite:///{where / 'cx.sqlite3'}"
    settings = Settings(data_dir=where, database_url=url, base_url="http://127.0.0.1:8000")
    engine = db.open_engine(settings)
    db.migrate(engine)
    engine.dispose()
    house = House(settings)
    house.live_today()  # the server goes by the real clock
    return house

"""What a scrape is given, on a listener of its own or behind a token."""

import os
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

# Where Prometheus's library lets several processes add up: its own variable.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def of_all(registry: CollectorRegistry | None, *more: Collector) -> CollectorRegistry:
    """What a scrape reads: the counters of this process, or of all its siblings, and `more`."""
    result = CollectorRegistry()
    if FOLDER in os.environ:
        MultiProcessCollector(result)  # type: ignore[no-untyped-call]  # theirs has no types
    elif registry is not None:
        result.register(registry)
    for collector in more:
        result.register(collector)
    return result


def text(registry: CollectorRegistry) -> bytes:
    """The text of a scrape."""
    if folder := os.environ.get(FOLDER):
        _forget_ended(Path(folder))
    return generate_latest(registry)


def listen(host: str, port: int, registry: CollectorRegistry) -> Callable[[], None]:
    """Serve scrapes at an address of their own, in a thread. Gives what ends it.

    Raises OSError when the address cannot be had.
    """
    server, thread = start_http_server(port, host, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def _forget_ended(folder: Path) -> None:
    """Leave out the gauges of processes that have ended."""
    for pid in {file.stem.rpartition("_")[2] for file in folder.glob("gauge_live*.db")}:
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]  # as above

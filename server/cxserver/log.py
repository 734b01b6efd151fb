"""One JSON line per event, on standard error. Never a token, an address or a comment.

What strangers can cause as often as they like goes through a `BoundedLog`: else a flood of bad
links would fill the disk and cost more than the answers beside it.
"""

import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Literal

import structlog

logger: structlog.stdlib.BoundLogger = structlog.get_logger("cx")

# Of one kind of event, a line at most every so many seconds.
WINDOW = 1.0
# So many reasons are told apart in a summary.
_REASONS = 20

Level = Literal["info", "warning", "error"]
Summary = Callable[[Counter[str]], None]


def configure(level: str = "info") -> None:
    """Send events of this level, and graver ones, to standard error as JSON; newlines inside
    values are escaped by it.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # What libraries say goes the same way, one line of JSON each.
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Unrepeated())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processor=structlog.processors.JSONRenderer(sort_keys=True),
            keep_exc_info=False,
        )
    )
    grave = max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()])
    logging.basicConfig(handlers=[handler], level=grave, force=True)


class BoundedLog:
    """A line a second for each kind of event: the first with all it has to say, then how many
    there were since, by reason. For many threads.
    """

    def __init__(self, window: float = WINDOW):
        self._repeats = _Repeats(window)

    def note(self, level: Level, event: str, reason: str, **fields: object) -> None:
        """Write down an event. `reason` is one of a few words, and nothing that somebody sent."""

        def summarize(reasons: Counter[str]) -> None:
            _say(level, event, n=reasons.total(), reasons=dict(sorted(reasons.items())))

        if self._repeats.is_first(event, reason, summarize):
            _say(level, event, reason=reason, **fields)


class _Repeats:
    """Counts what comes again within a window, and at its end hands over the counts."""

    def __init__(self, window: float):
        self._window = window
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def is_first(self, kind: str, reason: str, summarize: Summary) -> bool:
        """Whether nothing of this kind was said in this window; else it is counted."""
        with self._lock:
            if kind in self._counts:
                counts = self._counts[kind]
                counts[reason if reason in counts or len(counts) < _REASONS else "other"] += 1
                return False
            self._begin(kind, summarize)
            return True

    def _begin(self, kind: str, summarize: Summary) -> None:
        self._counts[kind] = Counter()
        timer = threading.Timer(self._window, self._end, (kind, summarize))
        timer.daemon = True
        timer.start()

    def _end(self, kind: str, summarize: Summary) -> None:
        with self._lock:
            counts = self._counts.pop(kind)
            if counts:
                # The summary is this window's line.
                self._begin(kind, summarize)
        if counts:
            summarize(counts)


class _Unrepeated(logging.Filter):
    """Lets what a library says again and again through once a second."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = _Repeats(WINDOW)

    def filter(self, record: logging.LogRecord) -> bool:
        def summarize(counts: Counter[str]) -> None:
            _say("warning", "library_repeats", library=record.name, n=counts.total())

        return self._repeats.is_first(f"{record.name} {record.msg}", "", summarize)


def _say(level: Level, event: str, **fields: object) -> None:
    getattr(logger, level)(event, **fields)

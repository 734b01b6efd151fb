"""One JSON line per event, on standard error. Never a token, an address or a comment."""

import logging
import sys

import structlog

logger: structlog.stdlib.BoundLogger = structlog.get_logger("cx")


def configure(level: int = logging.INFO) -> None:
    """Send events to standard error as JSON; newlines inside values are escaped by it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

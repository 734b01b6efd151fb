"""Who a page, a file or a message is for. Pure."""

from enum import Enum


class Audience(Enum):
    """What somebody may count from.

    Whoever holds the rows can count them, so hiding a number from them protects nobody.
    """

    ROWS = "rows"
    """May export rows: sees all counted answers, nothing hidden, small cells marked."""
    RELEASED = "released"
    """Everybody else: sees closed batches, and cut tables without their hidden cells."""


def audience(may_export_rows: bool) -> Audience:
    """The audience somebody belongs to, by whether they may export the rows in question."""
    return Audience.ROWS if may_export_rows else Audience.RELEASED

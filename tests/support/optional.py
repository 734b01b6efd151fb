"""What may be missing, where a test says that it is there."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value; None is a failure."""
    assert value is not None, "nothing is there"
    return value

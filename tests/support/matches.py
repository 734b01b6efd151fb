"""What a pattern finds in a text, or a failure that shows the text."""

import re


def first_match(pattern: str, text: str, flags: int = 0) -> re.Match[str]:
    """The first match anywhere in `text`."""
    match = re.search(pattern, text, flags)
    assert match is not None, f"no {pattern!r} in:\n{text}"
    return match

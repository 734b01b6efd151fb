"""The flags of an answer, and which of them make it suspect. The others are notes."""

FAST = "fast"
CLOCK = "clock"
RUSH = "burst-rush"
SAME = "burst-same"
CONTROL = "control"  # control characters were taken out of what was typed
IMPORTED = "imported"
BURSTS = frozenset({RUSH, SAME})
SUSPECT = frozenset({FAST, CLOCK}) | BURSTS


def is_suspect(flags: str) -> bool:
    """Whether these flags, joined by `;`, leave an answer out of `--without-flagged` figures."""
    return not SUSPECT.isdisjoint(flags.split(";"))

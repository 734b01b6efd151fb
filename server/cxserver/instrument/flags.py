"""The flags of an answer, and which of them make it suspect. The others are notes."""

FAST = "fast"
CLOCK = "clock"
RUSH = "burst-rush"
SAME = "burst-same"
FLOOD = "flood"  # more came than people give: stored, but excluded until somebody looked
UNFLOODED = "lifted-flood"  # somebody looked, and restored it
BACKDATED = "backdated"  # a device sent it late that had not reported so many waiting
CONTROL = "control"  # control characters were taken out of what was typed
IMPORTED = "imported"
BURSTS = frozenset({RUSH, SAME})
SUSPECT = frozenset({FAST, CLOCK, FLOOD, BACKDATED}) | BURSTS
ALL = SUSPECT | {UNFLOODED, CONTROL, IMPORTED}


def is_suspect(flags: str) -> bool:
    """Whether these flags, joined by `;`, leave an answer out of `--without-flagged` figures."""
    return not SUSPECT.isdisjoint(flags.split(";"))

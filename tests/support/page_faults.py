"""What Chromium complains of while a test looks at pages."""


class Faults(list[str]):
    """What went wrong in pages. What is cleared was meant: another of its kind may come yet."""

    def __init__(self) -> None:
        self._meant: set[str] = set()

    def allow(self, beginning: str) -> None:
        """Expect faults that begin so: Chromium logs them in its own time, or not at all."""
        self._meant.add(beginning)

    def clear(self) -> None:
        self._meant |= {_kind(fault) for fault in self}
        super().clear()

    def unmeant(self) -> list[str]:
        return [fault for fault in self if not fault.startswith(tuple(self._meant))]


def _kind(fault: str) -> str:
    return fault.rpartition(" (")[0] or fault

"""What the answers' way says of itself to whoever watches it. By default nobody does."""


class Observer:
    """Called at each step. Nothing that tells of a person is passed: no link, office or words."""

    def request(self, page: str, method: str, status: int, seconds: float) -> None:
        """A response was sent; `page` is one of a few names."""

    def answer(self, outcome: str, channel: str) -> None:
        """An answer was handed in: "stored", "same" or "different"."""

    def answer_refused(self, reason: str) -> None:
        """An answer was not taken, by the name of the error."""

    def link_refused(self, reason: str, genuine: bool) -> None:
        """A link did not open; it is `genuine` if a key of ours has signed it."""

    def committed(self, answers: int, seconds: float) -> None:
        """A transaction with so many answers was written."""

    def queue(self, waiting: int, ready: bool) -> None:
        """So many answers wait, and whether the last commit is known to have worked."""

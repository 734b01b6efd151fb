"""What the server raises, as one tree.

* ServerError              carries a sentence for the person who can fix it
  x CatalogRefused         the catalog file has faults; `faults` lists every one
  x DatabaseUnfit          the database is missing, too old, or set so that answers could be lost
  x NotFound               a service, office or key that was named does not exist
  x Conflict               somebody else changed it in the meantime: look again
  x ApiKeyRefused          a program's key is cut off, unknown, withdrawn or over
  x AlreadyServing         a second server on the same data folder
  x StoreUnavailable       the answer could not be confirmed as saved: try again (503)
    - QueueFull            too many answers are waiting
  x MailFailed             a mail could not be handed over
    - MailRefused          the mail server did not take this letter; others it may
  x ReplyRefused           what an office wants to reply is empty or too long
  x ClearanceSpent         every answer that OMB approved has been given
  x AnswerUnstorable       this one answer can never be stored; its neighbors were
  x ExclusionRefused       these answers cannot be taken out of the counts
"""

from collections.abc import Sequence


class ServerError(Exception):
    """Anything the server refuses, in a sentence."""


class CatalogRefused(ServerError):
    """The catalog file has faults. `faults` holds every one of them."""

    def __init__(self, faults: Sequence[object]):
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class DatabaseUnfit(ServerError):
    """The database is missing, behind this software, or would lose answers."""


class NotFound(ServerError):
    """Something that was named does not exist."""


class Conflict(ServerError):
    """Somebody else changed it since it was looked at."""


class ApiKeyRefused(ServerError):
    """This key reads nothing (any more), and why."""


class AlreadyServing(ServerError):
    """Another server works on this data folder."""


class StoreUnavailable(ServerError):
    """Whether the answer was saved is not known. Sending it again is safe."""


class TooManyReading(ServerError):
    """More people wait for results than the queue before them holds."""


class QueueFull(StoreUnavailable):
    """More answers are waiting than the queue may hold."""


class MailFailed(ServerError):
    """The mail server is not set up, not there, or refused the letter."""


class MailRefused(MailFailed):
    """The mail server did not take this one letter; with `lasting` it never will."""

    def __init__(self, told: str, *, lasting: bool):
        super().__init__(told)
        self.lasting = lasting


class ReplyRefused(ServerError):
    """A reply that is empty or too long."""


class ClearanceSpent(ServerError):
    """Every answer that OMB approved under this clearance has been given (A-11 §280.11)."""


class AnswerUnstorable(ServerError):
    """The database refuses this one answer as it stands."""


class ExclusionRefused(ServerError):
    """These answers cannot be taken out of the counts, and what to do instead."""

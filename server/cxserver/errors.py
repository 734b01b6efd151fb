"""What the server raises, as one tree.

A class that only one room raises is in that room; the tree names its module. Every other class
is below.

* ServerError              carries a sentence for the person who can fix it
  x CatalogRefused         the catalog file has faults; `faults` lists every one
  x CatalogUnreadable      catalog/shape: the catalog file is not TOML at all
  x DatabaseUnfit          the database is missing, too old, or set so that answers could be lost
    - DatabaseNewer        newer software made its tables
    - DatabaseDamaged      its file is damaged or cut off
    - RootKeyMissing       there is no root key file, and this database belongs to one
    - RootKeyMismatch      the root key file belongs to another database
  x BackupUnfit            a backup is cut off, changed, of other software or for another place
  x NotFound               a service, office or key that was named does not exist
  x Conflict               somebody else changed it in the meantime: look again
    - AlreadyDecided       comments/omb_review: colleagues decided about these comments first
  x LinkKeyUnknown         no link key of this server signed this question
  x ApiKeyRefused          an API key is cut off, unknown, revoked or expired
  x Rejected               api/items: an API request is not taken; `problem` is the reply
  x AlreadyServing         a second server on the same data folder
  x StoreUnavailable       the answer could not be confirmed as saved: try again (503)
    - QueueFull            too many answers are waiting
  x TooManyReading         too many requests are waiting to read results: try again (503)
  x FloodRefused           so many answers come that this one is not taken now (429)
  x MailFailed             a mail could not be handed over
    - MailRefused          the mail server did not take this letter; others it may
  x ReplyRefused           what an office wants to reply is empty or too long
  x LinkNotOpen            intake/gate: a survey link does not open; `code` says which page to show
  x StampInvalid           intake/stamp: a page's stamp is missing, forged, or of another page
  x AnswersRefused         instrument/answers: an answer does not fit its survey; see `problems`
  x ClearanceSpent         every answer that OMB approved has been given
  x QuestionRefused        no answer to this question; it says what to ask instead
  x AnswerUnstorable       this one answer can never be stored; its neighbors were
  x ExclusionRefused       these answers cannot be taken out of the counts
  x NotCut                 results/cuts: a breakdown that only who may export rows can see
  x NoteRefused            results/chart_notes: a dated note cannot be taken; `field` says where
  x RowRefused             imports/rejected: a row of an imported file cannot be taken
  x IndicatorUnfit         quarter/indicators: a row of a file of indicators cannot be taken
  x QuarterNotReady        quarter/recording: a quarter to sign off lacks something; see `report`
  x SignInRefused          staff/signin/claims: somebody may not sign in through the provider
  x ProviderUnreachable    oidc_discovery: the identity provider does not answer as it should
    - WrongIssuer          oidc_discovery: it answers under another name than CX_OIDC_ISSUER
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


class DatabaseNewer(DatabaseUnfit):
    """This software is older than the tables."""


class DatabaseDamaged(DatabaseUnfit):
    """A file that is no database any more."""


class RootKeyMissing(DatabaseUnfit):
    """There is no root key where one was looked for."""


class RootKeyMismatch(DatabaseUnfit):
    """The root key at hand is not the one this database was used with."""


class BackupUnfit(ServerError):
    """A backup that cannot be taken, read or restored, and what to do instead."""


class NotFound(ServerError):
    """Something that was named does not exist."""


class Conflict(ServerError):
    """Somebody else changed it since it was looked at."""


class LinkKeyUnknown(ServerError):
    """No link key of this server signed this question."""


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


class FloodRefused(ServerError):
    """So many answers come from there that this one is not taken. `wait` is in seconds."""

    def __init__(self, wait: int):
        super().__init__(f"too many answers: try again in {wait} s")
        self.wait = wait


class MailFailed(ServerError):
    """The mail server is not set up, not there, or refused the letter."""


class MailRefused(MailFailed):
    """The mail server did not take this one letter; with `lasting` it never will."""

    def __init__(self, message: str, *, lasting: bool):
        super().__init__(message)
        self.lasting = lasting


class ReplyRefused(ServerError):
    """A reply that is empty or too long."""


class ClearanceSpent(ServerError):
    """Every answer that OMB approved under this clearance has been given (A-11 §280.11)."""


class QuestionRefused(ServerError):
    """What was asked for cannot be shown like this; it says what to ask instead."""


class AnswerUnstorable(ServerError):
    """The database refuses this one answer as it stands."""


class ExclusionRefused(ServerError):
    """These answers cannot be taken out of the counts, and what to do instead."""

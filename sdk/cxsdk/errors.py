"""What the SDK raises, as one tree.

* CxError
  x KeyRefused             a key that cannot be used; also a ValueError
    - KeyMissing           no key was given
    - KeyMalformed         this text is not a key
    - KeyCutOff            the key lost or changed characters when it was copied
    - KeyElsewhere         the key is sound but belongs to another service or office
  x LinkRefused            a link that must not be minted; also a ValueError
    - BadName              a service or office name that is not a slug
    - UnknownChannel       a channel that does not exist
    - WrongArguments       arguments that do not go together
    - NaiveTime            a datetime without a time zone
    - OutsideWindow        too late, too early or too long (A-11 §280.10: 48 hours)
  x MessageRefused         a message that must not be sent; also a ValueError
    - NotAnInvite          not the link of one person: a place's link, or no link of ours
    - UnknownLanguage      we have no words in this language
    - NoRoom               the words and the link are longer than the message may be
  x ServerUnreachable      the survey server did not answer `Issuer.check`: try again
  x TokenRefused           a token that does not open; `code` says why
    - TokenMalformed       not the form of a token
    - TokenForged          the signature does not fit this service and office
    - TokenExpired         genuine, but its time is over; `ended` says when
    - TokenTooEarly        genuine, but its time has not begun; `opens` says when
"""

from datetime import datetime


class CxError(Exception):
    """Anything this SDK refuses, told in a sentence that says what to do."""


class KeyRefused(CxError, ValueError):
    """A key that cannot be used."""


class KeyMissing(KeyRefused):
    """No key was given."""


class KeyMalformed(KeyRefused):
    """This text is not a key."""


class KeyCutOff(KeyRefused):
    """The key lost or changed characters when it was copied."""


class KeyElsewhere(KeyRefused):
    """The key belongs to another service or office."""


class LinkRefused(CxError, ValueError):
    """A link that must not be minted."""


class BadName(LinkRefused):
    """A service or office name that is not a slug."""


class UnknownChannel(LinkRefused):
    """A channel that does not exist."""


class WrongArguments(LinkRefused):
    """Arguments that do not go together."""


class NaiveTime(LinkRefused):
    """A datetime without a time zone."""


class OutsideWindow(LinkRefused):
    """A time too far in the past or the future."""


class MessageRefused(CxError, ValueError):
    """A message that must not be sent."""


class NotAnInvite(MessageRefused):
    """Not the link of one person: a place's link, or no link of ours."""


class UnknownLanguage(MessageRefused):
    """We have no words in this language."""


class NoRoom(MessageRefused):
    """The words and the link are longer than the message may be."""


class ServerUnreachable(CxError):
    """The survey server could not be asked: no network, no answer in 10 seconds, or busy (5xx)."""


class TokenRefused(CxError):
    """A token that does not open."""

    code = "refused"


class TokenMalformed(TokenRefused):
    """Not the form of a token."""

    code = "malformed"


class TokenForged(TokenRefused):
    """The signature does not fit this service and office."""

    code = "bad_signature"


class TokenExpired(TokenRefused):
    """Genuine, but over since `ended`."""

    code = "expired"

    def __init__(self, ended: datetime):
        super().__init__(f"This link ended at {ended:%Y-%m-%d %H:%M} UTC.")
        self.ended = ended


class TokenTooEarly(TokenRefused):
    """Genuine, but not valid before `opens`."""

    code = "not_yet_valid"

    def __init__(self, opens: datetime):
        super().__init__(f"This link is not valid before {opens:%Y-%m-%d %H:%M} UTC.")
        self.opens = opens

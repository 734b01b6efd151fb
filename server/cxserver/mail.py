"""The agency's mail server: a message goes out, or says why not.

Whatever goes wrong is told by its kind and place, never in the server's own words: those may quote
the letter, and the letter a person.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from cxserver.errors import MailFailed, MailRefused
from cxserver.settings import Settings

_TIMEOUT = 20.0
_PORTS = {"smtp": 25, "smtps": 465}
# What begins with a 5 stays so; what begins with a 4 may be tried again (RFC 5321, 4.2.1).
_LASTING = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `html` is the same text for those who read it so; "" for none."""

    to: Sequence[str]
    subject: str
    text: str
    html: str = ""


def is_set_up(settings: Settings) -> bool:
    """Whether this installation can send mail."""
    return bool(settings.smtp_url.get_secret_value() and settings.mail_from)


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, for one letter or many. Raises MailFailed."""
    if not is_set_up(settings):
        raise MailFailed("No mail server. Set CX_SMTP_URL and CX_MAIL_FROM.")
    address = _address(settings.smtp_url.get_secret_value())
    try:
        with _session(address) as session:
            if address.username:
                session.login(unquote(address.username), unquote(address.password or ""))
            yield session
    except (OSError, smtplib.SMTPException) as error:
        said = f"{type(error).__name__} at {address.hostname}"
        raise MailFailed(f"The mail server failed: {said}") from error


def send(session: smtplib.SMTP, settings: Settings, letter: Letter) -> None:
    """Hand a letter over. Raises MailRefused when the server does not take this one; the session
    stays good for others. What else goes wrong ends the session.
    """
    message = _message(settings, letter)
    try:
        refused = session.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused([code for code, _ in error.recipients.values()]) from error
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise _refused([error.smtp_code]) from error
    if refused:
        # The others have it. To whoever asks, a letter is sent when all have it.
        raise _refused([code for code, _ in refused.values()])


def _refused(codes: Sequence[int]) -> MailRefused:
    listing = ", ".join(str(code) for code in sorted(set(codes)))
    lasting = all(code >= _LASTING for code in codes)
    return MailRefused(f"The mail server refused an email: {listing}", lasting=lasting)


def _address(text: str) -> SplitResult:
    address = urlsplit(text)
    try:
        known = address.scheme in _PORTS and address.hostname and address.port != 0
    except ValueError:  # a port that is no number
        known = False
    if not known:
        # Without quoting it: a password is in it.
        raise MailFailed("CX_SMTP_URL must look like smtp://name:password@host:587.")
    return address


def _session(address: SplitResult) -> smtplib.SMTP:
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    if address.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=context)
    session = smtplib.SMTP(host, port, timeout=_TIMEOUT)
    try:
        _encrypt(session, needed=bool(address.username))
    except BaseException:
        session.close()
        raise
    return session


def _encrypt(session: smtplib.SMTP, *, needed: bool) -> None:
    session.ehlo_or_helo_if_needed()
    if session.has_extn("starttls"):
        session.starttls(context=ssl.create_default_context())
    elif needed:
        raise MailFailed("The mail server offers no encryption: a password is not sent to it.")


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    # One by one: an address with a comma in it must not become two.
    message["To"] = [_recipient(item) for item in letter.to]
    # A name from the catalog is one line there; a header must never hold two.
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.mail_from)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    # Not every server takes letters of 8 bits, or lines of any length.
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def _recipient(address: str) -> Address:
    try:
        return Address(addr_spec=address)
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused("This is not an address for mail.", lasting=True) from error

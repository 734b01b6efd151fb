"""The agency's mail server: a message goes out, or says why not."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from cxserver.errors import MailFailed
from cxserver.settings import Settings

_TIMEOUT = 20.0
_PORTS = {"smtp": 25, "smtps": 465}


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
    address = urlsplit(settings.smtp_url.get_secret_value())
    try:
        with _session(address) as session:
            if address.username:
                session.login(unquote(address.username), unquote(address.password or ""))
            yield session
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # Never the error's own words: a server may quote the letter, and the letter a person.
        said = f"{type(error).__name__} at {address.hostname}"
        raise MailFailed(f"The mail server refused: {said}") from error


def send(session: smtplib.SMTP, settings: Settings, letter: Letter) -> None:
    """Hand a letter over. Raises smtplib's errors, which `connected` turns into MailFailed."""
    session.send_message(_message(settings, letter))


def _session(address: SplitResult) -> smtplib.SMTP:
    if address.scheme not in _PORTS or not address.hostname:
        raise MailFailed("CX_SMTP_URL must look like smtp://name:password@host:587.")
    port = address.port or _PORTS[address.scheme]
    if address.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(address.hostname, port, timeout=_TIMEOUT, context=context)
    session = smtplib.SMTP(address.hostname, port, timeout=_TIMEOUT)
    session.ehlo_or_helo_if_needed()
    if session.has_extn("starttls"):
        session.starttls(context=ssl.create_default_context())
    elif address.username:
        session.close()
        raise MailFailed("The mail server offers no encryption: a password is not sent to it.")
    return session


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = ", ".join(letter.to)
    # A name from the catalogue is one line there; a header must never hold two.
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message

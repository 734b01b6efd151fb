"""A real mail server for the tests: it keeps what it takes, refuses on demand, and can be down."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cxserver.settings import Settings
from tests.support import http_server

NAME, PASSWORD = "cx@mail", "p:a/s s@word"
SENDER = "feedback@example.gov"


@dataclass
class Postbox:
    """What it took, and what it will not: a recipient's address → what it answers instead, and a
    letter with the word it `dislikes`.

    While it `stalls` it has a letter half taken, and says nothing. `meanwhile` happens while it
    takes a letter. With `breaks` it is told of the letter, and breaks off instead.
    """

    port: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    bound_for: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    dislikes: str = ""
    encrypted: list[bool] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    stalls: bool = False
    begun: int = 0
    meanwhile: Callable[[], object] | None = None
    breaks: Callable[[EmailMessage], object] | None = None
    _controller: Controller | None = None

    @property
    def to(self) -> list[str]:
        """Whom the letters were for, in their order."""
        return [str(letter["To"]) for letter in self.letters]

    def settings(self, settings: Settings, **more: Any) -> Settings:
        """These settings, with mail going here."""
        mail = {"smtp_url": f"smtp://127.0.0.1:{self.port}", "mail_from": SENDER}
        return Settings(**settings.model_dump() | mail | more)

    def open(self) -> None:
        """Be up."""
        how = {"auth_required": False, "ready_timeout": http_server.PATIENCE} | self.options
        self._controller = Controller(
            self, "127.0.0.1", self.port, authenticator=self.authenticate, **how
        )
        self._controller.start()

    def close(self) -> None:
        """Be down; what it took, it keeps."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    # What aiosmtpd calls.

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, to: str, _: Any) -> str:
        if to in self.refuses:
            return self.refuses[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.begun += 1
        while self.stalls:
            await asyncio.sleep(0.02)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        if self.dislikes and self.dislikes in plain(letter):
            return f"554 We take no letter with {self.dislikes} in it"
        if self.breaks:
            self.breaks(letter)
            _transport(server).abort()
            return "451 Too late"
        if self.meanwhile:
            await asyncio.to_thread(self.meanwhile)
        self.letters.append(letter)
        self.bound_for.append(envelope.rcpt_tos)
        self.encrypted.append(_transport(server).get_extra_info("sslcontext") is not None)
        return "250 Taken"

    def authenticate(
        self, server: SMTP, session: Any, _: Any, how: str, credentials: Any
    ) -> AuthResult:
        right = (credentials.login, credentials.password) == (NAME.encode(), PASSWORD.encode())
        self.entered.append(how)
        return AuthResult(success=right, handled=False)


def _transport(server: SMTP) -> asyncio.WriteTransport:
    assert isinstance(server.transport, asyncio.WriteTransport)
    return server.transport


@contextmanager
def running(**options: Any) -> Iterator[Postbox]:
    """A postbox that listens, with aiosmtpd's options."""
    box = Postbox(http_server.free_port(), options)
    box.open()
    try:
        yield box
    finally:
        box.close()


def plain(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body else ""


def html(letter: EmailMessage) -> str:
    """The same for those who read it so."""
    body = letter.get_body(("html",))
    return str(body.get_content()) if body else ""


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """What a server of that name shows, and the file of who signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, secret = folder / f"{host}.pem", folder / f"{host}.key"
    shown.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, secret)
    return context, shown

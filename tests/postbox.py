"""A real mail server for the tests: it keeps what it takes, and refuses on demand."""

import asyncio
import ssl
from collections.abc import Iterator
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

import serving
from cxserver.settings import Settings

NAME, PASSWORD = "cx@mail", "p:a/s s@word"
SENDER = "feedback@example.gov"


@dataclass
class Postbox:
    """What it took, and what it will not: a recipient's address → what it answers instead.

    While it `stalls` it has a letter half taken, and says nothing.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    encrypted: list[bool] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    stalls: bool = False
    begun: int = 0

    @property
    def to(self) -> list[str]:
        """Whom the letters were for, in their order."""
        return [str(letter["To"]) for letter in self.letters]

    def settings(self, settings: Settings, **more: Any) -> Settings:
        """These settings, with mail going here."""
        told = {"smtp_url": f"smtp://127.0.0.1:{self.port}", "mail_from": SENDER} | more
        return Settings(**settings.model_dump() | told)

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
        self.letters.append(letter)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 Taken"

    def authenticate(self, server: SMTP, session: Any, _: Any, how: str, told: Any) -> AuthResult:
        right = (told.login, told.password) == (NAME.encode(), PASSWORD.encode())
        self.entered.append(how)
        return AuthResult(success=right, handled=False)


@contextmanager
def standing(**how: Any) -> Iterator[Postbox]:
    """A postbox that listens, with aiosmtpd's options."""
    box = Postbox(serving.free_port())
    how = {"auth_required": False, "ready_timeout": serving.PATIENCE} | how
    server = Controller(box, "127.0.0.1", box.port, authenticator=box.authenticate, **how)
    server.start()
    try:
        yield box
    finally:
        server.stop()


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

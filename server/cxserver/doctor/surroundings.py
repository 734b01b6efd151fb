"""What stands around the server: its public address, the disk, the backups, the mail server.

Each is tried as the public, an answer or a letter would meet it, within seconds.
"""

import http.client
import shutil
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cxserver import mail
from cxserver.backups import manifest
from cxserver.doctor import installation
from cxserver.doctor.finding import Finding
from cxserver.errors import MailFailed, ServerError
from cxserver.settings import Settings

_REACH, _TLS, _PROXY, _DISK, _BACKUP, _MAIL = (
    "reached",
    "certificate",
    "proxy",
    "disk",
    "backup",
    "mail server",
)
_SECONDS = 5.0
_RENEW = timedelta(days=21)
_GIB = 1024**3
# An answer takes about half a kilobyte; the rest is room for the journal and for backups.
_LITTLE, _NONE = 5 * _GIB, 1 * _GIB
_OLD = timedelta(days=2)


def public_address(settings: Settings, now: datetime) -> list[Finding]:
    """Whether people reach this server at CX_BASE_URL, and what the proxy before it passes on."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if installation.is_loopback(host):
        return []
    try:
        ends = _certificate_end(host, parts.port or 443) if parts.scheme == "https" else None
        status, headers = _get(settings.base_url + "/r")
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "verify_message", "") or str(error) or type(error).__name__
        text = f"{settings.base_url} cannot be reached from this machine: {reason}"
        return [Finding(_REACH, "problem", text, "Check DNS, the firewall and the proxy.")]
    findings = [_answered(settings, status, headers)]
    return [*findings, _certificate(ends, now)] if ends else findings


def disk(settings: Settings) -> Finding:
    """Whether there is room where the data folder and the backups are."""
    free = {folder: shutil.disk_usage(_above(folder)).free for folder in _folders(settings)}
    folder, least = min(free.items(), key=lambda item: item[1])
    text = f"{least / _GIB:,.1f} GiB free at {folder}"
    if least >= _LITTLE:
        return Finding(_DISK, "ok", text)
    cure = "Make room, or move the folder to a larger disk. Without room no answer can be stored."
    return Finding(_DISK, "problem" if least < _NONE else "warning", text, cure)


def backup(settings: Settings, now: datetime) -> Finding:
    """How old the newest backup is."""
    taken = [made for folder in settings.backups.glob("*/") if (made := _taken(folder))]
    if not taken:
        text = f"there is none in {settings.backups}"
        return Finding(_BACKUP, "warning", text, "Take one every night: cx backup")
    age = now - max(taken)
    text = f"the newest is of {max(taken):%Y-%m-%d %H:%M} UTC"
    if age > _OLD:
        return Finding(_BACKUP, "warning", text, "Take one every night: cx backup")
    return Finding(_BACKUP, "ok", text)


def mail_server(settings: Settings) -> list[Finding]:
    """Whether the mail server takes us. Nothing is sent."""
    if not mail.is_set_up(settings):
        return []
    try:
        with mail.connected(settings) as session:
            session.noop()
    except MailFailed as error:
        return [Finding(_MAIL, "problem", str(error), "Check CX_SMTP_URL and the mail server.")]
    return [Finding(_MAIL, "ok", "it takes our name and password")]


def _certificate_end(host: str, port: int) -> datetime:
    """When the certificate ends. Raises OSError (ssl.SSLError) when it is not to be trusted."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), _SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        known = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(known["notAfter"])), UTC)


def _get(address: str) -> tuple[int, http.client.HTTPMessage]:
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return response.status, response.headers
    finally:
        connection.close()


def _answered(settings: Settings, status: int, headers: http.client.HTTPMessage) -> Finding:
    if status == 400:
        cure = "Let the proxy pass the name on: proxy_set_header Host $host;"
        text = f"{settings.base_url} answers 400: it does not know the name it is asked by"
        return Finding(_PROXY, "problem", text, cure)
    if status != 200:
        text = f"{settings.base_url} answers {status}, and is not this server or not up"
        return Finding(_REACH, "problem", text, "Start `cx serve`, and look at the proxy.")
    policies = headers.get_all("content-security-policy") or []
    if len(policies) != 1:
        text = f"the pages have {len(policies)} content-security-policy headers"
        return Finding(_PROXY, "problem", text, "Let the proxy pass our headers on as they are.")
    return Finding(_REACH, "ok", f"{settings.base_url} answers")


def _certificate(ends: datetime, now: datetime) -> Finding:
    days = (ends - now).days
    text = f"it ends on {ends:%Y-%m-%d}"
    if ends - now > _RENEW:
        return Finding(_TLS, "ok", text)
    return Finding(_TLS, "problem" if days < 3 else "warning", text, "Renew it.", days)


def _folders(settings: Settings) -> list[Path]:
    return [settings.data_dir, settings.backups]


def _above(folder: Path) -> Path:
    # A folder that is not made yet will be on the disk of the one above it.
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def _taken(folder: Path) -> datetime | None:
    try:
        return manifest.read(folder).taken
    except ServerError:
        return None

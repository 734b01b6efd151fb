"""A whole installation in a folder that goes away: the catalog of `cx demo`, links, stamps."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from cxsdk import Issuer
from cxserver import clock, demo
from cxserver.catalog import rootkey
from cxserver.demo.front import OFFICE, SERVICE
from cxserver.intake import stamp
from cxserver.settings import Settings

_HEAD = (
    "host: 127.0.0.1\r\n"
    "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "accept-language: en-US,en;q=0.5\r\n"
    "accept-encoding: gzip, deflate, br, zstd\r\n"
    "connection: keep-alive\r\n"
)


@dataclass(frozen=True)
class Installation:
    """The settings, and an issuer that may mint for the demonstration's service."""

    settings: Settings
    issuer: Issuer

    def invites(self, count: int) -> list[str]:
        """Distinct links, each for one answer."""
        return [self.issuer.issue_link(SERVICE, OFFICE) for _ in range(count)]

    def site(self) -> str:
        """One link for many answers."""
        return self.issuer.issue_link(SERVICE, OFFICE, channel="site")

    def posts(self, count: int) -> list[bytes]:
        """The forms of so many people who each opened a link of their own half a minute ago."""
        secret = rootkey.read(self.settings.root_key_path).stamp_secret(SERVICE, 1)
        opened = clock.now() - timedelta(seconds=30)
        return [_post(urlsplit(link).path, secret, opened) for link in self.invites(count)]


def getting(path: str) -> bytes:
    """A browser's GET, as bytes."""
    return f"GET {path} HTTP/1.1\r\n{_HEAD}\r\n".encode()


def posting(path: str, form: str) -> bytes:
    """A browser's POST of a form, as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\n{_HEAD}"
        "content-type: application/x-www-form-urlencoded\r\n"
        f"content-length: {len(form)}\r\n\r\n{form}"
    ).encode()


def _post(path: str, secret: bytes, opened: datetime) -> bytes:
    form = [
        ("stamp", stamp.sign(secret, path.rpartition("/")[2], 1, opened)),
        ("satisfaction", "5"),
        ("trust", "4"),
        ("drivers", "ease"),
        ("drivers", "humanity"),
        ("comment", ""),
    ]
    return posting(path, urlencode(form))


@contextmanager
def fresh(answers: int = 0) -> Iterator[Installation]:
    """An installation with so many invented answers."""
    with tempfile.TemporaryDirectory(prefix="cx-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url="",
            root_key_file=None,
            base_url="http://127.0.0.1",
        )
        stage = demo.prepare(settings, answers)
        yield Installation(settings, Issuer(settings.base_url, stage.key))

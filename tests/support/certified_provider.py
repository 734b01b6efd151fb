"""A certified OpenID Connect provider for the tests: oidc-provider from npm, run by Node.

It keeps its own time, so a house that signs in there has to live today.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from tests.support import http_server, programs
from tests.support.matches import first_match

FOLDER = Path(__file__).parent / "oidc_provider"
_STEPS = 10


@contextmanager
def running(
    client: dict[str, Any], person: dict[str, Any], home: str
) -> Iterator["CertifiedProvider"]:
    """The provider, knowing one `client` (as its metadata are registered) that is at `home`."""
    assert (FOLDER / "node_modules").is_dir(), "Run scripts/test-programs first."
    port = http_server.free_port()
    registered = {
        "redirect_uris": [f"{home}/staff/sign-in/back"],
        "post_logout_redirect_uris": [f"{home}/staff/sign-in"],
        **client,
    }
    options = json.dumps({"port": port, "clients": [registered], "person": person})
    line = [programs.node() or "node", str(FOLDER / "server.mjs"), options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            with httpx2.Client(follow_redirects=False) as browser:
                yield CertifiedProvider(f"http://localhost:{port}", home, browser)
        finally:
            process.terminate()


class CertifiedProvider:
    """One provider at `issuer`, and the pages of it that a person's browser goes through."""

    def __init__(self, issuer: str, home: str, browser: httpx2.Client):
        self.issuer, self._home, self._browser = issuer, home, browser

    def sign_in(self, address: str) -> str:
        """Follow it from its sign-in page until it leads back home; gives that address."""
        return self._lead_home(self._browser.get(address))

    def sign_out(self, address: str) -> str:
        """Say yes on its sign-out page; gives the address at home that it leads back to."""
        page = self._browser.get(address)
        assert page.status_code == 200, page.text
        secret = first_match('name="xsrf" value="([^"]+)"', page.text)[1]
        place = first_match('action="([^"]+)"', page.text)[1]
        return self._lead_home(self._browser.post(place, data={"xsrf": secret, "logout": "yes"}))

    def _lead_home(self, response: httpx2.Response) -> str:
        for _ in range(_STEPS):
            assert response.is_redirect, response.text
            onward = urljoin(str(response.url), response.headers["location"])
            if onward.startswith(self._home):
                return onward
            response = self._browser.get(onward)
        raise AssertionError(f"it does not lead back, but to {response.url}")

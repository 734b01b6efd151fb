"""Which modules call other machines, and whom: no address comes from what somebody sent."""

import ast
from collections.abc import Iterator
from pathlib import Path

import cxsdk
import cxserver

CLIENTS = {
    *("http.client", "urllib.request", "httpx", "httpx2", "requests", "aiohttp", "smtplib"),
    *("ftplib", "imaplib", "authlib.integrations.httpx_client"),
}
DIALS = {"create_connection", "open_connection"}
# Each with where its addresses come from.
CALLERS = {
    "cxsdk/checking.py": "CX_BASE_URL of the agency's own system",
    "cxserver/cli/hostpage.py": "an agency's page that the operator types after `cx embed check`",
    "cxserver/doctor/sign_in.py": "CX_OIDC_ISSUER",
    "cxserver/doctor/surroundings.py": "CX_BASE_URL",
    "cxserver/jobs/digests.py": "the session of mail.py that it is handed",
    "cxserver/jobs/reminders.py": "the session of mail.py that it is handed",
    "cxserver/mail.py": "CX_SMTP_URL",
    "cxserver/oidc_discovery.py": "CX_OIDC_ISSUER, and what its document names",
    "cxserver/staff/signin/provider.py": "CX_OIDC_ISSUER, and what its document names",
}


def test_only_these_modules_call_other_machines() -> None:
    packages = [Path(str(package.__file__)).parent for package in (cxsdk, cxserver)]
    sources = [(root, path) for root in packages for path in root.rglob("*.py")]
    calling = {
        path.relative_to(root.parent).as_posix()
        for root, path in sources
        if set(_names(path)) & (CLIENTS | DIALS)
    }
    assert calling == CALLERS.keys()


def test_a_module_that_calls_is_seen(tmp_path: Path) -> None:
    for line in ("import httpx2", "from http import client", "socket.create_connection(())"):
        file = tmp_path / "module.py"
        file.write_text(f"def f():\n    {line}\n")
        assert set(_names(file)) & (CLIENTS | DIALS), line


def _names(path: Path) -> Iterator[str]:
    """What a module imports, and the attributes that it uses."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr

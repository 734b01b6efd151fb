"""The public address of a survey server: one rule for the SDK, the commands and the server.

The address goes before every link, as it is. What slipped into a setting, such as a line's end or a
comment behind it, would lead everybody nowhere, and `urlsplit` drops some of it without a word.
"""

import re

from cxsdk.errors import WrongArguments

EXAMPLE = "https://cx.agency.gov"

# The parts of a link's address.
LINK = re.compile(
    r"(?P<base>https?://[^/?#]+(?:/[^?#]*)?)/(?P<room>[sk])/(?P<service>[^/?#]+)"
    r"/(?P<office>[^/?#]+)/(?P<token>[^/?#]+)(?:\?(?P<query>[^#]*))?"
)

_SCHEME = re.compile(r"https?://", re.ASCII | re.IGNORECASE)
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?\Z",
    re.ASCII | re.IGNORECASE,
)
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]*)*\Z", re.ASCII)


def check_address(name: str, typed: str, example: str = EXAMPLE) -> str:
    """The address in `typed`, without white space around it and without slashes at its end.

    `name` is what the person set, such as CX_BASE_URL. Raises WrongArguments, which shows what was
    typed and says what is wrong with it.
    """
    address = typed.strip() if isinstance(typed, str) else ""
    fault = _fault(address)
    if fault:
        raise WrongArguments(f"{name} must look like {example}, not {typed!r}: {fault}.")
    scheme, _, rest = address.partition("://")
    return f"{scheme.lower()}://{rest}".rstrip("/")


def _fault(address: str) -> str:
    """What is wrong with an address; "" for nothing."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return "there is a space or a character in it that no address has"
    if not _SCHEME.match(address):
        return "it does not begin with https:// or http://"
    for mark, what in (("?", "a query"), ("#", "a fragment")):
        if mark in address:
            return f"there is {what} ({mark}) in it"
    host, slash, path = address.partition("://")[2].partition("/")
    if "@" in host:
        return "there is a name or password (@) in it"
    match = _HOST.match(host)
    if not match or int(match["port"] or 1) not in range(1, 65536):
        return "its host is not one"
    return "" if _PATH.match(slash + path) else "there is a character in it that no address has"

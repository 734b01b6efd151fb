"""How many connections may be open at once, so that files are left for the work itself.

Each takes one of the process's file descriptors. A server without any left can open neither its
database nor a page, so a crowd, or one client that opens thousands, must never take the last.
"""

import ipaddress
import resource
from collections import Counter
from collections.abc import Iterable

from cxserver.settings import Settings
from cxserver.web.client_network import network

# From one network, unless it is a proxy that we trust: a browser opens six.
OF_NETWORK = 200
# Nobody needs more in one process, however many files it may have.
_MOST = 10_000
# For the database, the log, pages, fonts, mail; where there are fewer, half of what there is.
_RESERVE = 128
# So many refused are told why at once; the next are cut off without a word.
_REFUSED = 8


class ConnectionLimit:
    """Counts the connections of one process: `most` in all, and `of_network` from one network."""

    def __init__(self, most: int, of_network: int, proxies: Iterable[str] = ()):
        self._most, self._of_network = most, of_network
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._open: Counter[str] = Counter()
        self._total = self._refused = 0

    def admit(self, address: str) -> bool:
        """Whether one more connection from `address` may stay open; then `release` it once."""
        name = self._name(address)
        if self._total >= self._most or (name and self._open[name] >= self._of_network):
            return False
        self._total += 1
        if name:
            self._open[name] += 1
        return True

    def release(self, address: str) -> None:
        """A connection that was admitted has ended."""
        name = self._name(address)
        self._total -= 1
        if name:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]  # no list of addresses grows

    def may_tell(self) -> bool:
        """Whether somebody refused may be told why; then call `has_told` once."""
        if self._refused >= _REFUSED:
            return False
        self._refused += 1
        return True

    def has_told(self) -> None:
        """Somebody who was refused is gone."""
        self._refused -= 1

    def _name(self, address: str) -> str:
        # Behind a proxy stands everybody; this machine's own programs are never too many.
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return ""
        if parsed.is_loopback or any(parsed in proxy for proxy in self._proxies):
            return ""
        return network(address)


def of(settings: Settings) -> ConnectionLimit:
    """The limit of one process with these settings, and with the files it may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        files = _MOST + _RESERVE
    most = settings.max_connections or min(_MOST, files - min(_RESERVE, files // 2))
    return ConnectionLimit(most, min(OF_NETWORK, max(1, most // 2)), settings.trusted_proxies)

"""Which network a request comes from: for ceilings in memory, and nothing else.

uvicorn's own middleware has put the client there by then, where a proxy that we trust named it.
"""

import ipaddress

from starlette.requests import HTTPConnection

_UNKNOWN = "unknown"
# An address is no longer than this; what a proxy passes on may be anything.
_LONGEST = 64


def network_of(request: HTTPConnection) -> str:
    """The IPv4 address, or the /64 of an IPv6 address: whoever has one has all those beside it."""
    return network(request.client.host if request.client else "")


def network(address: str) -> str:
    """The network of one address; what is no address stands for itself."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address[:_LONGEST] or _UNKNOWN
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))

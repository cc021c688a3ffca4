"""Which names this server answers to, and whether a request comes from one of its own pages.

A web page of somebody else's can point a name of its own at 127.0.0.1 and then read whatever
answers there (DNS rebinding); only a server that looks at the name it was called by can tell. A
request by bare address cannot be such a page's.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# Of a request that a page of another site makes a browser send, these alone may come in: somebody
# follows a link to Graft. Pictures, scripts, frames and data are for Graft's own pages.
FOREIGN = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True)
class Hosts:
    """The names in a Host header that are this server's; `any_address` adds every bare address."""

    names: frozenset[str]
    any_address: bool = False

    @classmethod
    def of(cls, address: str, extra: Iterable[str] = ()) -> Hosts:
        """The hosts of a server bound to `address`; `extra` are names that its operator gave it.

        Bound to loopback, it answers to loopback alone; else also to the computer's own names.
        """
        given = frozenset(name.strip().strip("[]").lower() for name in extra if name.strip())
        if is_loopback(address):
            return cls(LOOPBACK_NAMES | given)
        own = socket.gethostname().lower()
        names = LOOPBACK_NAMES | given | {own, f"{own.partition('.')[0]}.local"}
        return cls(names, any_address=True)

    def allows(self, host: str) -> bool:
        """Whether a Host header, with or without a port, names this server."""
        name = host_name(host)
        return name is not None and (name in self.names or (self.any_address and is_address(name)))

    def refuses(self, headers: Mapping[str, str]) -> str | None:
        """Why a request with these headers (by lower-case name) may not come in; None if it may."""
        host = headers.get("host", "")
        if not self.allows(host):
            return f"Graft does not answer to the name “{host[:100]}”."
        origin = headers.get("origin")
        if origin is not None and not same_host(origin, host):
            return "A page of another site asked for this."
        if headers.get("sec-fetch-site") in FOREIGN and not _follows_link(headers):
            return "A page of another site asked for this."
        return None


def _follows_link(headers: Mapping[str, str]) -> bool:
    navigates = headers.get("sec-fetch-mode") == "navigate"
    return navigates and headers.get("sec-fetch-dest", "document") == "document"


def same_host(origin: str, host: str) -> bool:
    """Whether an Origin header names the host and port of a Host header.

    The scheme may differ: whoever speaks HTTPS for Graft hands the request on without it.
    """
    try:
        parts = urlsplit(origin)
        return parts.scheme in {"http", "https"} and _with_port(parts.netloc) == _with_port(host)
    except ValueError:
        return False


def _with_port(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")


def host_name(host: str) -> str | None:
    """The name in a Host header, in lower case and without port and brackets; None if broken."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname.rstrip(".") if parts.hostname else None


def is_address(name: str) -> bool:
    """Whether a host name is a bare IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach an address that a server is bound to."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False

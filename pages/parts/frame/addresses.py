"""Where the app can be opened, said when it has started.

Streamlit would say so too, but on an open address it first asks a server of Amazon for the
computer's outside address; `.streamlit/config.toml` therefore tells it to be silent.
"""

from __future__ import annotations

import streamlit as st
from streamlit.net_util import get_internal_ip

OPEN = frozenset({"", "0.0.0.0", "::"})  # every address that the computer has


def greeting() -> str:
    """The sentence for the terminal, with an address a line."""
    return "\n".join(
        ["", "  Graft is open in your browser at", *map("  {}".format, addresses()), ""]
    )


def addresses() -> list[str]:
    """The addresses that lead to this server. Nothing is asked of the network."""
    bound = str(st.get_option("server.address") or "")
    hosts = ["localhost", get_internal_ip()] if bound in OPEN else [bound]
    return [_address(host) for host in dict.fromkeys(host for host in hosts if host)]


def _address(host: str) -> str:
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    name = f"[{host}]" if ":" in host else host
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{scheme}://{name}:{st.get_option('server.port')}/{path}"

"""Whether Graft may start as it is configured: its address, and the pass-phrase of a shared one."""

from __future__ import annotations

import os

import streamlit as st

from tlcore.serving.door.hosts import is_loopback

PASSPHRASE = "GRAFT_PASSPHRASE"


def bound_to_loopback() -> bool:
    """Whether only this computer can reach the server; an address left open counts as shared."""
    return is_loopback(str(st.get_option("server.address") or ""))


def refusal_to_start() -> str | None:
    """Why the app must not start as it is configured, or None when it may."""
    if bound_to_loopback() or os.environ.get(PASSPHRASE):
        return None
    return (
        "Graft does not start: others on the network could open it, and no pass-phrase is set.\n"
        f"Set the environment variable {PASSPHRASE} to a pass-phrase of your choice, "
        "or start without --server.address to keep Graft on this computer."
    )

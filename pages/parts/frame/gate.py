"""Who may come in: the address the server is bound to, and the pass-phrase of a shared one."""

from __future__ import annotations

import hmac
import ipaddress
import os
import time

import streamlit as st

PASSPHRASE = "GRAFT_PASSPHRASE"


def bound_to_loopback() -> bool:
    """Whether only this computer can reach the server; an address left open counts as shared."""
    address = st.get_option("server.address")
    if not address:
        return False
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def refusal_to_start() -> str | None:
    """Why the app must not start as it is configured, or None when it may."""
    if bound_to_loopback() or os.environ.get(PASSPHRASE):
        return None
    return (
        "Graft does not start: others on the network could open it, and no pass-phrase is set.\n"
        f"Set the environment variable {PASSPHRASE} to a pass-phrase of your choice, "
        "or start without --server.address to keep Graft on this computer."
    )


def is_open() -> bool:
    """Whether this visit may see the pages; without a pass-phrase every visit may."""
    return not os.environ.get(PASSPHRASE) or bool(st.session_state.get("gate_open"))


def ask() -> None:
    """Ask for the pass-phrase; compared in constant time, slowed after a wrong one."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.form("gate"):
        st.header("Graft", anchor=False)
        st.write("This Graft is shared on a network. Type its pass-phrase to come in.")
        typed = st.text_input("Pass-phrase", type="password")
        if not st.form_submit_button("Come in", type="primary"):
            return
        wanted = os.environ.get(PASSPHRASE, "")
        if hmac.compare_digest(typed.encode(), wanted.encode()):
            st.session_state["gate_open"] = True
            st.rerun()
        time.sleep(1.0)
        st.error("That is not the pass-phrase. Ask the person who started this Graft.")

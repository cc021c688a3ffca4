"""The door of this server: what Streamlit's settings and the environment say of who may come in."""

from __future__ import annotations

import os
from functools import cache

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from pages.parts.frame.binding import PASSPHRASE, bound_to_loopback
from tlcore.serving.door.door import Door
from tlcore.serving.door.gate import Gate
from tlcore.serving.door.hosts import Hosts
from tlcore.serving.door.sizes import MEGABYTE, UploadLimits
from tlcore.workspace.paths import find_home

ALLOWED_HOSTS = "GRAFT_ALLOWED_HOSTS"


def door() -> Middleware:
    """The middleware that stands before every route; also tells Streamlit's uploaders its limit."""
    limits = UploadLimits.of(shared=not bound_to_loopback())
    allowed = min(int(st.get_option("server.maxUploadSize")), limits.file // MEGABYTE)
    # st.set_option refuses whatever is not the client's
    config.set_option("server.maxUploadSize", allowed)
    names = os.environ.get(ALLOWED_HOSTS, "").split(",")
    hosts = Hosts.of(str(st.get_option("server.address") or ""), names)
    return Middleware(Door, hosts=hosts, limits=limits, gate=gate, held=bytes_held)


@cache
def gate() -> Gate | None:
    """The gate of a Graft with a pass-phrase."""
    passphrase = os.environ.get(PASSPHRASE)
    return Gate(passphrase, find_home()) if passphrase else None


def bytes_held(session: str) -> int:
    """The bytes of all files that a session has uploaded and not yet let go of."""
    files = st.runtime.get_instance().uploaded_file_mgr
    # Streamlit tells the sum over all sessions alone; `get` makes no entry where there is none.
    held = getattr(files, "file_storage", {}).get(session, {})
    return sum(len(file.data) for file in list(held.values()))

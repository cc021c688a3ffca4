"""The share link: closed until somebody opens it, then a code for phones in the same network."""

from __future__ import annotations

import io

import segno
import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from tlcore.errors import NotFound
from tlcore.serving.second_port.link import LinkServer


@st.cache_resource(show_spinner=False)
def link_server() -> LinkServer:
    """The one second port of this server for share links; closed until somebody opens it."""
    return LinkServer(lambda: services().engine, there=_exists)


def _exists(run_id: str) -> bool:
    """Whether neither the run nor its project was deleted."""
    workspace = services().workspace
    try:
        run = workspace.runs.get(run_id)
        workspace.projects.get(run.project_id)
    except NotFound:
        return False
    return run.deleted is None


def draw_link(chosen: ChosenRun) -> None:
    """Open and close the link, and show its code."""
    st.write(
        "Let others in the same network try this classifier on their phones. They see one page "
        "that takes a picture and answers, and nothing else of Graft."
    )
    server = link_server()
    address, link = server.address, server.link
    if address is None or link is None:
        if st.button("Open the link", type="primary", icon=":material/qr_code_2:", key="link_open"):
            with shown_errors():
                server.open(chosen.run.id, chosen.folder)
                st.rerun()
        st.caption("Off now. Whoever gets the address can ask this classifier until you close it.")
        return
    if link.run_id != chosen.run.id:
        st.info("The open link belongs to another classifier. Close it to open one for this one.")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.image(_code(address), alt="The code for phones", width=220)
        with st.container():
            st.markdown("**Open.** Scan this with a phone’s camera, or type the address:")
            st.code(address, language=None, wrap_lines=True)
            st.caption(
                "If the phone finds nothing: both must be in the same Wi-Fi, and this computer’s "
                "firewall must let Python take connections."
            )
            st.button("Close the link", icon=":material/close:", on_click=server.close,
                      key="link_close")  # fmt: skip


def _code(address: str) -> bytes:
    """The QR code as PNG bytes, black on white so that every phone reads it."""
    buffer = io.BytesIO()
    segno.make(address, error="m").save(buffer, kind="png", scale=6, border=3)
    return buffer.getvalue()

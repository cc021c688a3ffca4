"""A phone as a camera: the code to scan, and the tray in which its pictures wait."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Any

import segno
import streamlit as st

from pages.parts.frame import binding
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.images.intake.picture_import import import_pictures
from pages.parts.pictures.gallery import HINT, Tile, draw_tiles
from pages.parts.pictures.thumbnails import as_data_address
from tlcore.images.intake.tray import Tray, Waiting, as_sources
from tlcore.serving.second_port.phone import MINUTES, PhoneServer
from tlcore.workspace.records import Project, Question

EVERY = 3  # seconds between two looks into the tray
SHOWN = 96
TAKE, DROP = "take", "drop"
REQUEST = "tray_request"


@st.cache_resource(show_spinner=False)
def phone_server() -> PhoneServer:
    """The web page for phones, on a second port that is closed until a visitor opens it."""
    return PhoneServer()


def tray_of(project: Project) -> Tray:
    """The pictures that wait for this project."""
    return Tray(services().workspace.home, project.id)


def draw_phone_capture(project: Project, question: Question, label: str | None) -> None:
    """Open and close the page for phones, and show the pictures that came through it.

    Args:
        label: what the pictures show; None while none is chosen.
    """
    st.caption(
        "Scan a code with a phone in the same network and take pictures there. This opens a second "
        f"page to your network for {MINUTES} minutes, which can only take pictures for this one "
        "label. They wait here until you accept them."
    )
    server = phone_server()
    if not _open_for(project):
        if server.address is not None:
            st.caption(
                ":material/info: A page for phones is open for another project. Opening one here "
                "closes that one."
            )
        if st.button(
            "Open for phones",
            icon=":material/qr_code_2:",
            type="primary",
            disabled=label is None,
            key="phone_open",
        ):
            with shown_errors():
                server.open(tray_of(project), str(label))
                st.rerun()
    else:
        _draw_code(server)
    _draw_tray(project, question)


def _open_for(project: Project) -> bool:
    """Whether the page for phones is open and fills the tray of this project."""
    code = phone_server().code
    return code is not None and code.open and code.tray.project_id == project.id


def _draw_code(server: PhoneServer) -> None:
    code, address = server.code, server.address
    if code is None or address is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.image(_qr_code(address), alt="The code for phones", width=220)
        with st.container():
            left = max(1, round((code.ends - time.time()) / 60))
            st.markdown(f"Open for **{markdown_text(code.label)}**, {count(left, 'minute')} more.")
            st.write("Scan this with the phone’s camera, or type the address:")
            st.code(address, language=None, wrap_lines=True)
            if binding.bound_to_loopback():
                st.caption(
                    "If the phone finds nothing: both must be in the same Wi-Fi, and this "
                    "computer’s firewall must let Python take connections."
                )
            st.button("Close", icon=":material/close:", on_click=server.close, key="phone_close")


def _qr_code(address: str) -> bytes:
    """The QR code as PNG bytes, black on white so that every phone reads it."""
    buffer = io.BytesIO()
    segno.make(address, error="m").save(buffer, kind="png", scale=6, border=3)
    return buffer.getvalue()


@st.fragment(run_every=EVERY)
def _draw_tray(project: Project, question: Question) -> None:
    waiting = tray_of(project).list()
    request = st.session_state.pop(REQUEST, None)
    if request is not None and _carry_out(project, question, request, waiting):
        st.rerun()
    if not waiting:
        if _open_for(project):
            st.caption("Nothing waits yet. What a phone sends appears here.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(len(waiting), 'picture')}** waiting", width="stretch")
        everything = {"kind": TAKE, "ids": [picture.id for picture in waiting]}
        if st.button("Take all", type="primary", icon=":material/check:", key="tray_all"):
            st.session_state[REQUEST] = everything
            st.rerun()
    draw_tiles(
        [_tile(picture) for picture in waiting[:SHOWN]],
        words="Pictures that wait",
        hint=HINT,
        buttons=[
            {"kind": TAKE, "words": "Take these"},
            {"kind": DROP, "words": "Throw away", "danger": True},
        ],
        on_sent=_keep,
        key=f"tray_{project.id}",
    )


def _keep(sent: object) -> None:
    if isinstance(sent, dict) and isinstance(sent.get("ids"), list):
        st.session_state[REQUEST] = sent


def _carry_out(
    project: Project, question: Question, request: dict[str, Any], waiting: Sequence[Waiting]
) -> bool:
    """Take or drop pictures as the visitor wants; False where that failed.

    An error is shown in place.
    """
    chosen = [picture for picture in waiting if picture.id in request["ids"]]
    take = request.get("kind") == TAKE and bool(chosen)
    if take and not import_pictures(project, question, as_sources(chosen)):
        return False
    if take or request.get("kind") == DROP:
        tray_of(project).drop(chosen)
    return True


def _tile(picture: Waiting) -> Tile:
    try:
        source = as_data_address(picture.thumbnail.read_bytes())
    except OSError:
        source = ""
    return {
        "id": picture.id,
        "source": source,
        "small": False,
        "label": picture.label,
        "split": "unlabelled",
        "title": f"{picture.label} · {picture.name}",
        "flag": "",
    }

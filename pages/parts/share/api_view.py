"""The HTTP API of a classifier: its tokens, and how to call it."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pages.parts.frame import binding
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.run.choice import ChosenRun
from tlcore.workspace.tokens import Token

PLACE = "YOUR_TOKEN"
FRESH = "fresh_token"


def draw_api(chosen: ChosenRun) -> None:
    """The tokens, then the call in two languages."""
    st.write(
        "Other programs can ask this classifier over HTTP while Graft runs. Each needs a token; "
        "take a token back and it opens nothing any more."
    )
    _draw_tokens(chosen)
    _draw_calls(chosen)


def _draw_tokens(chosen: ChosenRun) -> None:
    tokens = services().workspace.tokens
    form = st.form("make_token", border=False, clear_on_submit=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("What is the token for?", placeholder="For example: the gate")
        made = st.form_submit_button("Make a token", icon=":material/key:", type="primary")
    if made:
        with shown_errors():
            secret, _ = tokens.make(chosen.run.id, name.strip() or "no name")
            st.session_state[FRESH] = (chosen.run.id, secret)
    run_id, secret = st.session_state.get(FRESH, (None, None))
    if secret and run_id == chosen.run.id:
        st.success("Copy the token now. It is not kept, so it cannot be shown again.")
        st.code(secret, language=None, wrap_lines=True)
    for token in tokens.list(chosen.run.id):
        _draw_token(token)


def _draw_token(token: Token) -> None:
    used = f"last used {token.used:%Y-%m-%d}" if token.used else "not used yet"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{markdown_text(token.name)}** · made {token.created:%Y-%m-%d} · {used}",
            width="stretch",
        )
        st.button(
            "Take back", icon=":material/block:", key=f"revoke_{token.id}",
            on_click=_revoke, args=(token.id,),
        )  # fmt: skip


def _revoke(token_id: int) -> None:
    with shown_errors():
        services().workspace.tokens.revoke(token_id)
    st.session_state.pop(FRESH, None)


def _draw_calls(chosen: ChosenRun) -> None:
    base = _base()
    address = f"{base}/api/classifiers/{chosen.run.id}/predict"
    st.subheader("How to call it", anchor=False)
    curl, python = st.tabs(["curl", "Python"])
    curl.code(
        f'curl -H "Authorization: Bearer {PLACE}" -F files=@photo.jpg -F files=@another.jpg \\\n'
        f"  {address}",
        language="bash",
        wrap_lines=True,
    )
    python.code(
        "import requests\n\n"
        "reply = requests.post(\n"
        f'    "{address}",\n'
        f'    headers={{"Authorization": "Bearer {PLACE}"}},\n'
        '    files=[("files", open("photo.jpg", "rb"))],\n'
        ")\n"
        'for answer in reply.json()["answers"]:\n'
        '    print(answer["file"], answer["label"], answer["probability"], answer["declined"])',
        language="python",
        wrap_lines=True,
    )
    st.caption(
        f"Up to 32 pictures in one call. `declined` means “I don’t know”. For programs: "
        f"[the OpenAPI document]({base}/api/openapi.json)."
    )
    if binding.bound_to_loopback():
        st.caption(
            ":material/info: This Graft listens to this computer only, so only programs on it can "
            "call."
        )


def _base() -> str:
    """The base address of this server, as the visitor's browser knows it."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}" if here.netloc else "http://localhost:8501"

"""The steps of a project in their order: one list for the navigation and for the next step."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.parts.frame.text import markdown_text
from tlcore.workspace.records import Project


@dataclass(frozen=True)
class Step:
    """One page of a project: its file beside the frame, its title and its icon."""

    file: str
    title: str
    icon: str


STEPS = (
    Step("images.py", "Pictures", ":material/photo_library:"),
    Step("model.py", "Model", ":material/account_tree:"),
    Step("layers.py", "Layers", ":material/layers:"),
    Step("train.py", "Train", ":material/model_training:"),
    Step("results.py", "Results", ":material/fact_check:"),
    Step("try_it.py", "Try it", ":material/photo_camera:"),
    Step("share.py", "Take away", ":material/download:"),
)


CARRIED = ("project", "run")  # the parameters of the address bar that the next page keeps


def next_step(file: str, *, ready: bool = True, why_not: str = "", run: str | None = None) -> None:
    """Draw the button to the step `file`, or `why_not`: the reason why it cannot be taken yet.

    `run` is the id of the run to show there, where the address bar names none.
    """
    step = next(s for s in STEPS if s.file == file)
    st.divider()
    if ready and st.button(f"Next: {step.title}", type="primary", icon=step.icon, key="next_step"):
        query = {name: st.query_params[name] for name in CARRIED if name in st.query_params}
        st.switch_page(step.file, query_params={"run": run, **query} if run else query)
    if not ready:
        st.caption(why_not)


def draw_project_in_sidebar(project: Project | None) -> None:
    """Name the open project under the navigation."""
    if project is not None:
        st.sidebar.caption("Open project")
        st.sidebar.markdown(f"**{markdown_text(project.name)}**")

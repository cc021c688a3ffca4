"""The steps of a project in their order: one list for the navigation and for 'what next'."""

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


CARRIED = ("project", "run")  # what of the address bar goes along to the next page


def next_step(file: str, *, ready: bool = True, why_not: str = "", run: str | None = None) -> None:
    """The way on: one button to the step `file`, or the reason why it is not time yet.

    `run` is the run to look at there, where the address bar names none.
    """
    step = next(s for s in STEPS if s.file == file)
    st.divider()
    if ready and st.button(f"Next: {step.title}", type="primary", icon=step.icon, key="next_step"):
        # the project and the run that are looked at, not what is particular to this page
        here = st.query_params
        along = {name: here[name] for name in CARRIED if name in here}
        st.switch_page(step.file, query_params={"run": run, **along} if run else along)
    if not ready:
        st.caption(why_not)


def draw_project_in_sidebar(project: Project | None) -> None:
    """Name the open project under the navigation."""
    if project is not None:
        st.sidebar.caption("Open project")
        st.sidebar.markdown(f"**{markdown_text(project.name)}**")

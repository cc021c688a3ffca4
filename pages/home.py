"""The home page: the projects, and three ways to begin one."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.home.projects import draw_deleted_projects, draw_new_project, draw_projects
from pages.parts.home.samples import draw_samples


def draw_own_and_learn() -> None:
    """Draw two ways to begin: with one's own pictures, or by reading."""
    own, learn = st.columns([3, 2], gap="small")
    with own, st.container(border=True, height="stretch"):
        st.subheader("Bring your own pictures", anchor=False)
        st.write("A few dozen of each kind are enough to begin.")
        draw_new_project()
    with learn, st.container(border=True, height="stretch"):
        st.subheader("Read first", anchor=False)
        st.write("What happens when a network that knows photographs meets yours? Five minutes.")
        st.page_link("learn.py", label="Start reading", icon=":material/school:")  # fits 800 pixels


def draw_sample_section() -> None:
    """Draw the third way: with a sample."""
    st.subheader("Try a sample", anchor=False)
    st.write("The pictures are ready: train your first classifier in a minute or two.")
    draw_samples()


summaries = services().workspace.projects.summaries()

st.title("What shall your computer learn to see?", anchor=False)
st.write(
    "Graft teaches it to tell your own pictures apart. It takes a network that has already learnt "
    "to see and grafts a small new part onto it, for your question. Everything stays on this "
    "computer: no account, no internet."
)

if summaries:
    st.subheader("Your projects", anchor=False)
    draw_projects(summaries)
    st.subheader("Begin another one", anchor=False)
    draw_own_and_learn()
    draw_sample_section()
else:
    draw_sample_section()
    draw_own_and_learn()

draw_deleted_projects()

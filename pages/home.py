"""The home page: the projects, and three ways to begin one."""

from __future__ import annotations

import streamlit as st

from pages.parts.projects import draw_deleted_projects, draw_new_project, draw_projects
from pages.parts.samples import draw_samples
from pages.parts.services import services

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

own, learn = st.columns([3, 2], gap="medium")
with own, st.container(border=True, height="stretch"):
    st.subheader("Bring your own pictures", anchor=False)
    st.write("A few dozen of each kind are enough to begin. Give the project a name:")
    draw_new_project()
with learn, st.container(border=True, height="stretch"):
    st.subheader("Read first", anchor=False)
    st.write(
        "What happens when a network that knows photographs meets your pictures? Five minutes."
    )
    st.page_link("learn.py", label="What is transfer learning?", icon=":material/school:")

st.subheader("Or try a sample", anchor=False)
st.write("The pictures are ready. Train your first classifier in a minute or two.")
draw_samples()

draw_deleted_projects()

"""The share page: files that run without Graft, predictions for a folder, a link, an API."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.project import require_project
from pages.parts.frame.text import markdown_text, shortened
from pages.parts.run.choice import ChosenRun, choose_run, usable_runs
from pages.parts.share.api_view import draw_api
from pages.parts.share.bulk_view import draw_bulk
from pages.parts.share.export_cards import draw_formats
from pages.parts.share.import_form import draw_import_form
from pages.parts.share.link_view import draw_link
from tlcore.backbones.catalog.curated import full_title

NAMED = 8
WAYS = {
    "Files": ":material/download:",
    "Many pictures": ":material/photo_library:",
    "A link": ":material/qr_code_2:",
    "For programs": ":material/api:",
}


def draw_labels(chosen: ChosenRun) -> None:
    """The labels that it can tell apart."""
    labels = ", ".join(markdown_text(shortened(label)) for label in chosen.labels[:NAMED])
    more = f" and {len(chosen.labels) - NAMED} more" if len(chosen.labels) > NAMED else ""
    st.markdown(
        f"It tells apart: **{labels}**{more}. None of your pictures leave with it, unless you say "
        "so."
    )


def draw_origin(chosen: ChosenRun) -> None:
    """Its backbone, and the licence of those weights."""
    backbone = chosen.manifest.backbone
    st.subheader("Where it is from", anchor=False)
    st.markdown(
        f"It stands on **{markdown_text(full_title(backbone.name))}**, trained on "
        f"{markdown_text(backbone.trained_on or 'pictures that are not stated')}. "
        f"Licence of those weights: {markdown_text(backbone.licence or 'not stated')}. "
        "If you pass the classifier on, pass this on too; it stands in every file."
    )
    st.caption(
        "It knows only the labels above. How good it is was measured on pictures like yours; on "
        "others it may do worse."
    )


project = require_project()
st.title("How do you take it away?", anchor=False)
st.write("As files that run without Graft and without the internet, or straight from here.")
if not usable_runs(project):
    draw_import_form(project)
chosen = choose_run(project)
draw_labels(chosen)
way = st.segmented_control(
    "How?", list(WAYS), default="Files", required=True, key="share_way",
    persist_state="session", format_func=lambda name: f"{WAYS[name]} {name}",
    label_visibility="collapsed",
)  # fmt: skip
if way == "Many pictures":
    draw_bulk(chosen)
elif way == "A link":
    draw_link(chosen)
elif way == "For programs":
    draw_api(chosen)
else:
    draw_formats(project, chosen)
    draw_import_form(project)
    draw_origin(chosen)

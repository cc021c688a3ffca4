"""The map: every picture is a point, close to pictures like it; a lasso selects."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import streamlit as st
from PIL import Image

from pages.parts.components.declare import declare_component
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.images.collection.browser import carry_out, draw_outcome
from pages.parts.images.quality_requests import ask_quality
from pages.parts.pictures.gallery import PAGE, draw_gallery
from pages.parts.pictures.thumbnails import as_data_address
from tlcore.workspace.records import Label, Project, Question

LEAST = 3  # pictures
SIDES = ((1_000, 64), (4_000, 48), (20_000, 32))  # up to so many pictures, tiles of so many pixels

_map = declare_component("map")


def draw_map(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Draw the button that makes the map, then the map, and below it what the lasso caught."""
    st.caption(
        "Pictures that look alike to the network lie close together. A picture among those of "
        "another label may be wrong; a label in two far-off clouds may be two things. Draw around "
        "points to select them."
    )
    made = f"map_{project.id}"
    number = services().workspace.examples.count(project.id)
    if number < LEAST:
        st.caption("There are too few pictures for a map yet.")
        return
    again = made in st.session_state
    words = "Draw the map anew" if again else "Draw the map"
    if st.button(words, icon=":material/scatter_plot:", key="map_go"):
        with shown_errors():
            st.session_state[made] = ask_quality(
                project, "tlcore.quality.tasks:map_task", "Placing the pictures"
            )
    if made in st.session_state:
        _draw(project, question, labels, st.session_state[made])


def _draw(
    project: Project, question: Question, labels: Sequence[Label], layout: dict[str, Any]
) -> None:
    workspace = services().workspace
    places = {int(point["example"]): (point["x"], point["y"]) for point in layout["points"]}
    examples = [e for e in workspace.examples.list(project.id) if e.id in places]
    if not examples:
        st.caption("None of these pictures is here any more.")
        return
    index = {label.id: place for place, label in enumerate(labels)}
    side = next((side for most, side in SIDES if len(examples) <= most), SIDES[-1][1])
    columns = max(1, round(len(examples) ** 0.5))
    with st.spinner("Gathering the thumbnails …"):
        sheet = _atlas(tuple(example.picture for example in examples), side, columns)
    key, chosen = f"map_view_{project.id}", f"map_chosen_{project.id}"

    def keep() -> None:
        sent = st.session_state[key].get("lasso")
        ids = {example.id for example in examples}
        caught = sent if isinstance(sent, list) else []
        st.session_state[chosen] = [i for i in caught if isinstance(i, int) and i in ids]

    _map(
        key=key,
        data={
            "points": [
                [e.id, *places[e.id], index.get(e.answers.get(question.id) or -1, -1)]
                for e in examples
            ],
            "labels": [label.name for label in labels],
            "atlas": sheet,
            "side": side,
            "columns": columns,
            "words": f"Map of {count(len(examples), 'picture')}, made with {layout['method']}",
        },
        on_lasso_change=keep,
    )
    _draw_chosen(project, question, labels, st.session_state.get(chosen, []))


def _draw_chosen(
    project: Project, question: Question, labels: Sequence[Label], ids: Sequence[int]
) -> None:
    workspace = services().workspace
    chosen = [e for e in workspace.examples.get_many(list(ids)) if e.deleted is None]
    if chosen:
        st.markdown(f"**{count(len(chosen), 'picture')}** selected on the map")
        chosen = chosen[choose_page(len(chosen), PAGE, key="map_page")]
        draw_gallery(
            chosen,
            labels,
            question.id,
            words="Pictures selected on the map",
            on_action=lambda action: carry_out(action, labels, question),
            key=f"map_gallery_{project.id}",
        )
    draw_outcome(chosen, labels, question)


@st.cache_data(show_spinner=False, max_entries=2)
def _atlas(pictures: tuple[str, ...], side: int, columns: int) -> str:
    """A JPEG of all thumbnails as a `data:` address: rows of `columns` tiles of `side` pixels."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), (128, 128, 128))
    store = services().workspace.pictures
    for place, sha in enumerate(pictures):
        try:
            with Image.open(store.thumbnail(sha)) as file:
                file.draft("RGB", (side, side))
                small = _square(file.convert("RGB"), side)
        except OSError:
            continue
        sheet.paste(small, (place % columns * side, place // columns * side))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=72)
    return as_data_address(buffer.getvalue())


def _square(image: Image.Image, side: int) -> Image.Image:
    """The middle square of a picture, scaled to `side` × `side` pixels."""
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    box = (left, top, left + edge, top + edge)
    return image.resize((side, side), Image.Resampling.BILINEAR, box=box)

"""The samples on the home page: a card each, with a few of its pictures and what it teaches."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.errors import shown_errors
from pages.parts.projects import CARD, enter
from pages.parts.services import services
from pages.parts.thumbnails import as_data_address, draw_cover
from tlcore.images.samples import SAMPLES, create_sample

PREVIEWS = Path(__file__).parent / "previews"


def draw_samples() -> None:
    """A card for every sample; its button makes a project of it and opens that."""
    chosen: str | None = None
    with st.container(horizontal=True, gap="small"):
        for name, sample in SAMPLES.items():
            with st.container(border=True, width=CARD):
                draw_cover(
                    preview(name), f"Pictures of the sample {sample.title}", key=f"see_{name}"
                )
                st.markdown(f"**{sample.title}**")
                st.caption(sample.words)
                if st.button("Start with this", key=f"sample_{name}", width="stretch"):
                    chosen = name
    if chosen:
        with shown_errors(), st.spinner(f"Preparing the pictures of {SAMPLES[chosen].title} …"):
            project = create_sample(services().workspace, chosen)
            enter(project)


@st.cache_data(show_spinner=False)
def preview(name: str) -> list[str]:
    """A few pictures of a sample, made beforehand: the home page must not wait for them."""
    return [as_data_address(path.read_bytes()) for path in sorted((PREVIEWS / name).glob("*.*"))]

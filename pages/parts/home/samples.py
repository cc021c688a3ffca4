"""The samples on the home page: a card each, with a few of its pictures and what it teaches."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.home.projects import enter
from pages.parts.pictures.thumbnails import as_data_address, draw_cover
from tlcore.images.samples.samples import SAMPLES, create_sample
from tlcore.workspace.records import Project

CARD = 226  # pixels: two beside one another in a window of 800, three in one of 1280
STEP = 10  # pictures between two movements of the progress bar
PREVIEWS = Path(__file__).parent / "previews"


def draw_samples() -> None:
    """Draw a card for every sample, with a button that makes a project of it and opens that."""
    chosen: str | None = None
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        for name, sample in SAMPLES.items():
            with st.container(border=True, width=CARD, height="stretch"):
                draw_cover(
                    preview(name), f"Pictures of the sample {sample.title}", key=f"see_{name}"
                )
                st.markdown(f"**{sample.title}**")
                st.caption(sample.words)
                st.space("stretch")
                if st.button("Start with this", key=f"sample_{name}", width="stretch"):
                    chosen = name
    if chosen:
        with shown_errors():
            enter(_create(chosen))


def _create(name: str) -> Project:
    """A new project with the pictures of a sample; a progress bar is shown meanwhile."""
    bar = st.progress(0.0, text=f"Preparing the pictures: {SAMPLES[name].title} …")

    def move(done: int, total: int | None) -> None:
        if total and done % STEP == 0:
            bar.progress(min(1.0, done / total), text=f"Preparing pictures: {done} of {total}")

    return create_sample(services().workspace, name, on_progress=move)


@st.cache_data(show_spinner=False)
def preview(name: str) -> list[str]:
    """The previews of a sample as `data:` addresses; made beforehand, so that home opens fast."""
    return [as_data_address(path.read_bytes()) for path in sorted((PREVIEWS / name).glob("*.*"))]

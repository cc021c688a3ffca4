"""Out-of-distribution test: would it notice pictures of something else?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import draw_waiting, run_payload, start_once, version_of, work_of
from tlcore.images.samples.samples import SAMPLES
from tlcore.results.figures.figures import percent
from tlcore.results.score.result_cache import key_of
from tlcore.workspace.records import Project

TASK = "tlcore.results.robustness.out_of_distribution:detection_task"
MOST = 150
SHOWN = 8
WAYS = {
    "distance": "How far it lies from the most similar training pictures",
    "clouds": "How far it lies from what is usual for each label",
    "energy": "How weakly any label speaks (energy)",
    "confidence": "How unsure it is of its answer",
}


def draw_out_of_distribution(project: Project, chosen: ChosenRun) -> None:
    """Choose pictures of another project or a sample, and show whether it would notice them."""
    st.subheader("Would it notice pictures of something else?", anchor=False)
    st.write(
        "It must answer with one of its labels, whatever it is shown. Show it pictures of "
        "something else and see whether they can be told from yours."
    )
    sources = _sources(project)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.selectbox(
            "Show it", list(sources), key="strangers_of", width=360,
            format_func=lambda name: sources[name],
        )  # fmt: skip
        pressed = st.button("Show them to it", icon=":material/visibility:", key="show_strangers")
    pictures = _pictures(picked) if picked.startswith("project:") else []
    # The key names these pictures: the other project may change meanwhile.
    key = f"strangers-{version_of(chosen)}-{picked}-{key_of(pictures)}"
    if pressed:
        with shown_errors():
            start_once(key, TASK, run_payload(chosen, **_source_payload(picked, pictures)))
    work = work_of(key)
    if work is not None and work.report is not None:
        _draw_report(chosen, work.report, pictures)
    else:
        draw_waiting(key)


def _sources(project: Project) -> dict[str, str]:
    """The sources of such pictures: other projects of this computer, and the samples."""
    others = {
        f"project:{other.project.id}": f"{other.project.name} ({count(other.pictures, 'picture')})"
        for other in services().workspace.projects.summaries()
        if other.project.id != project.id and other.pictures
    }
    samples = {f"sample:{name}": f"Sample: {sample.title}" for name, sample in SAMPLES.items()}
    return {**others, **samples}


def _pictures(picked: str) -> list[str]:
    """Hashes of at most MOST pictures of a project, evenly spaced over it."""
    store = services().workspace.examples
    hashes = [example.picture for example in store.list(picked.removeprefix("project:"))]
    step = max(1, -(-len(hashes) // MOST))
    return hashes[::step]


def _source_payload(picked: str, pictures: list[str]) -> dict[str, Any]:
    if picked.startswith("sample:"):
        return {"sample": picked.removeprefix("sample:")}
    store = services().workspace.pictures
    return {"copies": [str(store.copy(picture)) for picture in pictures]}


def _draw_report(chosen: ChosenRun, report: Mapping[str, Any], pictures: list[str]) -> None:
    distance = report["distance"]
    declined = round(distance["declined"] * report["total"])
    st.markdown(
        f"**{declined} of {count(report['total'], 'picture')}** would be turned away as too unlike "
        f"anything it learned from. The same rule would wrongly turn away "
        f"{percent(distance['wrongly_declined'])} of your own scored pictures. Try it warns you "
        "of such pictures."
    )
    st.dataframe(
        {
            "What gives them away": [WAYS[name] for name in WAYS],
            "Told apart": [report[name]["auroc"] for name in WAYS],
            "Turned away": [100 * report[name]["declined"] for name in WAYS],
        },
        hide_index=True,
        column_config={
            "Told apart": st.column_config.NumberColumn(
                format="%.3f", help="AUROC: 1 is perfect, 0.5 is guessing."
            ),
            "Turned away": st.column_config.NumberColumn(
                format="%.0f %%", help="At the limit that lets 95 of 100 of your own pictures in."
            ),
        },
        key="strangers_table",
    )
    least = report["pictures"][:SHOWN]
    if pictures and least:
        st.caption("Those that look most like yours to it, and what it would have said:")
        draw_cards(
            [
                Card(thumbnail_address(pictures[picture["place"]]), "a picture of something else",
                     chosen.labels[picture["said"]], percent(picture["sureness"]))
                for picture in least
            ],
            key="strangers_cards",
        )  # fmt: skip

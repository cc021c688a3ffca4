"""The take-away page: the classifier as files that run without Graft."""

from __future__ import annotations

import streamlit as st

from pages.parts.project import require_project
from pages.parts.run_choice import ChosenRun, choose_run
from pages.parts.take_away import file_name, size_words
from pages.parts.text import markdown_text, shortened
from tlcore.serving.export import classifier_zip
from tlcore.workspace.records import Project

NAMED = 8


def draw_download(project: Project, chosen: ChosenRun) -> None:
    """The zip, made when it is asked for, and what it knows."""
    size = sum(file.bytes for file in chosen.manifest.weights)
    labels = ", ".join(markdown_text(shortened(label)) for label in chosen.labels[:NAMED])
    more = f" and {len(chosen.labels) - NAMED} more" if len(chosen.labels) > NAMED else ""
    with st.container(border=True):
        st.markdown(f"It tells apart: **{labels}**{more}")
        st.download_button(
            f"Download the classifier ({size_words(size)})",
            lambda: classifier_zip(chosen.folder),
            file_name=file_name(project.name, chosen.run.number),
            mime="application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            key="download_classifier",
        )
        st.caption("None of your pictures are in it.")


def draw_contents(chosen: ChosenRun) -> None:
    """What lies in the zip, file by file."""
    st.subheader("What is in it", anchor=False)
    sizes = {file.name.split("-")[0]: file.bytes for file in chosen.manifest.weights}
    rows = [
        ("predict.py", "Answers for pictures; needs PyTorch, timm and Pillow alone"),
        ("manifest.json", "Labels, settings, scores, and where everything is from"),
        ("README.txt", "How to use it"),
    ]
    weights = {
        "frozen": "Taken over from the pretrained network",
        "learned": "Learned from your pictures",
    }
    rows += [
        (f"{kind}-….safetensors", f"{weights.get(kind, 'Weights')} ({size_words(size)})")
        for kind, size in sizes.items()
    ]
    st.table({"File": [name for name, _ in rows], "What it is": [words for _, words in rows]})


def draw_use() -> None:
    """Three commands without Graft, and the same with Graft's command line."""
    st.subheader("How to use it", anchor=False)
    st.write(
        "On any computer with Python. Unpack the zip, open a terminal where it lies, and type:"
    )
    st.code(
        "cd classifier\n"
        "pip install torch torchvision timm pillow\n"
        "python predict.py photo.jpg another.png",
        language="bash",
    )
    st.write("For another program, add `--json`: the last line is then one JSON object.")
    st.write("Where Graft is installed, its command line does the same, for many pictures at once:")
    st.code("python -m tlcore predict classifier photo.jpg another.png --json", language="bash")


def draw_origin(chosen: ChosenRun) -> None:
    """What it stands on, and under which licence."""
    backbone = chosen.manifest.backbone
    st.subheader("Where it is from", anchor=False)
    st.markdown(
        f"It stands on **{markdown_text(backbone.name)}**, trained on "
        f"{markdown_text(backbone.trained_on or 'pictures that are not stated')}. "
        f"Licence of those weights: {markdown_text(backbone.licence or 'not stated')}. "
        "If you pass the classifier on, pass this on too; it stands in the manifest."
    )
    st.caption(
        "It knows only the labels above and always answers one of them. How good it is was "
        "measured on pictures like yours; on others it may do worse."
    )


project = require_project()
st.title("How do you take it away?", anchor=False)
st.write("Download the classifier as one file. It runs without Graft and without the internet.")
chosen = choose_run(project)
draw_download(project, chosen)
draw_use()
draw_contents(chosen)
draw_origin(chosen)

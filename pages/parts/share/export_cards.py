"""One card per format: make it, see how its check went, download it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.run.choice import ChosenRun
from pages.parts.share.file_names import file_name, size_words
from tlcore.serving.export.exported_file import Exported, find
from tlcore.serving.formats.classifier_folder import classifier_zip
from tlcore.serving.formats.registry import FORMATS, Format
from tlcore.serving.sorting import folder_names
from tlcore.workspace.records import Project, Split

EXPORT = "tlcore.serving.tasks:export_task"
PYTHON = "python"
EXAMPLES = 3  # of each label, where the visitor agrees
WITH_EXAMPLES = "with_examples"
USES = {
    "web": """Unpack it, put the folder on any web space, open its address. To try it here first:
```
cd classifier
python -m http.server 8000
```
and open http://localhost:8000.""",
    "python": """Unpack it, open a terminal where it lies, and type:
```
cd classifier
pip install -r requirements.txt
python predict.py photo.jpg another.png
```
Another Graft can read this zip too: below, “Bring a classifier from elsewhere”.""",
    "onnx": """```python
import numpy, onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("classifier.onnx")
picture = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
picture.thumbnail((640, 640))
print(session.run(None, {"picture": numpy.asarray(picture)[None]}))
print(session.get_modelmeta().custom_metadata_map["graft.labels"])
```""",
    "torch": """Unpack it. `plain.py` shows the whole way from a picture to an answer:
```
cd classifier
pip install torch torchvision timm pillow safetensors
python plain.py photo.jpg
```""",
}
USES["onnx-int8"] = USES["onnx"]


def draw_formats(project: Project, chosen: ChosenRun) -> None:
    """All formats, two beside each other where there is room."""
    st.write(
        "Each file is asked about your own test pictures as soon as it is made. You get it only if "
        "it answers as the app does. That takes some seconds."
    )
    columns = st.columns(2, gap="medium")
    for number, one in enumerate(FORMATS):
        with columns[number % 2], st.container(border=True):
            _draw_format(project, chosen, one)


def _draw_format(project: Project, chosen: ChosenRun, one: Format) -> None:
    st.markdown(f"#### {one.icon} {one.title}")
    st.write(one.words)
    made = find(chosen.folder.parent, one.key)
    row = st.container(horizontal=True)
    if one.key == PYTHON:
        with row:
            _draw_folder(project, chosen)
    elif made is not None:
        with row:
            _draw_file(project, chosen, one, made)
    if one.key == PYTHON:
        st.checkbox(
            "Put small pictures of a few examples into it", key=WITH_EXAMPLES,
            help="Three of each label. Without, none of your pictures leave.",
        )  # fmt: skip
    if made is None:
        words = "Check it" if one.key == PYTHON else "Make and check"
        with row:
            wanted = st.button(words, icon=":material/verified:", key=f"make_{one.key}")
        if wanted and _make(chosen, one):
            st.rerun()
    else:
        st.caption(f":material/check_circle: Checked: {markdown_text(made.check.words)}")
    with st.expander("How to use it"):
        st.markdown(USES[one.key])


def _draw_folder(project: Project, chosen: ChosenRun) -> None:
    size = sum(file.bytes for file in chosen.manifest.weights)
    # Asked here: what makes the file runs apart from any visit, and knows nothing of its ticks.
    agreed = bool(st.session_state.get(WITH_EXAMPLES))
    st.download_button(
        f"Download ({size_words(size)})",
        lambda: classifier_zip(chosen.folder, _examples(project, chosen) if agreed else None),
        file_name=file_name(project.name, chosen.run.number),
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download_classifier",
    )


def _examples(project: Project, chosen: ChosenRun) -> dict[str, bytes]:
    """Thumbnails of a few training pictures of each label."""
    store = services().workspace
    question = store.labels.question(project.id)
    names = {label.id: label.name for label in store.labels.list(question.id)}
    folders = dict(zip(chosen.labels, folder_names(chosen.labels), strict=True))
    found: dict[str, bytes] = {}
    counts = dict.fromkeys(folders, 0)
    for example in store.examples.list(project.id, split=Split.TRAIN):
        name = names.get(example.answers.get(question.id) or -1, "")
        if counts.get(name, EXAMPLES) < EXAMPLES:
            counts[name] += 1
            thumbnail = store.pictures.thumbnail(example.picture).read_bytes()
            found[f"{folders[name]}/{counts[name]}.jpg"] = thumbnail
    return found


def _draw_file(project: Project, chosen: ChosenRun, one: Format, made: Exported) -> None:
    stem = file_name(project.name, chosen.run.number).removesuffix(".zip")
    st.download_button(
        f"Download ({size_words(made.bytes)})",
        lambda path=made.path: _read(path),
        file_name=f"{stem}-{one.key}{one.suffix}",
        mime="application/octet-stream",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_{one.key}",
    )


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _make(chosen: ChosenRun, one: Format) -> bool:
    """Export and check, with progress; True when there is a file. Refusals are shown."""
    bar = st.progress(0.0, text="Waking the engine …")
    payload = {
        "home": str(services().workspace.home),
        "run": chosen.run.id,
        "format": one.key,
    }
    with shown_errors():
        for event in services().engine.stream(EXPORT, payload):
            if event.kind == "progress":
                done, total = event.data["done"], event.data["total"]
                words = event.data["doing"] + (f": {done} of {total}" if total > 1 else " …")
                bar.progress(done / max(1, total), text=words)
        bar.empty()
        return True
    bar.empty()
    return False

"""The try-it page: what does the classifier say about a new picture?"""

from __future__ import annotations

import random

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.project import require_project
from pages.parts.frame.services import services
from pages.parts.frame.steps import next_step
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.run.choice import ChosenRun, choose_run
from pages.parts.run.scores import splits_at_start
from pages.parts.try_it.camera_note import draw_camera_note
from pages.parts.try_it.predictions import BatchPredictions, predict_files, predict_stored, warm
from pages.parts.try_it.predictions_view import (
    draw_likeliest,
    draw_prediction,
    draw_predictions,
    draw_refused,
)
from tlcore.results.figures.figures import percent
from tlcore.workspace.records import Example, Project, Split

NAMED = 6
MOST_MEGABYTES = 200
KEPT_ELSEWHERE = "A picture of this project. Whether it learned from it elsewhere is not known."
KEPT_BACK = {
    Split.TEST: "A test picture: it never saw this one while it learned.",
    Split.VALIDATION: "A validation picture: it did not learn from this one, but it helped to "
    "choose the epoch.",
}
WAYS = {
    "Upload": ":material/upload:",
    "Camera": ":material/photo_camera:",
    "A picture kept back": ":material/casino:",
}


def draw_must_choose(labels: tuple[str, ...], threshold: float) -> None:
    """Say that it always predicts one of its labels, whatever is shown, unless it may decline."""
    names = ", ".join(f"**{markdown_text(shortened(label))}**" for label in labels[:NAMED])
    more = f" or one of {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    unless = f" Below {percent(threshold)} it says “I don't know”." if threshold else ""
    st.caption(
        f"It must choose one of the labels it was taught: {names}{more}. Show it a banana and it "
        f"still picks one of them. The percentages compare the labels with each other.{unless}"
    )


def draw_upload(chosen: ChosenRun) -> None:
    """One or many files; their bytes are released after the prediction."""
    turn = st.session_state.setdefault("try_turn", 0)
    files = st.file_uploader(
        "Choose one picture or many, or drop them here",
        accept_multiple_files=True,
        max_upload_size=MOST_MEGABYTES,
        key=f"try_files_{turn}",
    )
    if files:
        with shown_errors():
            predictions = predict_with_progress(chosen, [(f.name, f.getvalue()) for f in files])
            st.session_state["try_predictions"] = (chosen.run.id, predictions)
            st.session_state["try_turn"] = turn + 1
            st.rerun()
    run_id, predictions = st.session_state.get("try_predictions", (None, None))
    if predictions is not None and run_id == chosen.run.id:
        draw_predictions(predictions, key="try")


def predict_with_progress(chosen: ChosenRun, files: list[tuple[str, bytes]]) -> BatchPredictions:
    """Predict, with a progress bar where there are many files."""
    wake_words = "Waking the engine …" if not engine_ready() else "Looking …"
    if len(files) == 1:
        with st.spinner(wake_words):
            return predict_files(chosen, files)
    bar = st.progress(0.0, text=f"Reading {count(len(files), 'file')} …")
    predictions = predict_files(
        chosen,
        files,
        lambda done, total: bar.progress(done / total, text=f"Looking: {done} of {total}"),
    )
    bar.empty()
    return predictions


def engine_ready() -> bool:
    """Whether the request worker is warm."""
    return services().engine.status().requests in ("ready", "busy")


def draw_camera(chosen: ChosenRun) -> None:
    """A picture from the camera, predicted as soon as it is taken."""
    draw_camera_note()
    camera, result = st.columns(2, gap="large", vertical_alignment="center")
    with camera:
        photo = st.camera_input("Take a picture", key="try_camera")
    if photo is None:
        return
    with result, shown_errors():
        predictions = predict_with_progress(chosen, [("camera.jpg", photo.getvalue())])
        for prediction in predictions.predicted:
            draw_likeliest(
                chosen.labels, prediction, key="try_camera", threshold=predictions.threshold
            )
        draw_refused(predictions.refused)


def draw_kept_back(project: Project, chosen: ChosenRun) -> None:
    """A random picture that training did not learn from."""
    examples = kept_back(project, chosen)
    if not examples:
        st.info("No pictures were kept back for the test yet. Upload one, or use the camera.")
        return
    ids = [example.id for example in examples]
    if st.session_state.get("try_example") not in ids:
        st.session_state["try_example"] = random.choice(ids)
    if len(ids) > 1:
        st.button(
            "Show me another", icon=":material/casino:", on_click=choose_another, args=(ids,),
            key="try_another",
        )  # fmt: skip
    example = examples[ids.index(st.session_state["try_example"])]
    st.caption(kept_words(chosen, example))
    with shown_errors():
        with st.spinner("Looking …" if engine_ready() else "Waking the engine …"):
            prediction = predict_stored(chosen, example.picture, example.source_name)
        draw_prediction(
            chosen.labels, prediction, right=right_answer(project, chosen, example), key="try_kept",
            threshold=chosen.manifest.threshold,
        )  # fmt: skip


def kept_back(project: Project, chosen: ChosenRun) -> list[Example]:
    """The test pictures, or the validation pictures where there are none.

    Pictures that this run learned from are left out, also if they were moved to the test since.
    """
    store, then = services().workspace.examples, splits_at_start(str(chosen.folder.parent))
    for split in KEPT_BACK:
        examples = store.list(project.id, split=split)
        if unseen := [
            example for example in examples if then.get(example.picture) is not Split.TRAIN
        ]:
            return unseen
    return []


def kept_words(chosen: ChosenRun, example: Example) -> str:
    """How this run used a picture that was kept back, while it learned."""
    if chosen.run.imported:
        return KEPT_ELSEWHERE
    then = splits_at_start(str(chosen.folder.parent)).get(example.picture, example.split)
    return KEPT_BACK[Split.VALIDATION if then is Split.VALIDATION else Split.TEST]


def choose_another(ids: list[int]) -> None:
    """Choose a random picture other than the present one."""
    others = [example_id for example_id in ids if example_id != st.session_state.get("try_example")]
    st.session_state["try_example"] = random.choice(others)


def right_answer(project: Project, chosen: ChosenRun, example: Example) -> int | None:
    """The position of the example's label in the classifier; None if it does not know it."""
    question = services().workspace.labels.question(project.id)
    answer = example.answers.get(question.id)
    names = {label.id: label.name for label in services().workspace.labels.list(question.id)}
    name = names.get(answer) if answer is not None else None
    return chosen.labels.index(name) if name in chosen.labels else None


project = require_project()
st.title("What does it say about a new picture?", anchor=False)
st.write("Show it a picture that it has not seen. It answers at once, also while a run trains.")
chosen = choose_run(project)
warm(chosen)
draw_must_choose(chosen.labels, chosen.manifest.threshold)
way = st.segmented_control(
    "Where from?", list(WAYS), default="Upload", required=True, key="try_way",
    persist_state="session", format_func=lambda name: f"{WAYS[name]} {name}",
)  # fmt: skip
if way == "Upload":
    draw_upload(chosen)
elif way == "Camera":
    draw_camera(chosen)
else:
    draw_kept_back(project, chosen)
next_step("share.py")

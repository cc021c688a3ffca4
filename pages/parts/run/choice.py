"""Which trained classifier a page is about: that of the address bar, or the newest usable one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.parts.draft.start import classifier_folder
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.run.words import run_kind
from tlcore.backbones.catalog.curated import title_of
from tlcore.classifier.manifest import Manifest, has_classifier, read_manifest
from tlcore.errors import ClassifierInvalid
from tlcore.results.figures.figures import percent
from tlcore.training.fit.reporting.events import Finished
from tlcore.workspace.records import Project, Run, RunState


@dataclass(frozen=True)
class ChosenRun:
    """A run that left a classifier: where it lies, and what its manifest says."""

    run: Run
    folder: Path
    manifest: Manifest

    @property
    def labels(self) -> tuple[str, ...]:
        """What it can tell apart, in the order of its outputs."""
        return self.manifest.labels

    @property
    def version(self) -> str:
        """A key for caches: it changes when the classifier does."""
        return "".join(file.sha256 for file in self.manifest.weights)

    @property
    def words(self) -> str:
        """For example “Run 3 · 91 % right on test · Quick · ResNet-18”."""
        kind = run_kind(self.run)
        network = title_of(self.manifest.backbone.name)
        parts = [f"Run {self.run.number}", self._score(), kind, network]
        return " · ".join(part for part in parts if part)

    def _score(self) -> str:
        test = Finished.read(self.run.summary).test_accuracy
        if test is not None:
            return f"{percent(test)} right on test"
        validation = self.manifest.metrics.get("validation_accuracy")
        return f"{percent(validation)} right on validation" if isinstance(validation, float) else ""


def usable_runs(project: Project) -> list[ChosenRun]:
    """The runs of a project that are over and left a readable classifier, the newest first."""
    usable = []
    for run in services().workspace.runs.list(project.id):
        folder = classifier_folder(run)
        if not run.state.over or not has_classifier(folder):
            continue
        try:
            usable.append(ChosenRun(run, folder, read_manifest(folder)))
        except ClassifierInvalid:
            continue  # a damaged folder must not hide the good ones; Train names the run
    return usable


def choose_run(project: Project) -> ChosenRun:
    """Let the visitor choose among the usable runs; without any, link to Train and end the page."""
    runs = usable_runs(project)
    if not runs:
        _send_to_training(project)
    by_id = {usable.run.id: usable for usable in runs}
    chosen = _draw_choice(project, runs, by_id) if len(runs) > 1 else runs[0]
    st.query_params["run"] = chosen.run.id
    st.session_state[_address_key(project)] = (
        chosen.run.id
    )  # not before: setting the address may end this script run
    if len(runs) == 1:
        st.caption(markdown_text(chosen.words))
    _draw_state(project, chosen)
    return chosen


def _draw_choice(
    project: Project, runs: Sequence[ChosenRun], by_id: dict[str, ChosenRun]
) -> ChosenRun:
    """A list of runs. A run that is newer than all that were offered before becomes the choice.

    So does a run that the address bar names, unless this list itself has put it there.
    """
    key, newest = f"chosen_run_{project.id}", f"newest_run_{project.id}"
    requested = st.query_params.get("run")
    from_outside = requested in by_id and requested != st.session_state.get(_address_key(project))
    known = st.session_state.get(newest) == runs[0].run.id
    if st.session_state.get(key) not in by_id or from_outside or not known:
        st.session_state[key] = requested if requested in by_id else runs[0].run.id
    st.session_state[newest] = runs[0].run.id
    picked = st.selectbox(
        "Run",
        list(by_id),
        format_func=lambda run_id: by_id[run_id].words,
        key=key,
        persist_state="session",
        help="Every training is a run. The newest comes first.",
    )
    return by_id[picked]


def _address_key(project: Project) -> str:
    """The session's key for the run that this list itself has put into the address bar."""
    return f"named_run_{project.id}"


def _draw_state(project: Project, chosen: ChosenRun) -> None:
    """Say what is special about a run: that it ended early, or that the labels have changed."""
    if chosen.run.state in (RunState.STOPPED, RunState.LOST, RunState.FAILED):
        ended = "was stopped" if chosen.run.state is RunState.STOPPED else "broke off"
        epoch = chosen.manifest.metrics.get("epoch")
        best = f" (epoch {epoch})" if epoch else ""
        st.caption(f":material/info: This run {ended}. What it had found by then{best} is used.")
    question = services().workspace.labels.question(project.id)
    now = {label.name for label in services().workspace.labels.list(question.id)}
    if now != set(chosen.labels):
        st.caption(
            ":material/info: The labels have changed since this run. It knows the old ones; "
            "train again to teach it the new ones."
        )


def _send_to_training(project: Project) -> None:
    going = [run for run in services().workspace.runs.list(project.id) if not run.state.over]
    if going:
        st.info(f"Run {going[0].number} is not finished yet. Come back when it is.")
    else:
        st.info("Nothing is trained yet. Train first; the first try takes about a minute.")
    st.page_link("train.py", label="Go to Train", icon=":material/model_training:")
    st.stop()

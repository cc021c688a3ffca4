"""Which trained classifier a page is about: the newest usable one, or that of the address bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.run.state import classifier_folder
from pages.parts.run.words import run_kind
from tlcore.backbones.catalog.curated import title_of
from tlcore.classifier.manifest import Manifest, has_classifier, read_manifest
from tlcore.errors import ClassifierInvalid
from tlcore.results.figures.figures import percent
from tlcore.training.fit.events import Finished
from tlcore.workspace.records import Project, Run, RunState


@dataclass(frozen=True)
class ChosenRun:
    """A run that left a classifier: where it lies, and what its manifest says."""

    run: Run
    folder: Path
    manifest: Manifest

    @property
    def labels(self) -> tuple[str, ...]:
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
    """The runs of a project that are over and left a sound classifier, the newest first."""
    found = []
    for run in services().workspace.runs.list(project.id):
        folder = classifier_folder(run)
        if not run.state.over or not has_classifier(folder):
            continue
        try:
            found.append(ChosenRun(run, folder, read_manifest(folder)))
        except ClassifierInvalid:
            continue  # a damaged folder must not hide the good ones; Train names the run
    return found


def choose_run(project: Project) -> ChosenRun:
    """Let the visitor choose among the usable runs; without any, the way to Train and an end."""
    runs = usable_runs(project)
    if not runs:
        _send_to_training(project)
    by_id = {one.run.id: one for one in runs}
    chosen = _draw_choice(project, runs, by_id) if len(runs) > 1 else runs[0]
    st.query_params["run"] = chosen.run.id
    st.session_state[_named(project)] = chosen.run.id  # not before: the line above may be the last
    if len(runs) == 1:
        st.caption(markdown_text(chosen.words))
    _draw_state(project, chosen)
    return chosen


def _draw_choice(
    project: Project, runs: Sequence[ChosenRun], by_id: dict[str, ChosenRun]
) -> ChosenRun:
    """A list of runs. A newer run than all that were offered before becomes the choice.

    So does one that the address bar names and that was not put there by this list.
    """
    key, newest = f"chosen_run_{project.id}", f"newest_run_{project.id}"
    asked = st.query_params.get("run")
    called = asked in by_id and asked != st.session_state.get(_named(project))
    known = st.session_state.get(newest) == runs[0].run.id
    if st.session_state.get(key) not in by_id or called or not known:
        st.session_state[key] = asked if asked in by_id else runs[0].run.id
    st.session_state[newest] = runs[0].run.id
    picked = st.selectbox(
        "Run",
        list(by_id),
        format_func=lambda one: by_id[one].words,
        key=key,
        persist_state="session",
        help="Every training is a run. The newest comes first.",
    )
    return by_id[picked]


def _named(project: Project) -> str:
    """Under this the session remembers which run this list put into the address bar."""
    return f"named_run_{project.id}"


def _draw_state(project: Project, chosen: ChosenRun) -> None:
    """Say what is special about a run: that it broke off, or that the labels have changed."""
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

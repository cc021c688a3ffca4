"""A run's predictions on pictures that it did not learn from; it is scored now if it was not."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.components.cards import Card
from pages.parts.frame.services import services
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun
from tlcore.errors import NotFound
from tlcore.results.figures.figures import percent
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.training.fit.reporting.events import Finished
from tlcore.training.fit.resuming.run_folder import read_examples
from tlcore.workspace.records import Split

SCORE_SECONDS = 900.0


def predictions_of(chosen: ChosenRun) -> Predictions:
    """The stored predictions of a run; a run that ended before its score is scored now.

    Raises GraftError.
    """
    folder = chosen.folder.parent
    try:
        predictions = read_predictions(folder)
    except NotFound:
        with st.spinner("Scoring what this run had found …"):
            payload = {
                "home": str(services().workspace.home),
                "project": chosen.run.project_id,
                "run": chosen.run.id,
                "fixed": chosen.run.imported,
            }
            services().engine.ask(
                "tlcore.results.score.tasks:score_task", payload, timeout=SCORE_SECONDS
            )
        predictions = read_predictions(folder)
    _note_score(chosen, predictions)
    return predictions


def _note_score(chosen: ChosenRun, predictions: Predictions) -> None:
    """Put the test score of a run that was scored after its end into its summary, for lists."""
    test = predictions.evaluation(Split.TEST)
    known = Finished.read(chosen.run.summary).test_accuracy
    if test is None or known is not None or chosen.run.imported:
        return  # an imported classifier may have learned from these very pictures
    services().workspace.runs.note_score(chosen.run.id, test.accuracy, test.total)
    st.rerun()  # what is drawn above still shows the score on validation


@st.cache_data(show_spinner=False, max_entries=16)
def splits_at_start(run_folder: str) -> dict[str, Split]:
    """The split of each picture (by hash) when a run began; empty for an imported run."""
    folder = Path(run_folder)
    training_set = read_examples(folder, lambda sha: folder / sha)
    return (
        {example.picture: example.split for example in training_set.examples}
        if training_set
        else {}
    )


def name_of(example_id: int) -> str:
    """The file name of an example, or a plain word when it is gone."""
    try:
        return services().workspace.examples.get(example_id).source_name
    except NotFound:
        return "a picture"


def card_of(scored: Prediction, labels: tuple[str, ...]) -> Card:
    """A scored example as a card: its label, the prediction, and how sure that is."""
    return Card(
        source=thumbnail_address(scored.picture),
        name=name_of(scored.example),
        prediction=labels[scored.predicted],
        confidence=percent(scored.sureness),
        truth=labels[scored.target],
    )

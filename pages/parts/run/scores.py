"""What a run's classifier said about pictures that it did not learn from; scored when it is not."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.components.cards import Card
from pages.parts.frame.services import services
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun
from tlcore.errors import NotFound
from tlcore.results.figures.figures import percent
from tlcore.results.score.evaluate import Scored
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.training.fit.events import Finished
from tlcore.training.fit.run_folder import read_examples
from tlcore.workspace.records import Split

SCORE_SECONDS = 900.0


def predictions_of(chosen: ChosenRun) -> Predictions:
    """The stored answers of a run; a run that broke off before its score is scored now.

    Raises GraftError when that does not work.
    """
    folder = chosen.folder.parent
    try:
        found = read_predictions(folder)
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
        found = read_predictions(folder)
    _note_score(chosen, found)
    return found


def _note_score(chosen: ChosenRun, found: Predictions) -> None:
    """Let every list of runs tell the test score of one that was scored after it had ended."""
    test = found.evaluation(Split.TEST)
    known = Finished.read(chosen.run.summary).test_accuracy
    if test is None or known is not None or chosen.run.imported:
        return  # of one from elsewhere nobody knows whether it has seen these pictures
    services().workspace.runs.note_score(chosen.run.id, test.accuracy, test.total)
    st.rerun()  # what is drawn above still says how it did on validation


@st.cache_data(show_spinner=False, max_entries=16)
def splits_then(run_folder: str) -> dict[str, Split]:
    """Where each picture stood when a run began, by its hash; empty if it came from elsewhere."""
    folder = Path(run_folder)
    found = read_examples(folder, lambda sha: folder / sha)
    return {one.picture: one.split for one in found.examples} if found else {}


def name_of(example_id: int) -> str:
    """The file name of an example, or a plain word when it is gone."""
    try:
        return services().workspace.examples.get(example_id).source_name
    except NotFound:
        return "a picture"


def card_of(scored: Scored, labels: tuple[str, ...]) -> Card:
    """A scored example as a card: what it is, what was said, and how surely."""
    return Card(
        source=thumbnail_address(scored.picture),
        name=name_of(scored.example),
        prediction=labels[scored.answer],
        confidence=percent(scored.sureness),
        truth=labels[scored.target],
    )

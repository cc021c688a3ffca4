"""The baseline from scratch: the best run with random weights on the same architecture."""

from __future__ import annotations

from pages.parts.run.choice import ChosenRun, usable_runs
from tlcore.errors import NotFound
from tlcore.results.score.predictions import read_predictions
from tlcore.workspace.records import Project


def scratch_words(project: Project, chosen: ChosenRun) -> str | None:
    """A sentence about the best run from random weights on the same architecture, else None.

    Only runs that were scored on the same pictures with the same labels count.
    """
    if not chosen.run.recipe.get("pretrained", True):
        return "This run itself began from random weights: nothing was borrowed."
    scored = _scored(chosen)
    best: tuple[int, int, int] | None = None
    for other in usable_runs(project):
        recipe = other.run.recipe
        same = recipe.get("backbone") == chosen.run.recipe.get("backbone")
        if recipe.get("pretrained", True) or not same:
            continue
        pairs = _scored(other)
        if pairs.keys() == scored.keys():
            right = sum(pairs.values())
            best = max(best or (0, 0, 0), (right, len(pairs), other.run.number))
    if best is None:
        return None
    return f"The same network from random weights (run {best[2]}): {best[0]} of {best[1]} right."


def _scored(run: ChosenRun) -> dict[tuple[str, str], bool]:
    """Whether the prediction was right, by picture and label, for all pictures of the score."""
    try:
        predictions = read_predictions(run.folder.parent)
    except NotFound:
        return {}
    return {
        (example.picture, predictions.labels[example.target]): example.right
        for example in predictions.of(predictions.judged)
    }

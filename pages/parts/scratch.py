"""How the same training from nothing did, where somebody ran it."""

from __future__ import annotations

from pages.parts.run_choice import ChosenRun, usable_runs
from tlcore.errors import NotFound
from tlcore.results.evaluate import Evaluation
from tlcore.results.predictions import read_predictions
from tlcore.workspace.records import Project


def scratch_words(project: Project, chosen: ChosenRun, found: Evaluation) -> str | None:
    """One sentence about the best run from random weights on the same architecture, else None."""
    if not chosen.run.recipe.get("pretrained", True):
        return "This run itself began from random weights: nothing was borrowed."
    best: tuple[int, int, int] | None = None
    for other in usable_runs(project):
        recipe = other.run.recipe
        same = recipe.get("backbone") == chosen.run.recipe.get("backbone")
        if recipe.get("pretrained", True) or not same:
            continue
        try:
            said = read_predictions(other.folder.parent)
        except NotFound:
            continue
        score = said.evaluation(said.judged)
        if score is not None and score.total == found.total:
            best = max(best or (0, 0, 0), (score.right, score.total, other.run.number))
    if best is None:
        return None
    return f"The same network from random weights (run {best[2]}): {best[0]} of {best[1]} right."

"""How the same training from nothing did, where somebody ran it."""

from __future__ import annotations

from pages.parts.run.choice import ChosenRun, usable_runs
from tlcore.errors import NotFound
from tlcore.results.score.predictions import read_predictions
from tlcore.workspace.records import Project


def scratch_words(project: Project, chosen: ChosenRun) -> str | None:
    """One sentence about the best run from random weights on the same architecture, else None.

    Only where it was scored on the same pictures with the same labels.
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
    """Picture and label of everything that its score is about, and whether it was right."""
    try:
        said = read_predictions(run.folder.parent)
    except NotFound:
        return {}
    return {(one.picture, said.labels[one.target]): one.right for one in said.of(said.judged)}

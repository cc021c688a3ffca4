"""Measuring on the pages: where it transfers, which backbone suits, and the advice taken."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.draft.draft import draft_recipe, keep_recipe, with_settings, with_strategy
from pages.parts.draft.measurements import stored_probe, stored_ranking
from pages.parts.draft.readiness import readiness_of
from pages.parts.frame.services import Services
from pages.parts.layers.probe_view import _follows, curve_words
from pages.parts.model.ranking import seconds_words, verdict
from tests.app.conftest import OpenPage
from tests.changes import change
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.sources.lite import LITE
from tlcore.quality.probe.measured import Ranked, Ranking, StageProbe, StagesProbe
from tlcore.training.recipe.advice import recommend
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, strategy_of
from tlcore.workspace.examples.changes import Answer
from tlcore.workspace.records import Project, Split


def texts(page: AppTest) -> str:
    return " ".join(element.value for kind in ("markdown", "caption") for element in page.get(kind))


def test_the_transfer_probe_is_measured_shown_and_used(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    page = open_page("layers.py", project)
    assert not page.exception
    page.button(key="probe").click().run()
    assert not page.exception and not page.error
    now = graft.workspace.projects.get(project.id)
    kept = stored_probe(now, DEFAULT_BACKBONE, readiness_of(now))
    assert kept is not None and kept[1]
    probe = kept[0]
    assert probe.last.accuracy > 0.9, "dark and bright are easily told apart"
    assert "Advice:" in texts(page) and f"{probe.pictures} pictures" in texts(page)
    assert len(page.get("plotly_chart")) == 1


def test_the_advice_is_taken_with_a_click(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    ready = readiness_of(project)
    probe = example(0.2, 0.9, 0.3, 0.5, 0.4, training=200)
    kept = {DEFAULT_BACKBONE: {"standing": ready.standing, "result": probe.to_json()}}
    graft.workspace.projects.choose(project.id, probes=kept)
    page = open_page("layers.py", project)
    assert STRATEGIES["two_phase"].title in texts(page)
    page.button(key="use_advice").click().run()
    assert not page.exception
    stored = graft.workspace.projects.get(project.id).choices["recipe"]
    assert strategy_of(Recipe.read(stored)) == "two_phase"
    assert not [button for button in page.button if button.key == "use_advice"]


def test_advice_that_lets_more_stages_learn_is_offered_and_then_followed(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    """One's own last stage alone is less than the advised way takes, two of five."""
    probe = example(0.2, 0.3, 0.4, 0.5, 0.7, training=400)
    assert recommend(probe).strategy == "last"
    names = [stage.name for stage in probe.stages]
    mine = with_settings(preset("balanced", DEFAULT_BACKBONE, 400), 400, learning="last")
    keep_recipe(project, mine)
    mine = draft_recipe(graft.workspace.projects.get(project.id), 400)
    assert not _follows(mine, "last", probe, 400)
    advised = with_strategy(mine, "last", names, 400)
    assert _follows(advised, "last", probe, 400) and advised.learning == "upper"
    assert _follows(mine, "last", probe, 30), "with few pictures one is enough"


def test_taking_the_advice_keeps_what_somebody_answered(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    ready = readiness_of(project)
    probe = example(0.2, 0.9, 0.3, 0.5, 0.4, training=200)
    kept = {DEFAULT_BACKBONE: {"standing": ready.standing, "result": probe.to_json()}}
    graft.workspace.projects.choose(project.id, probes=kept)
    mine = with_settings(draft_recipe(project, ready.training), ready.training, turn=10.0, views=4)
    keep_recipe(project, mine)
    page = open_page("layers.py", project)
    page.button(key="use_advice").click().run()
    assert not page.exception
    recipe = Recipe.read(graft.workspace.projects.get(project.id).choices["recipe"])
    assert strategy_of(recipe) == "two_phase"
    assert (recipe.turn, recipe.flips) == (10.0, False), "digits must not be mirrored by default"


def test_what_another_version_kept_is_measured_anew(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    graft.workspace.projects.choose(project.id, probes={DEFAULT_BACKBONE: {"result": {"old": 1}}})
    page = open_page("layers.py", project)
    assert not page.exception
    assert page.button(key="probe").label == "Measure on my pictures"


def test_a_probe_of_other_pictures_is_called_old(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    kept = {DEFAULT_BACKBONE: {"standing": "another", "result": example(0.5, 0.8).to_json()}}
    graft.workspace.projects.choose(project.id, probes=kept)
    page = open_page("layers.py", project)
    assert "have changed" in texts(page)
    assert page.button(key="probe").label == "Measure again"


def test_two_pictures_that_change_places_make_a_probe_old(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    """The counts stay as they are; what was measured does not hold all the same."""
    ready = readiness_of(project)
    kept = {DEFAULT_BACKBONE: {"standing": ready.standing, "result": example(0.5, 0.8).to_json()}}
    graft.workspace.projects.choose(project.id, probes=kept)
    question = graft.workspace.labels.question(project.id)
    first, second = (label.id for label in graft.workspace.labels.list(question.id)[:2])
    examples = graft.workspace.examples.list(project.id)
    training = [example for example in examples if example.split is Split.TRAIN]
    of_first = next(e for e in training if e.answers.get(question.id) == first)
    of_second = next(e for e in training if e.answers.get(question.id) == second)
    change(graft.workspace, Answer([of_first.id], question.id, second))
    change(graft.workspace, Answer([of_second.id], question.id, first))
    assert replace(readiness_of(project), standing="") == replace(ready, standing="")
    assert "have changed" in texts(open_page("layers.py", project))
    change(graft.workspace, Answer([of_first.id], question.id, first))
    change(graft.workspace, Answer([of_second.id], question.id, second))
    assert readiness_of(project) == ready


def test_nothing_is_timed_beside_a_run(
    open_page: OpenPage, project: Project, graft: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(graft.workspace.runs), "running", lambda _: ["a run"])
    page = open_page("layers.py", project)
    assert page.button(key="probe").disabled and "too long" in page.button(key="probe").help


def test_backbones_are_ranked_on_the_page(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    page = open_page("model.py", project)
    several = any(find_spec(package.module) for package in LITE)
    buttons = [button for button in page.button if button.key == "rank"]
    assert bool(buttons) == several, "one model, no ranking"
    both = (ranked("resnet18.a1_in1k", 0.9), ranked(DEFAULT_BACKBONE, 0.8))
    ranking = Ranking("f", 48, 40, 0.5, both, 1)
    kept = {"standing": "another", "result": ranking.to_json()}
    graft.workspace.projects.choose(project.id, ranking=kept)
    now = graft.workspace.projects.get(project.id)
    again = stored_ranking(now, readiness_of(now))
    assert again == (ranking, False)


@pytest.mark.parametrize(
    ("level", "words"), [(1, "best"), (2, "cannot be told apart"), (3, "quickest")]
)
def test_the_verdict_knows_chance(level: int, words: str) -> None:
    some = tuple(ranked(name, 0.9) for name in ("one*", "two", "three"))
    words_shown = verdict(Ranking("f", 100, 90, 0.5, some, level))
    assert words in words_shown and r"one\*" in words_shown


def test_seconds_are_for_the_whole_project() -> None:
    ranking = Ranking("f", 100, 2000, 0.5, (), 0)
    assert (
        seconds_words(ranked("a", 0.5, seconds=0.01), ranking) == "about 20 s to train with Quick"
    )
    assert "min" in seconds_words(ranked("a", 0.5, seconds=0.1), ranking)
    assert "1 s" in seconds_words(ranked("a", 0.5, seconds=0.0), ranking)


def test_the_curve_is_put_into_words() -> None:
    assert "clearly the best" in curve_words(example(0.5, 0.6, 0.9))
    assert "does better" in curve_words(example(0.5, 0.9, 0.6))
    assert "equally well" in curve_words(example(0.5, 0.8, 0.8))


def ranked(name: str, accuracy: float, seconds: float = 0.01) -> Ranked:
    return Ranked(name, name, accuracy, 0.02, accuracy, 0.1, seconds)


def example(*accuracies: float, training: int = 40) -> StagesProbe:
    """A probe of a backbone with so many stages."""
    names = ("edges", "textures", "patterns", "parts", "objects")
    best = max(range(len(accuracies)), key=lambda index: (accuracies[index], index))
    return StagesProbe(
        backbone=DEFAULT_BACKBONE, fingerprint="f", pictures=48, labels=2, training=training,
        checking=8, smallest=training // 2, commonest=0.5, best=best,
        gain=accuracies[best] - accuracies[-1], gain_error=0.02, decoding=0.001,
        stages=tuple(StageProbe(n, n.capitalize(), a, 0.02, 0.001)
                     for n, a in zip(names, accuracies, strict=False)),
    )  # fmt: skip

"""Before and after: the run beside baselines without training, on the same pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import report_or_progress
from pages.parts.run.scores import name_of
from tlcore.results.compare.classifiers import SIGNIFICANT, mcnemar
from tlcore.results.figures.score_figures import map_figure
from tlcore.results.score.evaluate import Evaluation, Prediction
from tlcore.results.score.intervals import wilson
from tlcore.results.score.result_cache import MAP_NAME

MAP = "tlcore.results.explain.mapping:map_task"
FLAT = {"displayModeBar": False}
SHOWN = 8
NAMES = {
    "frequent": "Always the most frequent label",
    "nearest": "Nearest neighbour: the label of the most similar training picture",
    "prototype": "Instant classifier: each label's average picture, no training",
    "probe": "Linear probe: one layer on the pretrained network, fitted in one go",
}


def draw_before_after(
    chosen: ChosenRun,
    evaluation: Evaluation,
    scored: Sequence[Prediction],
    details: Mapping[str, Any],
) -> None:
    """The baselines beside this run, the pictures that training gained and lost, and the map."""
    st.write(
        "The same pictures, answered without training, with the simplest training, and by this "
        "run. If a simple one does as well, the longer training was not needed."
    )
    if not details["has_before"]:
        st.info("The pretrained network is not on this computer, so there is nothing to compare.")
    rows = [(NAMES[baseline["name"]], baseline["right"]) for baseline in details["baselines"]]
    rows.append(("This run", evaluation.right))
    intervals = [wilson(right, evaluation.total) for _, right in rows]
    st.dataframe(
        {
            "What": [name for name, _ in rows],
            "Right": [right for _, right in rows],
            "Share": [100 * right / evaluation.total for _, right in rows],
            "Probably between": [
                f"{100 * interval.low:.0f} and {100 * interval.high:.0f} %"
                for interval in intervals
            ],
        },
        hide_index=True,
        column_config={
            "What": st.column_config.TextColumn(width="large"),
            "Share": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
        },
        key="before_after",
    )
    _draw_gain(evaluation, scored, details)
    _draw_map(chosen, evaluation, scored, details)


def _draw_gain(
    evaluation: Evaluation, scored: Sequence[Prediction], details: Mapping[str, Any]
) -> None:
    """What training gained over the instant classifier, picture by picture."""
    instant = next(
        (baseline for baseline in details["baselines"] if baseline["name"] == "prototype"), None
    )
    if instant is None:
        return
    answers = zip(scored, instant["answers"], strict=True)
    pairs = [(example, label == example.target) for example, label in answers]
    gained = [example for example, before in pairs if example.right and not before]
    lost = [example for example, before in pairs if before and not example.right]
    st.subheader("What did training change?", anchor=False)
    st.write(gain_words(len(gained), len(lost)))
    for pictures, words, key in ((gained, "Gained", "gained"), (lost, "Lost", "lost")):
        if pictures:
            with st.expander(f"{words}: {count(len(pictures), 'picture')}"):
                cards = [_card(example, evaluation.labels) for example in pictures[:SHOWN]]
                draw_cards(cards, key=f"before_{key}")


def _card(example: Prediction, labels: Sequence[str]) -> Card:
    """A scored example as a card, without its confidence."""
    return Card(
        source=thumbnail_address(example.picture),
        name=name_of(example.example),
        prediction=labels[example.predicted],
        confidence="",
        truth=labels[example.target],
    )


def gain_words(gained: int, lost: int) -> str:
    """What training changed against the instant classifier, and whether that may be chance."""
    if not gained and not lost:
        return "Nothing: the instant classifier is right and wrong on the very same pictures."
    sure = mcnemar(gained, lost) < SIGNIFICANT
    verdict = "That is more than chance." if sure else "That may well be chance."
    return (
        f"Against the instant classifier it gained {count(gained, 'picture')} and lost {lost}. "
        f"{verdict}"
    )


def nearness_words(near: Mapping[str, float]) -> str:
    """How many of a picture's nearest pictures share its label, beside what chance gives."""
    which = f"the {near['most']} pictures" if near["most"] > 1 else "the one picture"
    return (
        f"Of {which} nearest to each (fewer where its label has fewer), {100 * near['share']:.0f} "
        f"% have its label; by chance it would be {100 * near['chance']:.0f} %."
    )


def _draw_map(
    chosen: ChosenRun,
    evaluation: Evaluation,
    scored: Sequence[Prediction],
    details: Mapping[str, Any],
) -> None:
    """The scored pictures as a map: those that look alike to the network lie close together."""
    st.subheader("How it sees your pictures", anchor=False)
    st.write(
        "Each point is a scored picture. What looks alike to the network lies close together; "
        "ringed points were answered wrongly. Only nearness means something, not direction."
    )
    start = st.session_state.get(f"map_{chosen.run.id}", False)
    drawn = report_or_progress(chosen, MAP_NAME, MAP, start=start)
    if drawn is None:
        if not start and st.button("Draw the map", icon=":material/map:", key="start_map"):
            st.session_state[f"map_{chosen.run.id}"] = True
            st.rerun()
        return
    by_id = {example.example: example for example in scored}
    examples = [by_id[example_id] for example_id in drawn["examples"] if example_id in by_id]
    targets = [example.target for example in examples]
    wrong = [not example.right for example in examples]
    sides = [("after", "After training")]
    if drawn["before"] is not None:
        sides.insert(0, ("before", "Before training"))
    for place, (name, title) in zip(side_by_side(len(sides)), sides, strict=True):
        with place:
            figure = map_figure(
                drawn[name], targets, evaluation.labels, wrong, title, key=f"map_{name}"
            )
            st.plotly_chart(figure, key=f"map_chart_{name}", config=FLAT)
            if near := drawn[f"alike_{name}"]:
                st.caption(nearness_words(near))
    if details["unchanged"]:
        st.caption("Only the head learned in this run: the network sees just as it did before.")

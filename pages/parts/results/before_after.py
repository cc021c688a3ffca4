"""Before and after: what no training, a little and this training get on the same pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import found_or_going
from pages.parts.run.scores import name_of
from tlcore.results.compare.classifiers import SIGNIFICANT, mcnemar
from tlcore.results.figures.score_figures import map_figure
from tlcore.results.score.evaluate import Evaluation, Scored
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
    chosen: ChosenRun, found: Evaluation, scored: Sequence[Scored], details: Mapping[str, Any]
) -> None:
    """Every simple machine beside the trained one, the pictures it gained, and the map."""
    st.write(
        "The same pictures, answered without training, with the simplest training, and by this "
        "run. If a simple one does as well, the longer training was not needed."
    )
    if not details["has_before"]:
        st.info("The pretrained network is not on this computer, so there is nothing to compare.")
    rows = [(NAMES[one["name"]], one["right"]) for one in details["baselines"]]
    rows.append(("This run", found.right))
    intervals = [wilson(right, found.total) for _, right in rows]
    st.dataframe(
        {
            "What": [name for name, _ in rows],
            "Right": [right for _, right in rows],
            "Share": [100 * right / found.total for _, right in rows],
            "Probably between": [
                f"{100 * one.low:.0f} and {100 * one.high:.0f} %" for one in intervals
            ],
        },
        hide_index=True,
        column_config={
            "What": st.column_config.TextColumn(width="large"),
            "Share": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
        },
        key="before_after",
    )
    _draw_gain(found, scored, details)
    _draw_map(chosen, found, scored, details)


def _draw_gain(found: Evaluation, scored: Sequence[Scored], details: Mapping[str, Any]) -> None:
    """What training gained over the instant classifier, picture by picture."""
    instant = next((one for one in details["baselines"] if one["name"] == "prototype"), None)
    if instant is None:
        return
    pairs = list(zip(scored, instant["answers"], strict=True))
    gained = [one for one, said in pairs if one.right and said != one.target]
    lost = [one for one, said in pairs if not one.right and said == one.target]
    st.subheader("What did training change?", anchor=False)
    st.write(gain_words(len(gained), len(lost)))
    for pictures, words, key in ((gained, "Gained", "gained"), (lost, "Lost", "lost")):
        if pictures:
            with st.expander(f"{words}: {count(len(pictures), 'picture')}"):
                draw_cards(
                    [
                        Card(thumbnail_address(one.picture), name_of(one.example),
                             found.labels[one.answer], "", found.labels[one.target])
                        for one in pictures[:SHOWN]
                    ],
                    key=f"before_{key}",
                )  # fmt: skip


def gain_words(gained: int, lost: int) -> str:
    """What training changed against the instant classifier, and whether that can be chance."""
    if not gained and not lost:
        return "Nothing: the instant classifier is right and wrong on the very same pictures."
    sure = mcnemar(gained, lost) < SIGNIFICANT
    verdict = "That is more than chance." if sure else "That may well be chance."
    return (
        f"Against the instant classifier it gained {count(gained, 'picture')} and lost {lost}. "
        f"{verdict}"
    )


def nearness_words(near: Mapping[str, float]) -> str:
    """How many of the nearest pictures have a picture's own label, beside what chance gives."""
    which = f"the {near['most']} pictures" if near["most"] > 1 else "the one picture"
    return (
        f"Of {which} nearest to each (fewer where its label has fewer), {100 * near['share']:.0f} "
        f"% have its label; by chance it would be {100 * near['chance']:.0f} %."
    )


def _draw_map(
    chosen: ChosenRun, found: Evaluation, scored: Sequence[Scored], details: Mapping[str, Any]
) -> None:
    """The scored pictures as the network sees them: what looks alike to it lies close together."""
    st.subheader("How it sees your pictures", anchor=False)
    st.write(
        "Each point is a scored picture. What looks alike to the network lies close together; "
        "ringed points were answered wrongly. Only nearness means something, not direction."
    )
    start = st.session_state.get(f"map_{chosen.run.id}", False)
    drawn = found_or_going(chosen, MAP_NAME, MAP, start=start)
    if drawn is None:
        if not start and st.button("Draw the map", icon=":material/map:", key="start_map"):
            st.session_state[f"map_{chosen.run.id}"] = True
            st.rerun()
        return
    by_id = {one.example: one for one in scored}
    chosen_ones = [by_id[one] for one in drawn["examples"] if one in by_id]
    targets = [one.target for one in chosen_ones]
    wrong = [not one.right for one in chosen_ones]
    sides = [("after", "After training")]
    if drawn["before"] is not None:
        sides.insert(0, ("before", "Before training"))
    for place, (name, title) in zip(side_by_side(len(sides)), sides, strict=True):
        with place:
            figure = map_figure(drawn[name], targets, found.labels, wrong, title, key=f"map_{name}")
            st.plotly_chart(figure, key=f"map_chart_{name}", config=FLAT)
            if near := drawn[f"alike_{name}"]:
                st.caption(nearness_words(near))
    if details["unchanged"]:
        st.caption("Only the head learned in this run: the network sees just as it did before.")

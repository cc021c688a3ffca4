"""Which backbone suits these pictures? Ready backbones, ranked by a probe on the pictures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.draft.draft import choose_backbone, chosen_backbone
from pages.parts.draft.measurements import measure_ranking, stored_ranking
from pages.parts.draft.readiness import Readiness
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.text import count, markdown_text
from pages.parts.run.busy import why_busy
from tlcore.backbones.catalog.card import BackboneCard
from tlcore.quality.probe.measured import Ranked, Ranking
from tlcore.workspace.records import Project

SHOWN = 5
CHANGED = "Your pictures have changed since this was measured."
FIGURES = (
    "**Right answers**: a simple head on the frozen model, on pictures held out in turns, ± one "
    "standard error. **Neighbours**: right answers by the five most similar pictures alone, "
    "without any training. **LogME**: how well the model's features explain the labels; higher is "
    "better, and only figures of one table can be compared. **Seconds**: looking once at your "
    "pictures, which is nearly all that Quick does."
)


def draw_ranking(project: Project, cards: Sequence[BackboneCard], readiness: Readiness) -> None:
    """Draw the ranking of the backbones that are ready, or the button that makes it."""
    ready = [card for card in cards if card.ready]
    if not readiness.ready or len(ready) < 2:
        return
    st.subheader("Which one suits your pictures?", anchor=False)
    stored = stored_ranking(project, readiness)
    if stored is None:
        st.write(
            "Graft can try every model that is ready on your own pictures, 300 of them at most, "
            "and say which tells them apart best and how long each would take."
        )
        _draw_measure(project, readiness, f"Try {count(len(ready), 'model')} on my pictures")
        return
    ranking, fresh = stored
    ranked = {candidate.name for candidate in ranking.ranked}
    tried = ranked | {name for name, _ in ranking.failed}
    _draw_ranked(project, ranking, {card.name for card in ready})
    if not fresh or not tried >= {card.name for card in ready}:
        words = CHANGED if not fresh else "There are models that were not tried yet."
        st.caption(f":material/update: {words}")
        _draw_measure(project, readiness, "Try again")


def _draw_measure(project: Project, readiness: Readiness, words: str) -> None:
    why = why_busy()
    if st.button(words, icon=":material/leaderboard:", key="rank", disabled=bool(why), help=why):
        with shown_errors():
            measure_ranking(project, readiness)
            st.rerun()


def _draw_ranked(project: Project, ranking: Ranking, ready: set[str]) -> None:
    st.markdown(verdict(ranking))
    chosen = chosen_backbone(project)
    for place, candidate in enumerate(ranking.ranked[:SHOWN]):
        _draw_row(project, candidate, ranking, place, chosen, candidate.name in ready)
    st.caption(
        f"Right answers of a simple head on {count(ranking.pictures, 'picture')} that it did not "
        "learn from, in turns."
    )
    with st.expander("All figures", icon=":material/table:"):
        st.dataframe(rows(ranking), hide_index=True, width="stretch")
        st.caption(FIGURES)
    for name, why in ranking.failed:
        st.caption(f":material/error: {markdown_text(name)}: {markdown_text(why)}")


def verdict(ranking: Ranking) -> str:
    """Which backbone comes first, and whether that is more than chance (Markdown)."""
    names = [f"**{markdown_text(candidate.title)}**" for candidate in ranking.ranked]
    if not names:
        return "None of the models could be tried."
    if len(names) == 1:
        return f"Only {names[0]} could be tried."
    if ranking.level == 1:
        return f"{names[0]} tells your pictures apart best."
    level = ranking.ranked[: ranking.level]
    quickest = min(level, key=lambda candidate: candidate.seconds)
    together = " and ".join([", ".join(names[: ranking.level - 1]), names[ranking.level - 1]])
    return (
        f"{together} cannot be told apart on {ranking.pictures} pictures. "
        f"The quickest of them is **{markdown_text(quickest.title)}**."
    )


def _draw_row(
    project: Project, candidate: Ranked, ranking: Ranking, place: int, chosen: str, ready: bool
) -> None:
    with st.container(border=True):
        name, figure, button = st.columns([4, 4, 2], vertical_alignment="center")
        with name:
            st.markdown(f"**{place + 1}. {markdown_text(candidate.title)}**")
            st.caption(f":material/timer: {seconds_words(candidate, ranking)}")
        with figure:
            st.progress(
                candidate.accuracy, text=f"{candidate.accuracy:.0%} right (± {candidate.error:.0%})"
            )
        with button:
            if candidate.name == chosen:
                st.badge("Chosen", color="blue", icon=":material/check:")
            elif ready and st.button("Choose", key=f"ranked_{candidate.name}", width="stretch"):
                choose_backbone(project, candidate.name)
                st.rerun()


def seconds_words(candidate: Ranked, ranking: Ranking) -> str:
    """How long Quick would take on the whole project."""
    seconds = candidate.seconds * ranking.looks
    shown = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"about {shown if seconds >= 1 else '1 s'} to train with Quick"


def rows(ranking: Ranking) -> list[dict[str, object]]:
    """Every figure as rows of a table; names need no escaping there."""
    return [
        {
            "Model": candidate.title,
            "Right answers": f"{candidate.accuracy:.1%} ± {candidate.error:.1%}",
            "Neighbours": f"{candidate.neighbours:.1%}",
            "LogME": round(candidate.logme, 3),
            "Seconds": round(candidate.seconds * ranking.looks, 1),
        }
        for candidate in ranking.ranked
    ]

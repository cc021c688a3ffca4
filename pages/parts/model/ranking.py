"""Which backbone suits these pictures? Those that are ready, ranked by a probe on the pictures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.draft.draft import choose_backbone, chosen_backbone
from pages.parts.draft.measurements import kept_ranking, measure_ranking
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


def draw_ranking(project: Project, cards: Sequence[BackboneCard], found: Readiness) -> None:
    """Draw the ranking of what is ready, or the button that makes it."""
    ready = [card for card in cards if card.ready]
    if not found.ready or len(ready) < 2:
        return
    st.subheader("Which one suits your pictures?", anchor=False)
    kept = kept_ranking(project, found)
    if kept is None:
        st.write(
            "Graft can try every model that is ready on your own pictures, 300 of them at most, "
            "and say which tells them apart best and how long each would take."
        )
        _draw_measure(project, found, f"Try {count(len(ready), 'model')} on my pictures")
        return
    ranking, fresh = kept
    known = {one.name for one in ranking.ranked}
    tried = known | {name for name, _ in ranking.failed}
    _draw_ranked(project, ranking, {card.name for card in ready})
    if not fresh or not tried >= {card.name for card in ready}:
        words = CHANGED if not fresh else "There are models that were not tried yet."
        st.caption(f":material/update: {words}")
        _draw_measure(project, found, "Try again")


def _draw_measure(project: Project, found: Readiness, words: str) -> None:
    why = why_busy()
    if st.button(words, icon=":material/leaderboard:", key="rank", disabled=bool(why), help=why):
        with shown_errors():
            measure_ranking(project, found)
            st.rerun()


def _draw_ranked(project: Project, ranking: Ranking, ready: set[str]) -> None:
    st.markdown(verdict(ranking))
    chosen = chosen_backbone(project)
    for place, one in enumerate(ranking.ranked[:SHOWN]):
        _draw_row(project, one, ranking, place, chosen, one.name in ready)
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
    """Who is first, and whether that is more than chance (Markdown)."""
    names = [f"**{markdown_text(one.title)}**" for one in ranking.ranked]
    if not names:
        return "None of the models could be tried."
    if len(names) == 1:
        return f"Only {names[0]} could be tried."
    if ranking.level == 1:
        return f"{names[0]} tells your pictures apart best."
    level = ranking.ranked[: ranking.level]
    quickest = min(level, key=lambda one: one.seconds)
    together = " and ".join([", ".join(names[: ranking.level - 1]), names[ranking.level - 1]])
    return (
        f"{together} cannot be told apart on {ranking.pictures} pictures. "
        f"The quickest of them is **{markdown_text(quickest.title)}**."
    )


def _draw_row(
    project: Project, one: Ranked, ranking: Ranking, place: int, chosen: str, ready: bool
) -> None:
    with st.container(border=True):
        name, figure, button = st.columns([4, 4, 2], vertical_alignment="center")
        with name:
            st.markdown(f"**{place + 1}. {markdown_text(one.title)}**")
            st.caption(f":material/timer: {seconds_words(one, ranking)}")
        with figure:
            st.progress(one.accuracy, text=f"{one.accuracy:.0%} right (± {one.error:.0%})")
        with button:
            if one.name == chosen:
                st.badge("Chosen", color="blue", icon=":material/check:")
            elif ready and st.button("Choose", key=f"ranked_{one.name}", width="stretch"):
                choose_backbone(project, one.name)
                st.rerun()


def seconds_words(one: Ranked, ranking: Ranking) -> str:
    """How long Quick would take on the whole project."""
    seconds = one.seconds * ranking.looks
    shown = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"about {shown if seconds >= 1 else '1 s'} to train with Quick"


def rows(ranking: Ranking) -> list[dict[str, object]]:
    """Every figure, as a table; names are shown as they are."""
    return [
        {
            "Model": one.title,
            "Right answers": f"{one.accuracy:.1%} ± {one.error:.1%}",
            "Neighbours": f"{one.neighbours:.1%}",
            "LogME": round(one.logme, 3),
            "Seconds": round(one.seconds * ranking.looks, 1),
        }
        for one in ranking.ranked
    ]

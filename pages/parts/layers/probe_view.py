"""The transfer probe: accuracy against depth, distance to the source data, and advice."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.draft.backbones import card_of
from pages.parts.draft.draft import with_strategy
from pages.parts.draft.measurements import measure_probe, stored_probe
from pages.parts.draft.readiness import Readiness
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.text import markdown_text
from pages.parts.run.busy import why_busy
from tlcore.quality.probe.measured import Distance, StagesProbe
from tlcore.results.figures.transfer_figures import depth_figure, depth_words
from tlcore.training.recipe.advice import Recommendation, depth_profile, recommend
from tlcore.training.recipe.phases import resolve_learning
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, strategy_of
from tlcore.workspace.records import Project

WHAT = (
    "Graft tries out every stage by itself: how many of your pictures can be told apart by what "
    "this stage says of them? It looks at 300 pictures at most, and never at the test pictures."
)
CHANGED = "Your pictures have changed since this was measured."
DISTANCES = {
    "near": ("Near", "green", "Your pictures show things like those that it learned from."),
    "some way off": (
        "Some way off",
        "orange",
        "Your pictures show other things than those that it learned from, but of a like kind.",
    ),
    "far": ("Far", "red", "Your pictures are unlike anything that it learned from."),
}
SHOWN_KINDS = 4
NOW = "Your settings follow this already."


def draw_where_transfers(
    project: Project, recipe: Recipe, readiness: Readiness, on_chosen: Callable[[Recipe], None]
) -> None:
    """Draw the probe of the recipe's backbone with its advice; “Use it” calls `on_chosen`.

    Where nothing was measured yet, there is the button that measures.
    """
    st.subheader("Where does it transfer?", anchor=False)
    stored = stored_probe(project, recipe.backbone, readiness) if readiness.ready else None
    if stored is None:
        st.write(WHAT)
        _draw_measure(project, recipe.backbone, readiness, "Measure on my pictures")
        return
    probe, fresh = stored
    if not fresh:
        st.caption(f":material/update: {CHANGED}")
        _draw_measure(project, recipe.backbone, readiness, "Measure again")
    _draw_probe(probe)
    _draw_advice(recommend(probe), probe, recipe, readiness.training, on_chosen)


def follows_advice(project: Project, recipe: Recipe, readiness: Readiness) -> bool:
    """Whether the recipe follows the advice of a probe of the pictures as they are now."""
    stored = stored_probe(project, recipe.backbone, readiness) if readiness.ready else None
    if stored is None or not stored[1]:
        return False
    probe = stored[0]
    return _follows(recipe, recommend(probe).strategy, probe, readiness.training)


def _follows(recipe: Recipe, strategy: str, probe: StagesProbe, training: int) -> bool:
    """Whether the recipe lets the same stages learn in the same order as the strategy."""
    names = [stage.name for stage in probe.stages]
    advised = with_strategy(recipe, strategy, names, training)
    same = resolve_learning(advised.learning, names) == resolve_learning(recipe.learning, names)
    return same and strategy_of(recipe) == strategy


def _draw_measure(project: Project, backbone: str, readiness: Readiness, words: str) -> None:
    why = why_busy() if readiness.ready else readiness.missing
    pressed = st.button(
        words, icon=":material/query_stats:", key="probe", disabled=bool(why), help=why
    )
    if pressed:
        with shown_errors():
            if not card_of(backbone).ready:
                st.info("Download this model first, on the page Model.")
                return
            measure_probe(project, backbone, readiness)
            st.rerun()


def _draw_probe(probe: StagesProbe) -> None:
    st.plotly_chart(depth_figure(probe), key="depth", config={"displayModeBar": False},
                    alt=depth_words(probe))  # fmt: skip
    st.caption(
        f"Right answers out of {probe.pictures} pictures that were held out in turns, by stage. "
        "The thin bars show how far chance could move a point."
    )
    if probe.distance is None:
        st.markdown(curve_words(probe))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(curve_words(probe))
    with right:
        _draw_distance(probe.distance)


def curve_words(probe: StagesProbe) -> str:
    """What the curve says, in a sentence or two (Markdown)."""
    best, last = probe.stages[probe.best], probe.last
    shape = depth_profile(probe)
    if shape == "earlier":
        return (
            f"**{markdown_text(best.title)}** does better than the last stage, "
            f"**{markdown_text(last.title)}**: {best.accuracy:.0%} against {last.accuracy:.0%}. "
            "The top of the network has specialised in things unlike yours, and may have to "
            "learn anew."
        )
    if shape == "last":
        return (
            f"The last stage, **{markdown_text(last.title)}**, is clearly the best "
            f"({last.accuracy:.0%}): everything that the network knows helps with your pictures."
        )
    return (
        f"The upper stages do about equally well (the last one {last.accuracy:.0%}): the top of "
        "the network adds little for your pictures so far."
    )


def _draw_distance(distance: Distance) -> None:
    title, colour, words = DISTANCES[distance.word]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("How far from what it learned?", width="content")
        st.badge(title, color=colour)  # type: ignore[arg-type]
    kinds = [markdown_text(name) for name in dict.fromkeys(distance.nearest)][:SHOWN_KINDS]
    st.caption(
        f"{words} The nearest of what it knows: {', '.join(kinds)}. A typical label of yours is "
        f"{distance.ratio:.1f} times as far from that as those kinds are from each other."
    )


def _draw_advice(
    advice: Recommendation,
    probe: StagesProbe,
    recipe: Recipe,
    training: int,
    on_chosen: Callable[[Recipe], None],
) -> None:
    strategy = STRATEGIES[advice.strategy]
    with st.container(border=True):
        st.markdown(f":material/lightbulb: **Advice: {strategy.plain}** ({strategy.title})")
        st.markdown("\n".join(f"- {words}" for words in advice.why))
        if _follows(recipe, advice.strategy, probe, training):
            st.caption(f":material/check: {NOW}")
            return
        names = [stage.name for stage in probe.stages]
        advised = with_strategy(recipe, advice.strategy, names, training)
        if st.button("Use it", key="use_advice", type="primary", icon=":material/done:"):
            on_chosen(advised)
            st.rerun()

"""Where does it transfer? Accuracy against depth, the distance, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.draft.backbones import card_of
from pages.parts.draft.draft import with_strategy
from pages.parts.draft.measurements import kept_probe, measure_probe
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
    project: Project, recipe: Recipe, found: Readiness, on_chosen: Callable[[Recipe], None]
) -> None:
    """Draw the probe of the recipe's backbone and what it advises; “Use it” calls `on_chosen`.

    Where nothing was measured yet, a button does.
    """
    st.subheader("Where does it transfer?", anchor=False)
    kept = kept_probe(project, recipe.backbone, found) if found.ready else None
    if kept is None:
        st.write(WHAT)
        _draw_measure(project, recipe.backbone, found, "Measure on my pictures")
        return
    probe, fresh = kept
    if not fresh:
        st.caption(f":material/update: {CHANGED}")
        _draw_measure(project, recipe.backbone, found, "Measure again")
    _draw_probe(probe)
    _draw_advice(recommend(probe), probe, recipe, found.training, on_chosen)


def follows_advice(project: Project, recipe: Recipe, found: Readiness) -> bool:
    """Whether what was measured on the pictures as they are now advises just what is set."""
    kept = kept_probe(project, recipe.backbone, found) if found.ready else None
    if kept is None or not kept[1]:
        return False
    probe = kept[0]
    return _follows(recipe, recommend(probe).strategy, probe, found.training)


def _follows(recipe: Recipe, strategy: str, probe: StagesProbe, training: int) -> bool:
    """Whether the same stages learn, in the same order, as the strategy would have it."""
    names = [stage.name for stage in probe.stages]
    wanted = with_strategy(recipe, strategy, names, training)
    same = resolve_learning(wanted.learning, names) == resolve_learning(recipe.learning, names)
    return same and strategy_of(recipe) == strategy


def _draw_measure(project: Project, backbone: str, found: Readiness, words: str) -> None:
    why = why_busy() if found.ready else found.missing
    pressed = st.button(
        words, icon=":material/query_stats:", key="probe", disabled=bool(why), help=why
    )
    if pressed:
        with shown_errors():
            if not card_of(backbone).ready:
                st.info("Download this model first, on the page Model.")
                return
            measure_probe(project, backbone, found)
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
        wanted = with_strategy(recipe, advice.strategy, names, training)
        if st.button("Use it", key="use_advice", type="primary", icon=":material/done:"):
            on_chosen(wanted)
            st.rerun()

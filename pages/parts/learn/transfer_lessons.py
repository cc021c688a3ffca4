"""The lessons on transfer: widgets, charts, and what to notice."""

from __future__ import annotations

import streamlit as st

from pages.parts.components.bars import Tone, draw_shares
from pages.parts.components.blocks import Block, draw_blocks
from pages.parts.draft.network_words import size_words
from pages.parts.learn import transfer_experiments as experiments
from pages.parts.learn.charts import (
    forgetting_figure,
    transfer_figure,
)
from pages.parts.learn.real_networks import NETWORKS, RealNetwork
from tlcore.results.figures.figures import percent

PLAIN_CHART = {"displayModeBar": False}
STAGE_WORDS = {
    "Edges": "Lines, corners and colours.",
    "Textures": "Grain, hair, bricks, leaves.",
    "Patterns": "Shapes that repeat.",
    "Parts": "Eyes, wheels, petals.",
    "Objects": "Whole things and scenes.",
}

transfer_curves = st.cache_data(show_spinner=False, max_entries=64)(experiments.transfer_curves)
forgetting = st.cache_data(show_spinner=False, max_entries=64)(experiments.forgetting)
negative_transfer = st.cache_data(show_spinner=False, max_entries=64)(experiments.negative_transfer)
inherited_bias = st.cache_data(show_spinner=False, max_entries=64)(experiments.inherited_bias)


@st.fragment
def draw_borrow() -> None:
    """Transfer against training from scratch, for more and more pictures."""
    st.subheader("Try it: how many pictures does it take?", anchor=False)
    st.write(
        "A small network has learned to tell the digits 0 to 5 apart, wherever they stand. "
        "Now the digits 6 to 9 are to be told apart, from few pictures."
    )
    amount = st.select_slider(
        "Pictures per label", experiments.AMOUNTS, value=10, key="lesson_amount"
    )
    with st.spinner("Training 54 small networks …"):
        curves = transfer_curves()
    place = experiments.AMOUNTS.index(amount)
    for column, (name, values) in zip(st.columns(3), curves.items(), strict=True):
        column.metric(name.capitalize(), percent(values[place]))
    st.plotly_chart(
        transfer_figure(curves, amount), config=PLAIN_CHART, key="lesson_transfer",
        alt="Right answers against pictures per label: borrowed networks lead while pictures "
        "are few, and the network from scratch catches up.",
    )  # fmt: skip
    _notice(
        "With few pictures the borrowed network leads. With many the one from scratch catches up. "
        "In between, letting the borrowed part learn a little is best."
    )


@st.fragment
def draw_freeze() -> None:
    """A real network as blocks, and what freezing it to a depth leaves to learn."""
    st.subheader("Try it: freeze a real network", anchor=False)
    st.write("Move the slider, or click a block. Blue is frozen, orange learns.")
    names = [network.title for network in NETWORKS]
    with st.container(horizontal=True):
        name = st.selectbox("Network", names, key="lesson_network", width=240)
        labels = st.number_input("Labels", 2, 1000, 2, key="lesson_labels", width=140)
        pictures = st.number_input("Pictures", 10, 100_000, 100, key="lesson_pictures", width=160)
    network = NETWORKS[names.index(name)]
    frozen = (False,) * len(network.stages)
    learning: tuple[bool, ...] = st.session_state.get("lesson_learning", frozen)
    _choose(learning)  # the slider forgets its place while another lesson is open
    st.slider(
        "Frozen stages, from the picture up", 0, len(network.stages), key="lesson_frozen",
        on_change=lambda: _freeze_first(st.session_state["lesson_frozen"]),
    )  # fmt: skip
    _draw_network(network, learning, labels)
    _draw_cost(network, learning, labels, pictures)


def _freeze_first(count: int) -> None:
    _choose(tuple(place >= count for place in range(len(NETWORKS[0].stages))))


def _choose(learning: tuple[bool, ...]) -> None:
    st.session_state["lesson_learning"] = learning
    frozen = learning.index(True) if any(learning) else len(learning)
    st.session_state["lesson_frozen"] = frozen


def _draw_network(network: RealNetwork, learning: tuple[bool, ...], labels: int) -> None:
    stages = [
        Block(title.lower(), title, STAGE_WORDS[title], size_words(count), learns)
        for (title, count), learns in zip(network.stages, learning, strict=True)
    ]
    draw_blocks(
        Block("input", "Your picture", "Pixels.", ""),
        stages,
        Block("head", "New head", "Your labels.", size_words(network.head(labels)), True),
        key="lesson_blocks",
        on_chosen=_choose,
    )


def _draw_cost(
    network: RealNetwork, learning: tuple[bool, ...], labels: int, pictures: int
) -> None:
    counts = [count for (_, count), learns in zip(network.stages, learning, strict=True) if learns]
    learns, everything = sum(counts) + network.head(labels), network.all(labels)
    first, second, third = st.columns(3)
    first.metric("Numbers that learn", size_words(learns))
    share = learns / everything
    second.metric(
        "Share of the network", "under 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
    )
    third.metric("To find from each picture", size_words(max(1, round(learns / pictures))))
    _notice(
        "With everything frozen, only the new head learns: this is feature extraction. Let the "
        "last stage learn and millions of numbers must be found from the same few pictures: this "
        "is fine-tuning. It can fit better, and it can memorise."
    )


@st.fragment
def draw_fine_tune() -> None:
    """The backbone's learning rate against what is learned and what is forgotten."""
    st.subheader("Try it: the price of large steps", anchor=False)
    st.write(
        "The network that knows 0 to 5 is fine-tuned on 6 to 9. Then its old head is put back, "
        "and it is asked for 0 to 5 again."
    )
    with st.container(horizontal=True):
        amount = st.segmented_control(
            "Pictures per label", [10, 20, 50], default=50, required=True, key="lesson_fine_amount"
        )
        rates = {rate: "frozen" if rate == 0 else f"{rate:g}" for rate in experiments.RATES}
        rate = st.select_slider(
            "Learning rate of the borrowed part", experiments.RATES, value=0.003,
            format_func=rates.__getitem__, key="lesson_rate",
        )  # fmt: skip
    with st.spinner("Fine-tuning 21 small networks …"):
        points = forgetting(amount)
    place = experiments.RATES.index(rate)
    first, second = st.columns(2)
    first.metric("Your new digits", percent(points[place].new))
    second.metric("The old digits, asked again", percent(points[place].old))
    st.plotly_chart(
        forgetting_figure(points, place), config=PLAIN_CHART, key="lesson_forgetting",
        alt="Right answers against the learning rate of the borrowed part: the new digits gain a "
        "little and lose again, the old ones are forgotten.",
    )  # fmt: skip
    _notice(
        "Small steps help the new problem and forget little. Large steps forget the old one, and "
        "then the new one is no better for it."
    )


@st.fragment
def draw_bias() -> None:
    """The same balanced training on two backbones, one of which was pretrained on one side only."""
    st.subheader("See it: a narrow first life", anchor=False)
    st.write(
        "Two networks learned the digits 0 to 5. One saw them everywhere, the other only at the "
        "left edge. Both are then taught 6 to 9 with the same fair pictures: half at the left, "
        "half at the right."
    )
    with st.spinner("Training both …"):
        sides = inherited_bias()
    for column, (name, (left, right)) in zip(st.columns(2), sides.items(), strict=True):
        with column.container(border=True):
            st.markdown(f"**Its backbone {name}**")
            shares = {"New digits at the left": left, "New digits at the right": right}
            draw_shares(shares, ["main", "bad"], key=f"lesson_bias_{len(name)}")
    left, right = list(sides.values())[1]
    _notice(
        f"Your pictures were fair, and yet the second one is {100 * (left - right):.0f} points "
        "worse on one side. You can only find this by scoring the sides apart."
    )


@st.fragment
def draw_negative() -> None:
    """The frozen backbones of three teachers against training from scratch."""
    st.subheader("Try it: choose the wrong teacher", anchor=False)
    st.write(
        "Four networks learn 6 to 9. Three stand on a frozen backbone that first learned "
        "something else; the last starts from nothing."
    )
    amount = st.segmented_control(
        "Pictures per label", [5, 20, 50], default=20, required=True, key="lesson_negative_amount"
    )
    with st.spinner("Training 12 small networks …"):
        scores = negative_transfer(amount)
    scratch = scores["from scratch"]
    tones: list[Tone] = ["good" if value > scratch else "bad" for value in scores.values()]
    named = {
        name if name == "from scratch" else f"taught first: {name}": value
        for name, value in scores.items()
    }
    draw_shares(named, [*tones[:-1], "plain"], key="lesson_negative")
    _notice(
        "A teacher that looked for the same kind of thing helps. One that only had to see "
        "brightness, or was taught nonsense, does worse than no teacher."
    )


def _notice(words: str) -> None:
    st.info(words, icon=":material/visibility:")

"""The lessons on evaluation and robustness: widgets, charts, and what to notice."""

from __future__ import annotations

import streamlit as st

from pages.parts.components.bars import draw_shares
from pages.parts.learn import evaluation_experiments as evaluation
from pages.parts.learn import robustness_experiments as robustness
from pages.parts.learn.charts import (
    enlarged,
    fit_figure,
    turned_figure,
    weights_figure,
)
from pages.parts.learn.digits import digits
from tlcore.results.figures.figures import loss_figure, percent

PLAIN_CHART = {"displayModeBar": False}
ANGLES = tuple(range(-90, 91, 15))

leak = st.cache_data(show_spinner=False, max_entries=64)(evaluation.leak)
curves = st.cache_data(show_spinner=False, max_entries=64)(evaluation.curves)
shortcut = st.cache_data(show_spinner=False, max_entries=64)(robustness.shortcut)
score_when_turned = st.cache_data(show_spinner=False, max_entries=64)(robustness.score_when_turned)


@st.fragment
def draw_splits() -> None:
    """The score of a leaky split beside that of a grouped one and the truth."""
    st.subheader("Try it: make the score lie", anchor=False)
    st.write("Twelve digits of each kind, photographed in bursts, like frames of a video.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        frames = st.select_slider(
            "Frames in a burst", [1, 2, 4, 8, 16], value=8, key="lesson_frames"
        )
        by_lot = st.toggle("Draw the labels by lot: nothing is to be learned", key="lesson_lot")
    with st.spinner("Scoring …"):
        shares = leak(frames, by_lot)
    bars = {
        "frames of a burst on both sides": shares.mixed,
        "bursts kept together": shares.grouped,
        "the truth: 1,677 other digits": shares.truth,
    }
    draw_shares(bars, ["bad", "good", "plain"], key="lesson_leak")
    if by_lot:
        _notice(
            f"The labels mean nothing, and still the leaky test says {percent(shares.mixed)}. "
            f"Kept together, the bursts say {percent(shares.grouped)}, about as often as chance."
        )
    else:
        _notice(
            "The more frames there are, the more the leaky score flatters. Now draw the labels by "
            "lot: nobody can be better than chance."
        )


@st.fragment
def draw_overfit() -> None:
    """A polynomial that bends more and more, and the two curves of a real training."""
    st.subheader("Try it: bend the line", anchor=False)
    with st.container(horizontal=True):
        bends = st.slider("How far it may bend", 1, 15, 3, key="lesson_bends")
        dots = st.slider("Dots to learn from", 8, 60, 14, key="lesson_dots")
    fit = evaluation.fit(min(bends, dots - 1), dots)
    first, second = st.columns(2)
    first.metric("Error on its own dots", _error(fit.known_error))
    second.metric("Error on new dots", _error(fit.fresh_error))
    st.plotly_chart(
        fit_figure(fit), config=PLAIN_CHART, key="lesson_fit",
        alt=f"A line fitted to {dots} dots; error {_error(fit.known_error)} on them and "
        f"{_error(fit.fresh_error)} on new ones.",
    )  # fmt: skip
    _notice(
        "Stiff lines miss both. As the line bends more, the error on its own dots only ever falls, "
        "while that on new dots turns up again. More dots tame it."
    )
    _draw_curves()


def _draw_curves() -> None:
    st.subheader("Try it: read the curves", anchor=False)
    st.write("A network learns all ten digits from scratch. The two lines tell how it goes.")
    with st.container(horizontal=True):
        pictures = st.segmented_control(
            "Pictures per label", [3, 10, 30, 100], default=30, required=True,
            key="lesson_per_label",
        )  # fmt: skip
        size = st.segmented_control(
            "Size of the network", {"small": 4, "middling": 16, "large": 96}, default="large",
            required=True, key="lesson_size",
        )  # fmt: skip
    with st.spinner("Training …"):
        training = curves(pictures, {"small": 4, "middling": 16, "large": 96}[size])
    st.plotly_chart(
        loss_figure([], training.epochs, len(training.epochs), key=f"lesson_{pictures}_{size}"),
        config=PLAIN_CHART, key="lesson_curves", alt=training.advice.words,
    )  # fmt: skip
    _notice(f"What the Train page would say: “{training.advice.words}”")


@st.fragment
def draw_must_choose() -> None:
    """A good digit classifier is shown pictures that are no digits."""
    st.subheader("Try it: show it something strange", anchor=False)
    st.write("This classifier reads digits, and reads them well. It knows nothing else.")
    name = st.segmented_control(
        "Show it",
        evaluation.UNFAMILIAR,
        default="a banana",
        required=True,
        key="lesson_stranger",
    )
    picture = evaluation.unfamiliar_picture(name)
    shares = evaluation.digit_probabilities(picture)
    order = sorted(range(10), key=lambda digit: -shares[digit])[:3]
    left, right = st.columns([1, 3], vertical_alignment="center")
    left.image(enlarged(picture), alt=name, caption=name)
    with right:
        bars = {f"“{digit}”": shares[digit] for digit in order}
        draw_shares(bars, ["main", "plain", "plain"], key="lesson_answers")
    verdict = "Here it is right." if name == "a real 3" else "There is no digit to see."
    _notice(
        f"It says “{order[0]}”, {percent(shares[order[0]])} sure. {verdict} The percentages add "
        "up to 100 whatever it is shown, because “none of these” is not among its answers."
    )


@st.fragment
def draw_shortcut() -> None:
    """A corner mark that is correlated with the label, more or less."""
    st.subheader("Try it: plant a shortcut", anchor=False)
    st.write(
        "3s and 8s are to be told apart. Whoever took the pictures left a mark in a corner, "
        "mostly on the 8s."
    )
    share = st.slider(
        "8s with the mark (and 3s without it)", 50, 100, 95, 5, "%d %%", key="lesson_mark"
    )
    results = shortcut(share / 100)
    three, eight, weights = st.columns([1, 1, 1], vertical_alignment="bottom")
    three.image(enlarged(results.examples[0]), caption="a 3", alt="a 3 without the mark")
    eight.image(enlarged(results.examples[1]), caption="an 8", alt="an 8 with a mark in its corner")
    with weights:
        st.plotly_chart(
            weights_figure(results.weights), config=PLAIN_CHART, key="lesson_weights",
            alt="What speaks for an 8: the marked corner glows when the mark tells much.",
        )  # fmt: skip
        st.caption("What it looks at. Orange speaks for 8, blue for 3.")
    bars = {
        "test pictures, marked like the training": results.collected,
        "pictures without marks": results.clean,
        "marks on the 3s instead": results.swapped,
    }
    draw_shares(bars, ["good", "bad", "bad"], key="lesson_shortcut")
    _notice(
        "The test score stays splendid, because the test pictures carry the marks too. "
        "Take the marks away, and it shows what it had learned."
    )


@st.fragment
def draw_mismatch() -> None:
    """Rotated digits, for a classifier trained on upright ones and for one trained on rotated."""
    st.subheader("Try it: turn the page", anchor=False)
    st.write("Two classifiers read digits. One learned from upright ones only.")
    angle = st.slider("Turn the pictures by", -90, 90, 30, 15, "%d°", key="lesson_angle")
    with st.spinner("Reading …"):
        shares = {
            "learned from upright digits": [score_when_turned(a, False) for a in ANGLES],
            "learned from digits turned up to 45°": [score_when_turned(a, True) for a in ANGLES],
        }
    pictures = robustness.turned(digits().pictures[[3, 5, 7]], angle)
    left, right = st.columns([1, 3], vertical_alignment="center")
    for picture in pictures:
        left.image(enlarged(picture, 96), alt=f"a digit turned by {angle} degrees")
    with right:
        place = ANGLES.index(angle)
        for column, (name, values) in zip(st.columns(2), shares.items(), strict=True):
            column.metric(name.capitalize(), percent(values[place]))
        st.plotly_chart(
            turned_figure(shares, ANGLES, angle), config=PLAIN_CHART, key="lesson_turned",
            alt="Right answers against the angle: the first classifier fails once the digits "
            "are turned, the second only beyond what it learned from.",
        )  # fmt: skip
    _notice(
        "Changed copies in training (augmentation) help as far as they reach, and not beyond. "
        "Nothing in the upright test score warns of it."
    )


def _error(value: float) -> str:
    return "over 10" if value > 10 else f"{value:.2f}"


def _notice(words: str) -> None:
    st.info(words, icon=":material/visibility:")

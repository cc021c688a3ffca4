"""The learn page: the experiments say what the lessons claim, and every lesson opens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.learn import evaluation_experiments as evaluation
from pages.parts.learn import robustness_experiments as robustness
from pages.parts.learn import transfer_experiments as transfer
from pages.parts.learn.chapters import CHAPTERS
from pages.parts.learn.digits import digits, place
from pages.parts.learn.glossary_terms import GLOSSARY
from pages.parts.learn.real_networks import NETWORKS
from pages.parts.learn.small_network import Settings, random_network, train

OpenPage = Callable[..., AppTest]


def test_the_small_network_learns_and_a_frozen_backbone_stays() -> None:
    random = np.random.default_rng(0)
    pair = digits().only(digits().targets < 2)
    start = random_network(64, 16, 2, random)
    frozen = train(start, pair.rows, pair.targets, random, Settings(backbone_rate=0.0, epochs=9))
    assert frozen.accuracy(pair.rows, pair.targets) > 0.85  # on 16 features drawn by lot
    assert np.array_equal(frozen.backbone, start.backbone)
    assert not start.head.any(), "training must leave the network it starts from as it is"
    learned = train(start, pair.rows, pair.targets, random, Settings(epochs=9))
    assert learned.accuracy(pair.rows, pair.targets) > 0.97
    assert not np.array_equal(learned.backbone, start.backbone)
    assert learned.loss(pair.rows, pair.targets) < start.loss(pair.rows, pair.targets)


def test_probabilities_add_up_to_one_even_for_large_scores() -> None:
    network = random_network(64, 8, 3, np.random.default_rng(0))
    shares = network.probabilities(1e4 * digits().rows[:5])
    assert np.allclose(shares.sum(axis=1), 1)


def test_a_placed_digit_is_somewhere_on_the_canvas() -> None:
    pictures = place(digits().pictures[:50], np.random.default_rng(1))
    assert pictures.shape == (50, 144)
    ink = pictures.reshape(50, 12, 12) > 0.5
    assert {int(row) for row in np.argwhere(ink.any(axis=2))[:, 1]} == set(range(12))


def test_borrowing_helps_when_pictures_are_few() -> None:
    curves = transfer.transfer_curves((10,))
    assert curves["borrowed, frozen"][0] > curves["from scratch"][0] + 0.05


def test_a_teacher_of_nonsense_is_worse_than_none() -> None:
    shares = transfer.negative_transfer(20)
    assert shares["other digits"] > shares["from scratch"] > shares["answers by lot"]
    assert shares["from scratch"] > shares["bright from dark"]


def test_large_steps_forget_and_small_ones_hardly() -> None:
    frozen, small, large = transfer.forgetting(50, (0.0, 0.001, 0.1))
    assert frozen.old > 0.9 and small.old > frozen.old - 0.1 and large.old < 0.5
    assert small.new > frozen.new


def test_a_narrow_first_life_leaves_one_side_worse() -> None:
    sides = transfer.inherited_bias()
    left, right = sides["saw digits only at the left"]
    fair_left, fair_right = sides["saw digits everywhere"]
    assert left - right > 0.03 > abs(fair_left - fair_right)


@pytest.mark.parametrize("frames", [4, 8, 16])
def test_a_leaky_split_praises_even_labels_drawn_by_lot(frames: int) -> None:
    by_lot = evaluation.leak(frames, True)
    assert by_lot.mixed > 0.95 and by_lot.grouped < 0.3 and by_lot.truth < 0.3
    real = evaluation.leak(frames, False)
    assert abs(real.grouped - real.truth) < 0.08 < real.mixed


def test_a_line_that_bends_more_fits_its_own_dots_better_and_new_ones_worse() -> None:
    stiff, fair, wild = (evaluation.fit(degree, 14) for degree in (1, 3, 12))
    assert stiff.known_error > fair.known_error > wild.known_error
    assert stiff.fresh_error > fair.fresh_error < wild.fresh_error


def test_the_curves_say_what_the_train_page_would_say() -> None:
    training = evaluation.curves(10, 96, epochs=30)
    assert len(training.epochs) == 30
    assert training.advice.kind == "memorising"
    assert sum(epoch.best for epoch in training.epochs) == 1


@pytest.mark.parametrize("name", evaluation.UNFAMILIAR)
def test_the_digit_reader_always_answers(name: str) -> None:
    shares = evaluation.digit_probabilities(evaluation.unfamiliar_picture(name))
    assert len(shares) == 10 and sum(shares) == pytest.approx(1)


def test_the_banana_is_called_a_digit_with_confidence() -> None:
    assert max(evaluation.digit_probabilities(evaluation.unfamiliar_picture("a banana"))) > 0.9


def test_a_planted_mark_fools_the_test_score() -> None:
    honest, fooled = robustness.shortcut(0.5), robustness.shortcut(1.0)
    assert fooled.collected > 0.98 and fooled.swapped < 0.2
    assert abs(honest.collected - honest.swapped) < 0.05
    assert fooled.weights[0, 0] > 5 * abs(honest.weights[0, 0])


def test_turned_digits_need_turned_examples() -> None:
    assert robustness.score_when_turned(30, False) < 0.6 < robustness.score_when_turned(30, True)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.architecture)
def test_the_stage_table_is_that_of_the_real_networks(network) -> None:  # type: ignore[no-untyped-def]
    timm = pytest.importorskip("timm")
    import torch

    from tlcore.backbones.cut.stages import stages

    with torch.device("meta"):
        real = timm.create_model(network.architecture, pretrained=False, num_classes=0)
    assert network.features == real.num_features
    assert list(network.stages) == [(stage.title, stage.parameters) for stage in stages(real)]


def test_every_word_of_the_glossary_stands_once_and_in_order() -> None:
    words = [word for word, _, _ in GLOSSARY]
    assert words == sorted(set(words))
    assert all(plain.endswith(".") and precise.endswith(".") for _, plain, precise in GLOSSARY)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.key)
def test_every_lesson_opens_from_its_address(open_page: OpenPage, chapter) -> None:  # type: ignore[no-untyped-def]
    app = open_page("learn.py", lesson=chapter.key)
    assert not app.exception
    assert chapter.title in [header.value for header in app.header]


def test_the_button_leads_to_the_next_lesson(open_page: OpenPage) -> None:
    app = open_page("learn.py", lesson="must_choose")
    app.button(key="lesson_after").click().run()
    assert app.header[0].value == "What does it really look at?"
    assert app.query_params["lesson"] in ("shortcut", ["shortcut"])


def test_the_field_has_other_words_for_it(open_page: OpenPage) -> None:
    app = open_page("learn.py", lesson="must_choose")
    plain = app.markdown[1].value
    app.button_group(key="level").set_value("In the words of the field").run()
    assert "Softmax" in " ".join(text.value for text in app.markdown)
    assert plain not in [text.value for text in app.markdown]


def test_the_freezing_slider_says_how_much_learns(open_page: OpenPage) -> None:
    app = open_page("learn.py", lesson="freeze")
    assert app.metric[0].value == "1.0 thousand"
    app.slider(key="lesson_frozen").set_value(4).run()
    assert app.metric[0].value == "8.4 million"
    app.button(key="lesson_after").click().run()
    app.button(key="lesson_before").click().run()
    assert app.slider(key="lesson_frozen").value == 4
    assert app.metric[0].value == "8.4 million"


def test_the_glossary_finds_a_word(open_page: OpenPage) -> None:
    app = open_page("learn.py", lesson="glossary")
    assert len(app.table[0].value) == len(GLOSSARY)
    app.text_input(key="glossary_word").set_value("overfitting").run()
    assert list(app.table[0].value.index) == ["memorising"]
    app.text_input(key="glossary_word").set_value("xyzzy").run()
    assert not app.table

"""Figures by label and baselines, checked against scikit-learn and against plain sense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from tlcore.results.score.baselines import (
    BaselineClassifiers,
    TrainingFeatures,
    baselines,
    left_out_nearest,
)
from tlcore.results.score.distances import (
    MahalanobisDistance,
    NeighbourDistance,
    detection_figures,
    energy,
    limit,
)
from tlcore.results.score.evaluate import Prediction, evaluate
from tlcore.results.score.metrics import auroc, label_figures, top_k, two_label_curves


def drawn(seed: int, labels: int, number: int = 40) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(labels), number)
    return shares, random.integers(0, labels, number)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 7))
def test_metrics_are_scikit_learns(seed: int, labels: int) -> None:
    shares, targets = drawn(seed, labels)
    names = [f"label {n}" for n in range(labels)]
    predicted = shares.argmax(axis=1)
    figures = label_figures(names, shares, targets)
    rows = [Prediction(i, "0" * 64, "test", int(t), tuple(s)) for i, (s, t) in
            enumerate(zip(shares, targets, strict=True))]  # fmt: skip
    ours = evaluate(names, rows)
    assert ours is not None
    assert ours.accuracy == pytest.approx(accuracy_score(targets, predicted), abs=1e-9)
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        expected = score(targets, predicted, labels=range(labels), average=None, zero_division=0.0)
        assert [row[name] for row in figures] == pytest.approx(expected.tolist(), abs=1e-9)
        own = [getattr(score, name) or 0.0 for score in ours.per_label]
        assert own == pytest.approx(expected.tolist(), abs=1e-9)
    assert sum(row["support"] for row in figures) == 40
    for best in top_k(shares, targets):
        expected_top = top_k_accuracy_score(targets, shares, k=best["k"], labels=range(labels))
        assert best["share"] == pytest.approx(expected_top, abs=1e-9)


def test_curves_are_for_two_labels_with_pictures() -> None:
    shares, targets = drawn(3, 2, 900)
    curves = two_label_curves(shares, targets)
    assert curves is not None
    assert curves["roc"]["area"] == pytest.approx(auroc(shares[targets == 0, 1],
                                                       shares[targets == 1, 1]))  # fmt: skip
    assert len(curves["roc"]["true"]) <= 300 and curves["roc"]["true"][-1] == 1
    assert two_label_curves(shares, np.zeros(900, np.int64)) is None
    assert two_label_curves(*drawn(3, 3)) is None
    assert top_k(*drawn(3, 3)) == []


def blobs(seed: int, number: int, features: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    targets = random.integers(0, 3, number)
    centres = np.random.default_rng(99).normal(0, 3, (3, features))
    return (centres[targets] + random.normal(size=(number, features))).astype(np.float32), targets


def test_simple_machines_find_what_is_easy_and_the_frequent_one_does_not() -> None:
    training, (features, targets) = TrainingFeatures(*blobs(1, 120)), blobs(2, 60)
    by_name = {
        baseline["name"]: baseline
        for baseline in baselines(training, features, targets, frequent=0)
    }
    assert set(by_name) == {"frequent", "nearest", "prototype", "probe"}
    assert by_name["frequent"]["right"] == int((targets == 0).sum())
    assert min(by_name[name]["accuracy"] for name in ("nearest", "prototype", "probe")) > 0.95
    fitted = BaselineClassifiers(training)
    peer = KNeighborsClassifier(1, metric="cosine").fit(fitted.directions, training.targets)
    expected = peer.predict(fitted._directions(features))
    assert by_name["nearest"]["answers"] == expected.tolist()
    neighbours = fitted.neighbours(training.features[:5])
    assert neighbours.places[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert neighbours.similarity[:, 0] == pytest.approx(np.ones(5), abs=1e-5)
    alone = left_out_nearest(features, targets)
    assert alone is not None and 0.9 < alone["accuracy"] <= 1
    twins = np.concatenate([features[:1], features[:1]])
    crossed = left_out_nearest(twins, np.array([0, 1]))
    assert crossed is not None and crossed["right"] == 0


def test_what_was_never_seen_is_strange() -> None:
    features, targets = blobs(1, 300)
    fresh, _ = blobs(2, 200)
    strange = np.random.default_rng(7).normal(0, 3, (200, 12)).astype(np.float32)
    known, clouds = NeighbourDistance.learn(features), MahalanobisDistance.learn(features, targets)
    for measure in (known.distance, clouds.distance):
        figures = detection_figures(measure(fresh), measure(strange))
        assert figures["auroc"] > 0.95 and figures["declined"] > 0.8
        assert 0.02 < figures["wrongly_declined"] < 0.08
    assert limit(np.arange(101.0)) == 95
    means = np.stack([features[targets == label].mean(axis=0) for label in range(3)])
    assert clouds.distance(means.astype(np.float32)).max() < 1e-3 < clouds.distance(fresh).min()
    nearest = NearestNeighbors(n_neighbors=5, metric="cosine").fit(features)
    assert known.distance(fresh) == pytest.approx(nearest.kneighbors(fresh)[0][:, 4], abs=1e-5)
    with pytest.raises(ValueError):
        NeighbourDistance.learn(features[:2])


def test_energy_is_low_where_a_label_fits_strongly() -> None:
    values = energy(np.array([[10.0, 0.0], [0.0, 0.0]]))
    assert values[0] < values[1] == pytest.approx(-np.log(2))

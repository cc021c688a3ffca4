"""Figures by label and curves, from scikit-learn. For workers and command line: the import is slow.

No torch here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MANY_LABELS = 5  # from here on it also counts when the truth is among the likeliest few
TOP = (1, 2, 3, 5)
MOST_POINTS = 300


def label_figures(labels: Sequence[str], shares: Floats, targets: Ints) -> list[dict[str, Any]]:
    """Precision, recall, F1 and support of each label; 0 where a label was never predicted.

    `shares` (N, labels) are probabilities, `targets` (N,) the true labels.
    """
    columns = precision_recall_fscore_support(
        targets, shares.argmax(axis=1), labels=range(len(labels)), zero_division=0.0
    )
    return [
        {
            "label": label,
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": int(support),
        }
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    ]


def two_label_curves(shares: Floats, targets: Ints) -> dict[str, Any] | None:
    """ROC and precision–recall curves of the second of two labels: shares (N, 2), targets (N,).

    None for more labels, or where one of the two has no pictures.
    """
    if shares.shape[1] != 2 or len(set(targets.tolist())) != 2:
        return None
    score = shares[:, 1]
    false, true, _ = roc_curve(targets, score)
    precision, recall, _ = precision_recall_curve(targets, score)
    return {
        "roc": {"false": _thinned(false), "true": _thinned(true),
                "area": float(roc_auc_score(targets, score))},
        "precision_recall": {"precision": _thinned(precision), "recall": _thinned(recall),
                             "area": float(average_precision_score(targets, score)),
                             "share": float(targets.mean())},
    }  # fmt: skip


def top_k(shares: Floats, targets: Ints) -> list[dict[str, float]]:
    """How often the truth is among the k likeliest labels; empty where there are few labels.

    `shares` (N, labels), `targets` (N,).
    """
    labels = shares.shape[1]
    if labels < MANY_LABELS or not len(targets):
        return []
    order = np.argsort(-shares, axis=1, kind="stable")
    place = (order == targets[:, None]).argmax(axis=1)
    return [{"k": k, "share": float((place < k).mean())} for k in TOP if k < labels]


def auroc(familiar: npt.ArrayLike, strange: npt.ArrayLike) -> float:
    """How well scores (N,) and (M,) tell two groups apart: 0.5 by chance, 1 perfectly.

    The area under the ROC curve (Hanley and McNeil 1982).
    """
    scores = np.concatenate([np.asarray(familiar, float), np.asarray(strange, float)])
    truth = np.concatenate([np.zeros(len(np.asarray(familiar))), np.ones(len(np.asarray(strange)))])
    return float(roc_auc_score(truth, scores))


def _thinned(values: npt.NDArray[Any]) -> list[float]:
    """At most so many points of a curve, both ends among them."""
    if len(values) <= MOST_POINTS:
        return [float(value) for value in values]
    places = np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int)
    return [float(value) for value in values[places]]

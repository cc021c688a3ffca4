"""LogME: how well features explain labels, without training (You et al. 2021, arXiv 2102.11005).

For each label a Bayesian linear model predicts from the features whether a picture has it; the
score is the logarithm of the evidence (of the data given the model, all weights considered), at the
prior and noise that explain the data best, per picture and averaged over labels. Higher is better;
only scores on the same pictures can be compared.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tlcore.quality.probe.probe import Features, Targets

STEPS = 100
TOLERANCE = 1e-4
SMALLEST = 1e-10

Numbers = npt.NDArray[np.float64]


def log_maximum_evidence(features: Features, targets: Targets) -> float:
    """LogME of features (N, F) for targets (N,): mean over labels of the log evidence / N."""
    values = features.astype(np.float64)
    values = values - values.mean(0)  # as a model with an intercept would
    values /= max(float(np.sqrt((values**2).mean())), SMALLEST)
    left, spread, _ = np.linalg.svd(values, full_matrices=False)
    labels = np.unique(targets)
    evidences = []
    for label in labels:
        wanted = (targets == label).astype(np.float64)
        wanted -= wanted.mean()
        evidences.append(_evidence(left, spread**2, wanted, values.shape[1]))
    return float(np.mean(evidences))


def _evidence(left: Numbers, squares: Numbers, wanted: Numbers, width: int) -> float:
    """Largest log evidence per picture over prior precision α and noise precision β.

    The fixed point of MacKay 1992; `left` (N, R) and `squares` (R,) are from the singular values.
    """
    count = len(wanted)
    along = (left.T @ wanted) ** 2
    off = max(float(wanted @ wanted) - float(along.sum()), 0.0)
    alpha, beta = 1.0, 1.0
    for _ in range(STEPS):
        share = alpha / (alpha + beta * squares)
        gamma = float((1 - share).sum())
        length = max(float((beta**2 * squares / (alpha + beta * squares) ** 2) @ along), SMALLEST)
        residual = max(float(share**2 @ along) + off, SMALLEST)
        before = alpha / beta
        alpha, beta = max(gamma / length, SMALLEST), max((count - gamma) / residual, SMALLEST)
        alpha, beta = min(alpha, 1 / SMALLEST), min(beta, 1 / SMALLEST)
        if abs(alpha / beta - before) <= TOLERANCE * before:
            break
    return log_evidence(alpha, beta, squares, along, off, width, count) / count


def log_evidence(
    alpha: float,
    beta: float,
    squares: Numbers,
    along: Numbers,
    off: float,
    width: int,
    count: int,
) -> float:
    """log p(y | features, α, β), all weights integrated out.

    `squares` (R,) are squared singular values of the features (N, width), `along` (R,) the squared
    parts of y along the left singular vectors, `off` what is left of |y|².
    """
    curve = alpha + beta * squares
    length = float((beta**2 * squares / curve**2) @ along)
    residual = float(((alpha / curve) ** 2) @ along) + off
    determinant = float(np.log(curve).sum()) + (width - len(squares)) * math.log(alpha)
    fit = width * math.log(alpha) + count * math.log(beta) - determinant
    return 0.5 * (fit - beta * residual - alpha * length - count * math.log(2 * math.pi))

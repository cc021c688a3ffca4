"""Nearest neighbours: does a picture look like others of its label, without any training?"""

from __future__ import annotations

import numpy as np

from tlcore.quality.probe.probe import Features, Score, Targets, cross_validated, standardised

NEIGHBOURS = 5
SHARPNESS = 0.07  # temperature of the votes (Wu et al. 2018)


def nearest_neighbours(
    features: Features, targets: Targets, groups: Targets, *, seed: int = 0
) -> Score:
    """Cross-validated votes of the five nearest pictures by angle, nearer ones counting more.

    Features (N, F), targets (N,), groups (N,): a group never votes on itself. Raises
    ProbeImpossible.
    """
    return cross_validated(votes, features, targets, groups, seed=seed)


def votes(known: Features, targets: Targets, others: Features) -> Targets:
    """The label with most votes for each of the other features (M, F)."""
    known, others = standardised(known, others)
    alike = _unit(others) @ _unit(known).T
    count = min(NEIGHBOURS, len(known))
    nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    weights = np.exp(np.take_along_axis(alike, nearest, axis=1) / SHARPNESS)
    ballots = np.zeros((len(others), int(targets.max()) + 1))
    rows = np.arange(len(others))[:, None]
    np.add.at(ballots, (rows, targets[nearest]), weights)
    winners: Targets = ballots.argmax(1)
    return winners


def _unit(rows: Features) -> Features:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Features = rows / np.maximum(length, 1e-12)
    return unit

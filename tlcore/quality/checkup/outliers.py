"""Pictures unlike all others of a project: how far their nearest neighbours are.

Distance to the tenth-nearest neighbours (Ramaswamy et al. 2000; Kuan and Mueller 2022 for images)
in 64 principal directions of standardised features, compared with what is usual here. A set of
photographs of all sorts has no outliers in this sense; one X-ray among leaves is one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from tlcore.quality.checkup.findings import Finding, Kind, Mend
from tlcore.workspace.records import Example

DIRECTIONS = 64
NEIGHBOURS = 10
LEAST_PICTURES = 30
LIMIT = 3.5  # usual distances above the usual
MOST = 0.02  # of all pictures

Features = npt.NDArray[np.float32]


def outlier_scores(features: Features, seed: int = 0) -> npt.NDArray[np.float64]:
    """How far each of N pictures is from its neighbours: (N,), in spreads above the median.

    The spread is that of the nearer half, so that outliers do not hide one another.
    """
    scaled = StandardScaler().fit_transform(features)
    if not scaled.any():  # all the same
        return np.zeros(len(features))
    count = min(DIRECTIONS, len(features) // 4, features.shape[1])
    near = PCA(count, svd_solver="randomized", random_state=seed).fit_transform(scaled)
    search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(near) - 1)).fit(near)
    distance = search.kneighbors()[0].mean(axis=1)
    median = float(np.median(distance))
    spread = 1.4826 * float(np.median(median - distance[distance <= median]))
    return np.asarray((distance - median) / max(spread, 1e-9), np.float64)


def outlier_findings(examples: Sequence[Example], features: Features) -> list[Finding]:
    """Findings for the strangest pictures, at most one in fifty; features (N, F)."""
    if len(examples) < LEAST_PICTURES:
        return []
    strange = outlier_scores(features)
    order = np.argsort(-strange)[: max(1, int(MOST * len(examples)))]
    return [
        _finding(examples[place], float(strange[place]))
        for place in order
        if strange[place] > LIMIT
    ]


def _finding(example: Example, strange: float) -> Finding:
    return Finding(
        kind=Kind.OUTLIER,
        reason="",
        examples=(example.id,),
        files=(example.source_name,),
        score=round(1 - LIMIT / (2 * strange), 3),
        words=f"“{example.source_name}” is unlike all other pictures.",
        remedy="If it does not belong here, delete it. If it does, add more pictures like it.",
        mends=(Mend("delete", (example.id,), "Delete it"),),
    )

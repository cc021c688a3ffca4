"""The scored pictures on a map, before and after training: what looks alike lies close together.

t-SNE (van der Maaten and Hinton 2008) by scikit-learn, for workers: it takes seconds. No torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from tlcore.errors import NotFound
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.results.score.predictions import read_predictions
from tlcore.results.score.result_cache import (
    KNOWN_NAME,
    MAP_NAME,
    details_key,
    read_features,
    read_result,
    write_result,
)
from tlcore.workspace.paths import Layout

MOST = 600  # pictures on a map
LEAST = 5
COMPONENTS = 30
NEIGHBOURS = 5

Rows = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]


def map_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run"} → {"examples", "after", "before" or null, "alike_after", "alike_before"}.

    Places are pairs from −1 to 1; `alike` as the function says. Raises NotFound where the details
    were not derived yet.
    """
    folder = Layout(Path(payload["home"])).run(payload["run"])
    key = details_key(folder)
    data = read_result(folder, MAP_NAME, key)
    if data is None:
        predictions = read_predictions(folder)
        judged = predictions.of(predictions.judged)
        after = read_features(folder / KNOWN_NAME, "judged", len(judged))
        if after is None or len(after) < LEAST:
            raise NotFound("There are too few pictures for a map.", "Add test pictures.")
        before = read_features(folder / KNOWN_NAME, "before_judged", len(judged))
        chosen = np.linspace(0, len(judged) - 1, min(MOST, len(judged))).round().astype(int)
        targets = predictions.targets(predictions.judged)[chosen]
        yield Event("progress", {"doing": "Drawing the map", "done": 0, "total": 2})
        data = {"examples": [judged[place].example for place in chosen]}
        for name, rows in (("after", after), ("before", before)):
            data[name] = None if rows is None else places(rows[chosen]).round(4).tolist()
            data[f"alike_{name}"] = None if rows is None else alike(rows[chosen], targets)
        write_result(folder, MAP_NAME, key, data)
    yield Event("result", data)


def places(features: Rows) -> Places:
    """Two coordinates (N, 2) from −1 to 1 for features (N, F); the same every time."""
    rows = StandardScaler().fit_transform(features)
    rows = PCA(min(COMPONENTS, *rows.shape), random_state=0).fit_transform(rows)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    flat = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(rows)
    flat = flat - (flat.max(axis=0) + flat.min(axis=0)) / 2
    points: Places = flat / max(float(np.abs(flat).max()), 1e-12)
    return points


def alike(features: Rows, targets: npt.NDArray[np.int64]) -> dict[str, float] | None:
    """{"share", "chance", "most"}: how many of a picture's nearest have its label, as mean shares.

    Features (N, F), targets (N,).

    As many of its nearest as its label has other pictures, five at most, so that all of them can;
    `most` is the largest such number and `chance` the share of pictures drawn at random. None where
    every label has one picture.
    """
    others = np.bincount(targets)[targets] - 1
    counted = np.minimum(others, NEIGHBOURS)
    judged = np.flatnonzero(counted)
    if not len(judged):
        return None
    most = int(counted.max())
    search = NearestNeighbors(n_neighbors=most, metric="cosine").fit(features)
    nearest = search.kneighbors(return_distance=False)
    same = (targets[nearest] == targets[:, None]) & (np.arange(most) < counted[:, None])
    return {
        "share": float((same.sum(axis=1)[judged] / counted[judged]).mean()),
        "chance": float((others[judged] / (len(targets) - 1)).mean()),
        "most": most,
    }

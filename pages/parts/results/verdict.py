"""The score in large with its interval, beside the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pages.parts.components.declare import declare_component
from tlcore.results.score.evaluate import Evaluation
from tlcore.results.score.intervals import wilson

# In words that need no study; the field's names stand in “Before and after”.
BASELINES = {
    "nearest": "The label of the most similar training picture",
    "prototype": "The instant classifier, without any training",
    "probe": "A linear probe on the pretrained network",
}

_verdict = declare_component("verdict")


def draw_verdict(
    evaluation: Evaluation,
    on_what: str,
    *,
    baselines: Sequence[Mapping[str, Any]] = (),
    scratch: str | None = None,
    key: str,
) -> None:
    """Draw “41 of 50 right” in large with its interval, and a bar for each baseline.

    `baselines` are those of a run's details; without them only the most frequent label is shown.
    `scratch`: a sentence on the same training from scratch, if there was one.
    """
    interval = wilson(evaluation.right, evaluation.total)
    others = [
        {"words": evaluation.frequent_words + ".", "share": evaluation.frequent_accuracy},
        *(_bar(baseline) for baseline in baselines if baseline["name"] in BASELINES),
    ]
    _verdict(
        key=key,
        data={
            "words": evaluation.words,
            "on_what": on_what,
            "share": evaluation.accuracy,
            "low": interval.low,
            "high": interval.high,
            "sure": f"On new pictures like these it is probably right {interval.words} of the "
            "time.",
            "others": others,
            "scratch": scratch,
        },
    )


def _bar(baseline: Mapping[str, Any]) -> dict[str, Any]:
    words = f"{BASELINES[baseline['name']]}: {baseline['right']} of {baseline['total']} right."
    return {"words": words, "share": baseline["accuracy"]}

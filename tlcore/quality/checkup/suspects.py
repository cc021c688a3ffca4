"""Answers that are probably wrong: confident learning (Northcutt, Jiang and Chuang 2021), cleanlab.

What cross-validated answers on kept features say about a picture is held against its label, and
against how sure they usually are about pictures of that label.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from cleanlab.filter import find_label_issues

from tlcore.jobs.stopping import Stop, never
from tlcore.quality.checkup.findings import Finding, Kind, Mend
from tlcore.quality.groups import unit_numbers
from tlcore.quality.linear import Features, Places, Probabilities, Targets, out_of_sample
from tlcore.quality.pictures import ProjectPictures
from tlcore.workspace.records import Example

LEAST_PER_LABEL = 5  # with fewer, a picture's own label is hardly known without it
LEAST_PICTURES = 20
MOST = 0.15  # of all pictures


def suspects(targets: Targets, probabilities: Probabilities) -> Places:
    """Places of answers that are probably wrong, the surest first, at most 15 % of N.

    `targets` (N,), out-of-sample `probabilities` (N, K).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cleanlab tells programmers about small sets
        places = find_label_issues(
            targets,
            probabilities,
            filter_by="both",
            return_indices_ranked_by="self_confidence",
            n_jobs=1,
        )
    return np.asarray(places, np.int64)[: max(1, int(MOST * len(targets)))]


def suspect_findings(
    pictures: ProjectPictures,
    features: Features,
    copies: Sequence[Sequence[int]] = (),
    stop: Stop = never,
) -> list[Finding]:
    """Findings for labelled examples, from features (N, F) of all N examples of the project.

    What belongs together (a person's groups, and `copies`, positions of examples) shares a fold.
    Labels with fewer than five pictures are left out, and so are those whose pictures all share one
    group: what was learned without that group has never seen the label. Raises Stopped.
    """
    labelled = {example.id for example in pictures.labelled}
    rows = [row for row, example in enumerate(pictures.examples) if example.id in labelled]
    examples = [pictures.examples[row] for row in rows]
    groups = unit_numbers(pictures.examples, copies)[rows]
    features = features[rows]
    answers = np.array([pictures.label_of(example) or 0 for example in examples], dtype=np.int64)
    labels, counts = np.unique(answers, return_counts=True)
    whole = [label for label in labels if _is_one(groups[answers == label])]
    enough = np.setdiff1d(labels[counts >= LEAST_PER_LABEL], whole)
    judged = np.flatnonzero(np.isin(answers, enough))
    known, targets = np.unique(answers[judged], return_inverse=True)
    if len(known) < 2 or len(judged) < LEAST_PICTURES:
        return []
    probabilities = out_of_sample(
        features[judged],
        targets,
        len(known),
        groups[judged],
        stop=stop,
    )
    return [
        _finding(pictures, examples[judged[place]], known, probabilities[place], targets[place])
        for place in suspects(targets, probabilities)
    ]


def _is_one(groups: Targets) -> bool:
    return len(np.unique(groups)) == 1


def _finding(
    pictures: ProjectPictures,
    example: Example,
    known: Places,
    probabilities: np.ndarray,
    target: np.int64,
) -> Finding:
    names = pictures.names
    likely = int(known[int(probabilities.argmax())])
    given = int(known[int(target)])
    mend = Mend(
        "relabel",
        (example.id,),
        f"Put it under “{names[likely]}”",
        question=pictures.question,
        label=likely,
    )
    return Finding(
        kind=Kind.SUSPECT_LABEL,
        reason="",
        examples=(example.id,),
        files=(example.source_name,),
        score=round(float(1 - probabilities[int(target)]), 4),
        words=f"“{example.source_name}” under “{names[given]}” looks like “{names[likely]}”.",
        remedy="Look at it. If its label is wrong, move it; if it is right, leave it.",
        mends=(mend, Mend("delete", (example.id,), "Delete it")),
        labels=(given, likely),
        details={"probability": round(float(probabilities.max()), 4)},
    )

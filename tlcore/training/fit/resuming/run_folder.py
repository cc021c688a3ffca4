"""What a run keeps in its folder beside its classifier. It knows nothing of torch.

`examples.json` holds the pictures, answers and splits of the time when the run began: it goes on
with them after a pause, and is scored with them however late. `checkpoint.safetensors` is where it
stands; it is gone when the run has ended well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.workspace.files import write_json
from tlcore.workspace.records import Split

EXAMPLES_NAME = "examples.json"
CHECKPOINT_NAME = "checkpoint.safetensors"


def has_checkpoint(folder: Path) -> bool:
    """Whether the run of this folder can go on from where it stood."""
    return (folder / CHECKPOINT_NAME).is_file()


def write_examples(folder: Path, examples: TrainingSet) -> None:
    """Write down what a run learns from and is scored with, all or nothing."""
    data = {
        "labels": list(examples.labels),
        "notes": list(examples.notes),
        "examples": [
            [example.example, example.picture, example.target, example.split.value]
            for example in examples.examples
        ],
    }
    write_json(folder / EXAMPLES_NAME, data)


def read_examples(folder: Path, copy: Callable[[str], Path]) -> TrainingSet | None:
    """What `write_examples` wrote, None without it. `copy` finds a picture's working copy."""
    try:
        data = json.loads((folder / EXAMPLES_NAME).read_text(encoding="utf-8"))
        examples = tuple(
            TrainingExample(
                int(example),
                str(picture),
                copy(picture),
                None if target is None else int(target),
                Split(split),
            )
            for example, picture, target, split in data["examples"]
        )
        return TrainingSet(tuple(data["labels"]), examples, tuple(data["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None

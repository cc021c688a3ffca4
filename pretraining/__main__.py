"""`python -m pretraining --source pictures.parquet --teacher mobilenetv2_100@128 …`"""

import argparse
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import torch

from pretraining import blockwise, pooled
from pretraining.card import publish
from pretraining.loop import Training, run, validate
from pretraining.options import arguments
from pretraining.pictures import prepare


def main(words: list[str] | None = None) -> Path:
    """Train a backbone as the command line says; return the path of its card."""
    words = sys.argv[1:] if words is None else words
    options = arguments(words)
    if options.threads:
        torch.set_num_threads(options.threads)
    if not options.teacher:
        raise SystemExit("Name at least one --teacher, for example mobilenetv2_100@128.")
    torch.manual_seed(options.seed)
    pictures = prepare(options.source, options.work, options.side)
    if options.blocks:
        training, crops = blockwise.assemble(options, pictures)
        run(training, crops)
        share = blockwise.explained(training, pictures, options.size)
        accuracy = {} if share is None else {"teacher_features_explained": round(share, 4)}
    else:
        shelves = pooled.shelves_of(options, pictures)
        if options.describe_only:
            return Path(options.work)
        training, dealer = pooled.assemble(options, pictures, shelves)
        run(training, dealer)
        right = validate(training, pictures, options.size)
        accuracy = {} if right is None else {"validation": round(right, 4)}
    return publish(
        options.name,
        options.out,
        training.averaged(),
        architecture=options.architecture,
        model_args=options.model_args,
        size=options.size,
        facts=facts_of(options, training, accuracy, words),
    )


def facts_of(
    options: argparse.Namespace, training: Training, accuracy: dict[str, float], words: list[str]
) -> dict[str, Any]:
    """What was done and how well it went, for the card."""
    seen = training.progress.steps_done * options.batch_size
    teachers = " and ".join(dict.fromkeys(text.split("@")[0] for text in options.teacher))
    learned = (
        f"maps of every block, pooled features and soft labels of {teachers}, which looked at the "
        f"same fresh crops; forced until {options.force_until:g}; photographs "
        f"{options.photograph_share if options.photographs else 0:g} and mosaics "
        f"{options.mosaic_share:g} of every batch"
        if options.blocks
        else f"features and soft labels of {teachers}, and the labels"
    )
    return {
        "trained_on": options.trained_on or options.source.name,
        "licence": options.licence,
        "how": f"{training.progress.steps_done} steps ({seen:,} pictures seen), AdamW "
        f"{options.rate:g} one-cycle, batch {options.batch_size}, {training.precision}, sizes "
        f"{options.sizes}; {learned}; average of the weights ({options.average}); "
        f"{training.seconds / 60:.0f} minutes on "
        f"{platform.processor() or platform.machine()} ({options.device})"
        + (f"; started from {options.start.name}" if options.start else ""),
        "accuracy": accuracy,
        "command": shlex.join(["python", "-m", "pretraining", *words]),
    }


if __name__ == "__main__":
    print(main())

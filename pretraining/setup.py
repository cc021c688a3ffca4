"""What every way of training is set up with: the recipe's numbers, its length, its precision."""

import argparse
import time

import torch
from torch import nn

from pretraining.loop import Recipe
from pretraining.pictures import Pictures
from pretraining.schedule import Progress


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The settings of the training."""
    sizes = tuple((int(s), float(p)) for s, p in (t.split(":") for t in options.sizes.split(",")))
    return Recipe(
        batch_size=options.batch_size,
        rate=options.rate,
        soft_weight=options.soft_weight,
        label_weight=options.label_weight,
        average=options.average,
        sizes=sizes,
        seed=options.seed,
    )


def progress_of(options: argparse.Namespace, pictures: Pictures) -> Progress:
    """Its length: by the minutes, or by the epochs over the labelled pictures."""
    epoch_steps = max(1, int((~pictures.validation).sum()) // options.batch_size)
    steps = None if options.minutes else max(1, round((options.epochs or 1) * epoch_steps))
    return Progress(minutes=options.minutes, steps=steps)


def precision_for(student: nn.Module, options: argparse.Namespace) -> torch.dtype:
    """The precision of the options, or on a CPU the quicker one, measured on a few batches."""
    if options.precision != "auto":
        return torch.float32 if options.precision == "float32" else torch.bfloat16
    if options.device.split(":")[0] != "cpu":
        return torch.bfloat16  # every GPU that is still in use for training is quicker with it
    seconds: dict[torch.dtype, float] = {}
    for precision in (torch.float32, torch.bfloat16):
        x = torch.randn(16, 3, 64, 64).to(memory_format=torch.channels_last)
        for turn in range(3):
            began = time.perf_counter()
            with torch.autocast("cpu", precision, enabled=precision != torch.float32):
                student(x).float().square().mean().backward()
            if turn:
                spent = time.perf_counter() - began
                seconds[precision] = min(spent, seconds.get(precision, spent))
    student.zero_grad(set_to_none=True)
    return min(seconds, key=lambda p: seconds[p])

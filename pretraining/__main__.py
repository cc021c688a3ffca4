"""`python -m pretraining --source pictures.parquet --teacher mobilenetv2_100@128 …`"""

import argparse
import json
import platform
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import torch

from pretraining.card import publish
from pretraining.loop import Recipe, Training, run, validate
from pretraining.pictures import Pictures, prepare
from pretraining.schedule import Progress
from pretraining.sharp import sharp
from pretraining.shelves import Augment, Dealer, Shelf
from pretraining.student import Student, start_from
from pretraining.teachers import Targets, Teacher, describe
from pretraining.views import View


def arguments(given: list[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser("python -m pretraining", description=__doc__)
    add = parser.add_argument
    add("--source", type=Path, required=True, help="a parquet file or a folder of pictures")
    add("--side", type=int, default=64, help="pixels that pictures are kept at (64)")
    add("--name", default="graft_backbone", help="name of what is made")
    add("--out", type=Path, default=Path("pretraining/out"), help="folder for the result")
    add("--work", type=Path, default=Path("pretraining/work"), help="folder for all that is kept")
    add("--architecture", default="resnet10t", help="any timm name")
    add("--model-args", type=json.loads, default={}, help="JSON for timm.create_model")
    add("--start", type=Path, help="weights of an earlier training of the same architecture")
    add("--teacher", action="append", default=[], help="timm name@size; may be given several times")
    add("--weights", type=Path, help="folder with weights.json; without it timm's hub is asked")
    add("--views", type=int, default=1, help="fixed crops of each picture and teacher")
    add("--sharp", type=int, default=0, help="unlabelled sharp pictures made beside (0)")
    add("--describe-only", action="store_true", help="let the teachers work, then end")
    add("--minutes", type=float, help="time for the training itself")
    add("--epochs", type=float, help="or its length in epochs")
    add("--sizes", default="64:0.4,96:0.4,128:0.2", help="pixels:share of the training, in order")
    add("--size", type=int, default=128, help="input size written on the card")
    add("--batch-size", type=int, default=128)
    add("--rate", type=float, default=2e-3, help="highest learning rate")
    add("--mixup", type=float, default=0.2, help="share of batches that are mixed")
    add("--colour", type=float, default=0.3, help="strength of changes of colour")
    add("--soft-weight", type=float, default=0.3)
    add("--label-weight", type=float, default=0.3)
    add("--average", type=float, default=0.995, help="decay of the average of the weights")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    add("--threads", type=int, default=0)
    add("--seed", type=int, default=0)
    add("--trained-on", default="", help="words for the card: which pictures")
    add("--licence", default="", help="words for the card: licence of the pictures")
    return parser.parse_args(given)


def shelves_of(options: argparse.Namespace, pictures: Pictures) -> list[Shelf]:
    """Let every teacher describe its own views; every teacher and view gives one shelf."""
    shelves = []
    for place, text in enumerate(options.teacher):
        teacher = Teacher.parse(text, options.weights)
        views = [View(1 + place + len(options.teacher) * k) for k in range(options.views)]
        sets = [(pictures, view, 1.0) for view in views]
        if options.sharp:
            made = sharp(pictures, options.sharp, 2 * options.side, options.work)
            sets.append((made, View(0, 1.0), options.sharp / len(pictures.pixels)))
        for some, view, weight in sets:
            told = describe(teacher, some, view, options.work, options.device)
            shelves.append(Shelf(teacher.name, some, view, told, weight))
    return shelves


def precision_for(student: Student, options: argparse.Namespace) -> torch.dtype:
    """What was asked for, or on a CPU the quicker of both, measured on a few batches."""
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


def main(given: list[str] | None = None) -> Path:
    """Train a backbone as the command line says; the path of its card."""
    given = sys.argv[1:] if given is None else given
    options = arguments(given)
    if options.threads:
        torch.set_num_threads(options.threads)
    if not options.teacher:
        raise SystemExit("Name at least one --teacher, for example mobilenetv2_100@128.")
    torch.manual_seed(options.seed)
    pictures = prepare(options.source, options.work, options.side)
    shelves = shelves_of(options, pictures)
    if options.describe_only:
        return options.work
    training, dealer = assemble(options, pictures, shelves)
    run(training, dealer)
    right = validate(training, pictures, options.size)
    return publish(
        options.name,
        options.out,
        training.averaged(),
        architecture=options.architecture,
        model_args=options.model_args,
        size=options.size,
        facts=facts_of(options, training, shelves, right, given),
    )


def assemble(
    options: argparse.Namespace, pictures: Pictures, shelves: list[Shelf]
) -> tuple[Training, Dealer]:
    """Student, schedule and dealer from the options."""
    targets: dict[str, Targets] = {shelf.teacher: shelf.targets for shelf in shelves}
    student = Student(options.architecture, pictures.classes, targets, options.model_args)
    if options.start:
        start_from(student.backbone, options.start)
    sizes = tuple((int(s), float(p)) for s, p in (t.split(":") for t in options.sizes.split(",")))
    recipe = Recipe(
        batch_size=options.batch_size,
        rate=options.rate,
        soft_weight=options.soft_weight,
        label_weight=options.label_weight,
        average=options.average,
        sizes=sizes,
        seed=options.seed,
    )
    an_epoch = max(1, int((~pictures.validation).sum()) // options.batch_size)
    steps = None if options.minutes else max(1, round((options.epochs or 1) * an_epoch))
    progress = Progress(minutes=options.minutes, steps=steps)
    folder = options.work / options.name
    precision = precision_for(student, options)
    print(f"{options.architecture}: {student.width} features, {precision} on {options.device}")
    training = Training(student, recipe, progress, folder, options.device, precision)
    augment = Augment(colour=options.colour, mixup=options.mixup)
    seed = options.seed + progress.taken
    return training, Dealer(shelves, options.batch_size, augment, seed, options.device)


def facts_of(
    options: argparse.Namespace,
    training: Training,
    shelves: list[Shelf],
    right: float | None,
    given: list[str],
) -> dict[str, Any]:
    """What was done and how well it went, for the card."""
    seen = training.progress.taken * options.batch_size
    teachers = " and ".join(dict.fromkeys(shelf.teacher for shelf in shelves))
    return {
        "trained_on": options.trained_on or options.source.name,
        "licence": options.licence,
        "how": f"{training.progress.taken} steps ({seen:,} pictures seen), AdamW "
        f"{options.rate:g} one-cycle, batch {options.batch_size}, {training.precision}, sizes "
        f"{options.sizes}; features and soft labels of {teachers}, and the labels; average of the "
        f"weights ({options.average}); {training.seconds / 60:.0f} minutes on "
        f"{platform.processor() or platform.machine()} ({options.device})"
        + (f"; started from {options.start.name}" if options.start else ""),
        "accuracy": {} if right is None else {"validation": round(right, 4)},
        "command": shlex.join(["python", "-m", "pretraining", *given]),
    }


if __name__ == "__main__":
    print(main())

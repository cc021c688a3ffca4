"""Learning from the pooled features of any number of teachers, whose answers are kept."""

import argparse

from torch import Tensor

from pretraining.loop import Training, loss_of
from pretraining.pictures import Pictures
from pretraining.setup import precision_for, progress_of, recipe_of
from pretraining.sharp import sharp
from pretraining.shelves import Augment, Batch, Dealer, Shelf
from pretraining.student import Student, start_from
from pretraining.teachers import Targets, Teacher, describe
from pretraining.views import View


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


def assemble(
    options: argparse.Namespace, pictures: Pictures, shelves: list[Shelf]
) -> tuple[Training, Dealer]:
    """Student, schedule and dealer from the options."""
    targets: dict[str, Targets] = {shelf.teacher: shelf.targets for shelf in shelves}
    student = Student(options.architecture, pictures.classes, targets, options.model_args)
    if options.start:
        start_from(student.backbone, options.start)
    recipe, progress = recipe_of(options), progress_of(options, pictures)
    precision = precision_for(student, options)
    print(f"{options.architecture}: {student.width} features, {precision} on {options.device}")

    def lesson(batch: Batch, share: float) -> tuple[Tensor, dict[str, float]]:
        return loss_of(student, batch, recipe)

    training = Training(
        student, lesson, recipe, progress, options.work / options.name, options.device, precision
    )
    augment = Augment(colour=options.colour, mixup=options.mixup)
    seed = options.seed + progress.taken
    return training, Dealer(shelves, options.batch_size, augment, seed, options.device)

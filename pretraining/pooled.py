"""Learning from the pooled features of any number of teachers, which are computed once."""

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
    """One shelf for every teacher and view: pictures with the teacher's features of them."""
    shelves = []
    for place, text in enumerate(options.teacher):
        teacher = Teacher.parse(text, options.weights)
        views = [View(1 + place + len(options.teacher) * k) for k in range(options.views)]
        sets = [(pictures, view, 1.0) for view in views]
        if options.sharp:
            extra = sharp(pictures, options.sharp, 2 * options.side, options.work)
            sets.append((extra, View(0, 1.0), options.sharp / len(pictures.pixels)))
        for part, view, weight in sets:
            targets = describe(teacher, part, view, options.work, options.device)
            shelves.append(Shelf(teacher.name, part, view, targets, weight))
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

    def batch_loss(batch: Batch, share: float) -> tuple[Tensor, dict[str, float]]:
        return loss_of(student, batch, recipe)

    training = Training(
        student,
        batch_loss,
        recipe,
        progress,
        options.work / options.name,
        options.device,
        precision,
    )
    augment = Augment(colour=options.colour, mixup=options.mixup)
    seed = options.seed + progress.steps_done
    return training, Dealer(shelves, options.batch_size, augment, seed, options.device)

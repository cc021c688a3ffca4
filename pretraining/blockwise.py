"""Learning block by block from one teacher that looks at the same fresh crops."""

import argparse

import timm
import torch
from torch import Tensor

from pretraining.blocks import BlockStudent, LateSteps
from pretraining.crops import Crops, Source
from pretraining.live_teacher import LiveTeacher
from pretraining.loop import Training, averaged, whole
from pretraining.photographs import pieces
from pretraining.pictures import Pictures
from pretraining.setup import precision_for, progress_of, recipe_of
from pretraining.student import start_from
from pretraining.teachers import Teacher

FIRST = 256  # pictures on which the deviations of the teacher's maps are measured
CHECKED = 512  # validation pictures that the result is measured on


def sources_of(options: argparse.Namespace, pictures: Pictures) -> list[Source]:
    """Enlarged crops of the pictures, mosaics of them, and pieces of larger photographs."""
    mosaics = options.mosaic_share
    photographs = options.photograph_share if options.photographs else 0.0
    sources = [
        Source(pictures, 1 - mosaics - photographs),
        Source(pictures, mosaics, mosaic=True),
    ]
    if photographs:
        larger = pieces(options.photographs, options.piece_side, options.work)
        sources.append(Source(larger, photographs, smallest=0.12))
    return sources


def assemble(options: argparse.Namespace, pictures: Pictures) -> tuple[Training, Crops]:
    """Student, schedule and crops from the options."""
    if len(options.teacher) != 1:
        raise SystemExit("Learning block by block takes one --teacher.")
    recipe, progress = recipe_of(options), progress_of(options, pictures)
    sources = sources_of(options, pictures)

    def crops_from(seed: int) -> Crops:
        return Crops(sources, options.batch_size, options.colour, seed, options.device)

    network = Teacher.parse(options.teacher[0], options.weights).network()
    teacher = LiveTeacher(network, options.device)
    backbone = timm.create_model(options.architecture, num_classes=0, **options.model_args)
    first = recipe.sizes[0][0]
    rounds = -(-FIRST // options.batch_size)
    first_crops = crops_from(options.seed)
    sample = torch.cat([first_crops.deal(first) for _ in range(rounds)])
    late = LateSteps(options.late_from, options.late_share) if options.late_share else None
    student = BlockStudent(backbone.to(options.device), teacher, sample, options.force_until, late)
    if options.start:
        start_from(student.backbone, options.start)
    precision = precision_for(student, options)
    print(f"{options.architecture}: {student.width} features, {precision} on {options.device}, "
          f"{len(student.pairs)} blocks compared, forced: {student.twin}")  # fmt: skip

    def batch_loss(batch: Tensor, share: float) -> tuple[Tensor, dict[str, float]]:
        return student.loss(batch, share, recipe.soft_weight, recipe.temperature)

    training = Training(
        student,
        batch_loss,
        recipe,
        progress,
        options.work / options.name,
        options.device,
        precision,
    )
    # Only now is known how far an earlier call came: its crops are not dealt again.
    return training, crops_from(options.seed + 1 + progress.steps_done)


def explained(training: Training, pictures: Pictures, size: int) -> float | None:
    """The share of the variance of the teacher's features that is explained in validation."""
    places = pictures.validation.nonzero()[0][:CHECKED]
    if not len(places) or not isinstance(training.student, BlockStudent):
        return None
    with averaged(training):
        return training.student.explained(whole(pictures, places, size, training.device))

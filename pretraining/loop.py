"""The training: batches in, an averaged backbone out, checkpoints on the way."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pretraining.crops import Crops
from pretraining.pictures import Pictures
from pretraining.schedule import Progress, one_cycle, size_at
from pretraining.shelves import Batch, Dealer
from pretraining.student import Average, Student, soft_loss
from pretraining.views import View, cut, normalise


@dataclass(frozen=True)
class Recipe:
    """The settings of a training; all of them go on the card."""

    batch_size: int = 128
    rate: float = 2e-3
    weight_decay: float = 0.02
    soft_weight: float = 0.3
    label_weight: float = 0.3
    temperature: float = 2.0
    average: float = 0.995
    sizes: tuple[tuple[int, float], ...] = ((64, 0.4), (96, 0.4), (128, 0.2))
    seed: int = 0


def loss_of(student: Student, batch: Batch, recipe: Recipe) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of the losses of a batch, and its parts by name."""
    features = student(batch.pictures)
    parts = {"features": student.feature_heads[batch.teacher](features, batch.features)}
    if batch.logits is not None:
        logits = student.logit_heads[batch.teacher](features)
        parts["soft"] = soft_loss(logits, batch.logits, recipe.temperature)
    known = batch.labels >= 0
    if student.labels is not None and known.any():
        label_logits = student.labels(features[known]).float()
        parts["labels"] = functional.cross_entropy(
            label_logits, batch.labels[known], label_smoothing=0.1
        )
    weights = {"features": 1.0, "soft": recipe.soft_weight, "labels": recipe.label_weight}
    total = sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))
    return total, {name: part.item() for name, part in parts.items()}


# The loss and its parts by name, of a batch and the share of the training that is over.
BatchLoss = Callable[[Any, float], tuple[Tensor, dict[str, float]]]


def optimiser_for(student: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW; biases and normalisations do not decay, and the heads learn three times as fast."""
    backbone = list(student.get_submodule("backbone").parameters())
    inside = {id(p) for p in backbone}
    heads = [p for p in student.parameters() if id(p) not in inside]
    decayed, free = [p for p in backbone if p.ndim > 1], [p for p in backbone if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay, "factor": 1.0},
        {"params": free, "weight_decay": 0.0, "factor": 1.0},
        {"params": heads, "weight_decay": recipe.weight_decay, "factor": 3.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate)


class Training:
    """A student in training: all the state that a checkpoint holds."""

    def __init__(
        self,
        student: nn.Module,
        batch_loss: BatchLoss,
        recipe: Recipe,
        progress: Progress,
        folder: Path,
        device: str,
        precision: torch.dtype,
    ) -> None:
        self.batch_loss = batch_loss
        self.student = student.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.progress, self.folder = recipe, progress, folder
        self.device, self.precision = device, precision
        self.optimiser = optimiser_for(student, recipe)
        self.average = Average(self.student, recipe.average)
        self.seconds = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "checkpoint.pt"

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.state, self.average.updates = state["average"], state["updates"]
        self.progress.resume(state["share"], state["taken"])
        self.seconds = state["seconds"]
        print(
            f"Going on from step {self.progress.steps_done} ({self.progress.share:.0%}).",
            flush=True,
        )

    def save(self) -> None:
        """Write the checkpoint; the old one stays until the new one is whole."""
        state: dict[str, Any] = {
            "student": self.student.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state,
            "updates": self.average.updates,
            "share": self.progress.share,
            "taken": self.progress.steps_done,
            "seconds": self.seconds,
        }
        draft = self.checkpoint.with_suffix(".part")
        torch.save(state, draft)
        draft.replace(self.checkpoint)
        recipe = json.dumps(asdict(self.recipe) | {"share": self.progress.share}, indent=1)
        (self.folder / "progress.json").write_text(recipe, encoding="utf-8")

    def step(self, batch: Batch | Tensor) -> dict[str, float]:
        """Learn from one batch."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["factor"] * one_cycle(self.progress.share, self.recipe.rate)
        self.student.train()
        with torch.autocast(
            self.device.split(":")[0], self.precision, enabled=self.precision != torch.float32
        ):
            loss, parts = self.batch_loss(batch, self.progress.share)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), 2.0)
        self.optimiser.step()
        self.average.update(self.student)
        return parts

    def averaged(self) -> dict[str, Tensor]:
        """The averaged state of the backbone alone."""
        head = "backbone."
        return {k[len(head) :]: v for k, v in self.average.state.items() if k.startswith(head)}


def run(training: Training, dealer: Dealer | Crops, every: float = 120.0) -> None:
    """Train until the progress is finished; print now and then, save `every` few seconds."""
    progress, recipe = training.progress, training.recipe
    printed, saved, recent = 0.0, time.monotonic(), dict[str, float]()
    while not progress.finished:
        began = time.monotonic()
        size = size_at(progress.share, recipe.sizes)
        parts = training.step(dealer.deal(size))
        recent = {k: 0.98 * recent.get(k, v) + 0.02 * v for k, v in (recent | parts).items()}
        progress.advance()
        now = time.monotonic()
        training.seconds += now - began
        if now - printed > 20 or progress.finished:
            printed = now
            losses = " ".join(f"{k} {v:.3f}" for k, v in recent.items())
            rate = recipe.batch_size / (now - began)
            print(
                f"{progress.share:6.1%} step {progress.steps_done} {size} px {losses} "
                f"{rate:.0f}/s, {progress.seconds_left() / 60:.1f} min left",
                flush=True,
            )
        if now - saved > every or progress.finished:
            training.save()
            saved = time.monotonic()


@torch.inference_mode()
def validate(training: Training, pictures: Pictures, size: int) -> float | None:
    """Accuracy of the averaged network on the validation pictures; None without labels."""
    places = pictures.validation.nonzero()[0]
    student = training.student
    labels = getattr(student, "labels", None)
    if labels is None or not len(places):
        return None
    right = 0
    with averaged(training):
        for part in np.split(places, range(128, len(places), 128)):
            batch = whole(pictures, part, size, training.device)
            predictions = labels(student(batch)).argmax(1).cpu()
            right += int((predictions == torch.from_numpy(pictures.labels[part])).sum())
    return right / len(places)


@contextmanager
def averaged(training: Training) -> Iterator[None]:
    """Inside it, the student has its averaged weights and is in evaluation mode."""
    student = training.student
    present = {k: v.detach().clone() for k, v in student.state_dict().items()}
    student.load_state_dict(training.average.state)
    student.eval()
    try:
        yield
    finally:
        student.load_state_dict(present)


def whole(pictures: Pictures, places: NDArray[np.int64], size: int, device: str) -> Tensor:
    """These pictures, uncropped: normalised (N, 3, size, size)."""
    pixels = torch.from_numpy(pictures.pixels[places]).to(device)
    return normalise(cut(pixels, View(0, 1.0).boxes(len(places)).to(device), size))

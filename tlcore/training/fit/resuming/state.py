"""Where a training stands: the record that its loop, its checkpoints and its events share."""

from __future__ import annotations

from dataclasses import dataclass, field

from tlcore.training.fit.clock import Clock
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Objective
from tlcore.training.fit.resuming.progress import Position, Progress
from tlcore.training.fit.weights.best_weights import BestWeights
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.precisions import Precisions


@dataclass
class TrainingState:
    """What a training has, and how far it has come. Only the loop, and resuming, change it.

    `epochs` and `steps` count those of complete epochs. `position` says after which epoch of which
    phase it stands, `progress` how much of the next one is done. `learner` is the one of the
    present phase. `moved`: something was learned since the state was made, or restored.
    """

    assembly: Assembly
    objective: Objective
    best: BestWeights
    clock: Clock
    precisions: Precisions
    epochs: int = 0
    steps: int = 0
    position: Position = field(default_factory=Position)
    progress: Progress | None = None
    learner: Learner | None = None
    moved: bool = False
    stopped: bool = False

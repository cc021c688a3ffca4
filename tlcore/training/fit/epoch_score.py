"""How good the weights of an epoch are, or the mean of several. It knows nothing of torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class EpochScore:
    """Losses are mean cross-entropy, accuracies shares of right predictions (0–1).

    `epoch` counts from 1; 0 is what the training began with. `averaged` are the first and last
    epoch of a mean. What was not measured is None.
    """

    epoch: int
    averaged: tuple[int, int] | None = None
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> EpochScore:
        """From what `to_json` gave, or from the data of an `epoch` event. Raises KeyError."""
        averaged = data.get("averaged")
        known = {field.name: data.get(field.name) for field in fields(cls)}
        known |= {"epoch": data["epoch"], "averaged": tuple(averaged) if averaged else None}
        return cls(**known)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as it stands in manifests and checkpoints."""
        return {**asdict(self), "averaged": list(self.averaged) if self.averaged else None}

    def better_than(self, other: EpochScore) -> bool:
        """Whether validation says so; without validation the later epoch counts as better.

        A loss that is no number is never better.
        """
        loss, best = self.validation_loss, other.validation_loss
        return loss is None or (math.isfinite(loss) and (best is None or loss < best))

"""The mean of the weights that a training goes through, and whether it may take an epoch's place.

Few validation pictures pick an epoch by chance; the mean of the weights from that epoch on depends
less on it, and generalises better (Izmailov et al. 2018, “Averaging Weights Leads to Wider Optima
and Better Generalization”). So what speaks against it must not be chance either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

CLEAR = 2.0  # standard errors of the paired differences by which the mean has to be worse


@dataclass
class WeightMean:
    """A running mean of named tensors over `count` epochs."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    count: int = 0

    def add(self, weights: Mapping[str, Tensor]) -> None:
        """One epoch more. What has no mean (counters) is that of the latest epoch.

        Tensors that never change stay as they are, bit for bit.
        """
        self.count += 1
        for name, tensor in weights.items():
            known = self.tensors.get(name)
            if known is None or not tensor.is_floating_point():
                self.tensors[name] = tensor.detach().clone()
            else:
                known.lerp_(tensor.detach(), 1 / self.count)


def clearly_worse(logits: Tensor, than: Tensor, targets: Tensor, weights: Tensor) -> bool:
    """Whether logits (N, labels) are right less often than others on the same N examples, for sure.

    Examples count by the `weights` (labels,) of their labels; sure is what exceeds two standard
    errors of the paired differences. One example alone says nothing. The loss has no say: the
    other epoch was chosen because its loss is the lowest here, often by chance. Measured: with 9
    examples the loss was clearly against a mean that got 95 % of the test examples right, and
    for an epoch that got 86 %.
    """
    if not bool(torch.isfinite(logits).all()):
        return True
    if len(targets) < 2:
        return False
    right, before = ((each.argmax(1) == targets).double() for each in (logits, than))
    lost = (before - right) * weights[targets]
    return bool(lost.mean() > CLEAR * lost.std() / len(targets) ** 0.5)

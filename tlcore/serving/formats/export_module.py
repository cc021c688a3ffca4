"""What of a classifier is exported as a graph: the network between its scaling and its softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tlcore.classifier.classifier import Classifier


class ExportModule(nn.Module):
    """Prepared pixels (N, C, H, W), 0–255, of any dtype → probabilities (N, labels) in float32."""

    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.network = classifier.network
        self.temperature = classifier.manifest.temperature
        for name in ("mean", "std"):
            values = torch.tensor(getattr(classifier.preprocessing, name), dtype=torch.float32)
            self.register_buffer(f"pixel_{name}", values.view(1, -1, 1, 1))

    def forward(self, prepared: Tensor) -> Tensor:
        """(N, C, H, W) → (N, labels); scaled by mean and deviation, then by the temperature."""
        pictures = (prepared.to(torch.float32) / 255.0 - self.pixel_mean) / self.pixel_std
        logits: Tensor = self.network(pictures)
        return torch.softmax(logits / self.temperature, dim=1)

"""The ordinary PyTorch loop that Graft is measured against: all pictures run each epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

from tlcore.backbones.preprocessing import Preprocessing


class PictureFiles(Dataset[tuple[torch.Tensor, int]]):
    """Pictures read from files and preprocessed one by one, as tutorials do."""

    def __init__(
        self, files: Sequence[Path], targets: Sequence[int], preprocessing: Preprocessing
    ) -> None:
        self.files, self.targets, self.preprocessing = files, targets, preprocessing

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = self.preprocessing.picture(Image.open(self.files[index]).convert("RGB"))
        return torch.from_numpy(picture), self.targets[index]


def train_epochs(
    backbone: nn.Module,
    learning: Sequence[nn.Parameter],
    data: PictureFiles,
    labels: int,
    *,
    epochs: int,
    batch_size: int,
    precision: str,
) -> list[float]:
    """Seconds of each epoch of a plain loop; all but `learning` and the new head is frozen."""
    for parameter in backbone.parameters():
        parameter.requires_grad_(False)
    for parameter in learning:
        parameter.requires_grad_(True)
    with torch.inference_mode():
        size = data[0][0].unsqueeze(0).float()
        width = backbone.eval()(size).shape[1]
    head = nn.Linear(width, labels)
    optimiser = torch.optim.AdamW([*learning, *head.parameters()], lr=1e-3)
    loader = DataLoader(data, batch_size, shuffle=True, num_workers=2, persistent_workers=True)
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        for pictures, targets in loader:
            inputs = data.preprocessing.normalise(pictures)
            inputs = inputs.to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                with torch.set_grad_enabled(bool(learning)):
                    features = backbone(inputs)
                loss = nn.functional.cross_entropy(head(features).float(), targets)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        seconds.append(time.perf_counter() - start)
    return seconds

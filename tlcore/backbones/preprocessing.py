"""How a picture is prepared for a backbone: as the model's own authors did it, and never otherwise.

The steps are timm's own for evaluation, on a Pillow picture, so that a script with timm and Pillow
alone gets the same pixels. They are a small JSON object that travels with the classifier.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field
from timm.data import create_transform, resolve_model_data_config
from torch import nn


class Preprocessing(BaseModel):
    """Size (C, H, W), scaling and normalisation of a backbone's pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_size: tuple[int, int, int] = (3, 224, 224)
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    interpolation: str = "bicubic"
    crop_pct: float = Field(default=0.875, gt=0.0, le=4.0)
    crop_mode: str = "center"

    @classmethod
    def of(cls, module: nn.Module) -> Preprocessing:
        """What timm knows of `module` (its `pretrained_cfg`)."""
        return cls(**resolve_model_data_config(module))

    def with_size(self, side: int) -> Preprocessing:
        """The same for pictures of `side` × `side` pixels."""
        return self.model_copy(update={"input_size": (self.input_size[0], side, side)})

    def picture(self, rgb: npt.NDArray[np.uint8] | Image.Image) -> npt.NDArray[np.uint8]:
        """Scale and crop one picture (H, W, 3) to this size: (3, H, W), 0–255."""
        image = rgb if isinstance(rgb, Image.Image) else Image.fromarray(rgb)
        # an array or a tensor, as the version of timm pleases
        return np.asarray(_steps(self)(image), dtype=np.uint8)

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """Pixels (N, 3, H, W) 0–255 on any device → float32 with the model's mean and spread."""
        mean, std = (
            torch.tensor(values, dtype=torch.float32, device=batch.device).view(1, -1, 1, 1)
            for values in (self.mean, self.std)
        )
        return batch.to(torch.float32).div(255.0).sub_(mean).div_(std)


@lru_cache(maxsize=32)
def _steps(preprocessing: Preprocessing) -> Any:
    """timm's evaluation steps without tensors: Pillow picture → uint8 array (3, H, W)."""
    return create_transform(
        **preprocessing.model_dump(exclude={"mean", "std"}),
        is_training=False,
        use_prefetcher=True,
    )

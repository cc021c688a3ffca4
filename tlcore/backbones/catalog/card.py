"""What is known of one backbone before it is loaded: its card. It knows nothing of torch."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tlcore.backbones.sources.base import SourceName


class BackboneCard(BaseModel):
    """One backbone in plain words and figures.

    `name` is what users and recipes say; `architecture` is timm's name of the network.
    `parameters` leaves out the classifier; `features` is the width of what it gives for a picture;
    `input_size` is (C, H, W); `download_bytes` is None when nothing is downloaded; `imagenet_top1`
    is in per cent; `source` says where its weights are, None when they are not here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    architecture: str
    title: str
    words: str
    parameters: int = Field(ge=0)
    features: int = Field(ge=0)
    input_size: tuple[int, int, int] = (3, 224, 224)
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    interpolation: str = "bicubic"
    crop_pct: float = 0.875
    model_args: dict[str, Any] = {}
    download_bytes: int | None = None
    imagenet_top1: float | None = None
    licence: str | None = None
    trained_on: str | None = None
    source: SourceName | None = None
    ready: bool = False
    bundled: bool = False

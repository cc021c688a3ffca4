"""The device that computes: the graphics card if there is one, else the processor."""

from __future__ import annotations

import torch


def device() -> torch.device:
    """CUDA where it works, Metal on Apple silicon, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")

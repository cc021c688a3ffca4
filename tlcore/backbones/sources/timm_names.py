"""Which names timm knows: architectures, and weights that were published for them."""

from __future__ import annotations

from functools import lru_cache

import timm

FORBIDDEN = ":/\\"  # timm would follow a name with one of these elsewhere


def is_architecture(name: str) -> bool:
    """True for a name of timm without a tag."""
    return "." not in name and not set(name) & set(FORBIDDEN) and bool(timm.is_model(name))


@lru_cache(maxsize=1)
def pretrained_names() -> dict[str, None]:
    """timm's pretrained names in timm's order."""
    return dict.fromkeys(timm.list_pretrained())

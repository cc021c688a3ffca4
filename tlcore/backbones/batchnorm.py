"""Whether a backbone has BatchNorm, and whether its statistics are those of pictures."""

from __future__ import annotations

from typing import Literal

from torch import nn

BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)
BatchNormKind = Literal["none", "folded", "real"]
NEAR = 2e-3  # the largest number that timm's networks let BatchNorm add, and its rounding


def batch_norm_kind(module: nn.Module) -> BatchNormKind:
    """ "none": no BatchNorm with statistics; "real": with; "folded": all have variance 1.

    Folded: somebody multiplied the statistics, (C,) for each layer, into the weights of the layers
    before, as is done for speed. Such a network is right only while these statistics stay as they
    are. Its variances may be 1 less the small number that BatchNorm adds, and its means may hold
    what was the bias of a layer; variances of pictures are never all 1.
    """
    norms = [inner for inner in module.modules() if isinstance(inner, BATCH_NORMS)]
    variances = [norm.running_var for norm in norms if norm.running_var is not None]
    if not variances:
        return "none"
    untouched = all(bool(((variance - 1).abs() <= NEAR).all()) for variance in variances)
    return "folded" if untouched else "real"

"""Whether a backbone has BatchNorm, and whether its statistics say anything."""

from __future__ import annotations

from typing import Literal

from torch import nn

BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)
BatchNormKind = Literal["none", "folded", "real"]


def batch_norm_kind(module: nn.Module) -> BatchNormKind:
    """ "none": no BatchNorm with statistics; "real": with; "folded": all have mean 0, variance 1.

    Folded: somebody multiplied the statistics into the weights of the layers before, as is done
    for speed. Such a network is right only while these statistics stay as they are.
    """
    found = [one for one in module.modules() if isinstance(one, BATCH_NORMS)]
    statistics = [
        (one.running_mean, one.running_var) for one in found if one.running_mean is not None
    ]
    if not statistics:
        return "none"
    untouched = all(
        bool((mean == 0).all()) and variance is not None and bool((variance == 1).all())
        for mean, variance in statistics
        if mean is not None
    )
    return "folded" if untouched else "real"

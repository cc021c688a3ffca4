"""PyTorch: a torch.export file beside the weights, the manifest and a plain script."""

from __future__ import annotations

import io
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import ExportRefused
from tlcore.serving.formats.classifier_folder import TEMPLATES, write_folder
from tlcore.serving.formats.comparison import (
    CheckPicture,
    Comparison,
    PixelReader,
    PredictionPair,
    bytes_of,
    load_script,
    predict_bytes,
    predict_copy,
    script_reader,
)
from tlcore.serving.formats.format import Calibration, Format

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

PROGRAM, SCRIPT = "classifier.pt2", "plain.py"
PICTURE_READER = "predict.py"  # what the plain script reads pictures with


def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
    """The exported program, and the classifier folder with the plain script.

    Raises:
        ExportRefused: torch.export cannot follow what this network does.
    """
    write_folder(source, out, templates=(SCRIPT, PICTURE_READER))
    shutil.copyfile(TEMPLATES / "README-torch.txt", out / "README.txt")
    (out / PROGRAM).write_bytes(_program(classifier))


def _program(classifier: Classifier) -> bytes:
    """The network, from prepared pixels (N, C, H, W) uint8 to probabilities (N, labels)."""
    import torch

    from tlcore.serving.formats.export_module import ExportModule

    size = classifier.preprocessing.input_size
    module = ExportModule(classifier).eval()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(
                module,
                (torch.zeros(2, *size, dtype=torch.uint8),),
                dynamic_shapes=({0: torch.export.Dim.AUTO},),
            )
            for node in program.graph.nodes:
                node.meta.pop("stack_trace", None)  # names folders, and so people, of this computer
            file = io.BytesIO()
            torch.export.save(program, file)
    except Exception as error:
        raise ExportRefused(
            "torch.export cannot follow what this network does.", "Take the Python folder instead."
        ) from error
    return file.getvalue()


def comparison(classifier: Classifier, folder: Path) -> Comparison:
    """The .pt2 file on prepared pixels, and the plain script on the picture's file."""
    import torch

    program: torch.nn.Module = torch.export.load(folder / PROGRAM).module()
    script = load_script(folder / SCRIPT)

    @torch.inference_mode()
    def compare(picture: CheckPicture) -> list[PredictionPair]:
        data = bytes_of(picture.original)
        prepared = classifier.prepare_copy(picture.copy)[None]
        by_script = list(script.predict(data).values())
        return [
            PredictionPair(predict_copy(classifier, picture), program(prepared)[0].tolist()),
            PredictionPair(predict_bytes(classifier, data), by_script),
        ]

    return compare


def reader(folder: Path) -> PixelReader:
    """How the plain script reads a picture."""
    return script_reader(folder / SCRIPT)


FORMAT = Format(
    key="torch",
    title="PyTorch",
    words="For programmers: a torch.export file, and a plain script of under 40 lines that "
    "rebuilds the network with timm.",
    usage="""Unpack it. `plain.py` shows the whole way from a picture to an answer:
```
cd classifier
pip install torch torchvision timm pillow safetensors
python plain.py photo.jpg
```""",
    icon=":material/code:",
    suffix=".zip",
    files=("manifest.json", PROGRAM, SCRIPT, PICTURE_READER, "README.txt"),
    write=write,
    comparison=comparison,
    reader=reader,
)

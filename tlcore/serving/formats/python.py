"""A Python folder: the classifier itself, with a script that runs it on any computer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.serving.formats.classifier_folder import write_folder
from tlcore.serving.formats.comparison import (
    CheckPicture,
    Comparison,
    PixelReader,
    PredictionPair,
    bytes_of,
    load_script,
    predict_bytes,
    script_reader,
)
from tlcore.serving.formats.format import Calibration, Format

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

SCRIPT = "predict.py"


def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
    """The classifier folder with what runs it."""
    write_folder(source, out)


def comparison(classifier: Classifier, folder: Path) -> Comparison:
    """The written predict.py on the picture as it was given, against the app on the same bytes."""
    standalone = load_script(folder / SCRIPT).Classifier(folder)

    def compare(picture: CheckPicture) -> list[PredictionPair]:
        data = bytes_of(picture.original)
        return [
            PredictionPair(predict_bytes(classifier, data), list(standalone.predict(data).values()))
        ]

    return compare


def reader(folder: Path) -> PixelReader:
    """The written predict.py, without the network."""
    return script_reader(folder / SCRIPT)


FORMAT = Format(
    key="python",
    title="A Python folder",
    words="The classifier itself, with a script that runs it on any computer with Python. Another "
    "Graft can read it too.",
    usage="""Unpack it, open a terminal where it lies, and type:
```
cd classifier
pip install -r requirements.txt
python predict.py photo.jpg another.png
```
Another Graft can read this zip too: below, “Bring a classifier from elsewhere”.""",
    icon=":material/terminal:",
    suffix=".zip",
    files=("manifest.json", SCRIPT, "requirements.txt", "README.txt"),
    write=write,
    comparison=comparison,
    reader=reader,
)

"""Classifier folders as each version of the manifest wrote them, kept small.

A version is one JSON file: the manifest as text, the shapes of its tensors, and what it answered.
The weights follow from their names by exact arithmetic, so they are the same bytes on every
computer and need not be stored. `python -m tests.serving.old_folders N` writes version N's file.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import save

HERE = Path(__file__).with_name("versions")


def tensor(name: str, shape: list[int]) -> npt.NDArray[Any]:
    """Numbers that a 32-bit float holds exactly, of a shape; variances above zero."""
    if name.endswith("num_batches_tracked"):
        return np.asarray(1, dtype=np.int64)
    count = int(np.prod(shape, dtype=np.int64))
    start = zlib.crc32(name.encode()) % 10_007
    spread = ((np.arange(count, dtype=np.int64) + start) * 7919) % 2001 - 1000
    values = spread / (256 if name.startswith("head.") else 4096)
    if name.endswith(("running_var", ".scale")) or (name.endswith("weight") and len(shape) == 1):
        values = np.abs(values) + 1.0
    return values.astype(np.float32).reshape(shape)


def pictures() -> list[Image.Image]:
    """Four pictures made of whole numbers."""
    rows, columns = np.mgrid[0:64, 0:64]
    made = []
    for number in range(4):
        channels = [(rows * (number + 1) * 3 + columns * (k + 2)) % 256 for k in range(3)]
        made.append(Image.fromarray(np.stack(channels, axis=2).astype(np.uint8)))
    return made


def write_folder(version: dict[str, Any], folder: Path) -> None:
    """The folder as it was: its manifest word for word, its weights from their names."""
    folder.mkdir(parents=True)
    for name, shapes in version["shapes"].items():
        data = save({key: tensor(key, shape) for key, shape in shapes.items()})
        (folder / name).write_bytes(data)
    (folder / "manifest.json").write_text(version["manifest"], encoding="utf-8", newline="\n")


def known() -> dict[int, dict[str, Any]]:
    """Every version that there is a file of."""
    files = sorted(HERE.glob("*.json"))
    return {int(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in files}


def record(manifest: dict[str, Any], shapes: dict[str, dict[str, list[int]]]) -> dict[str, Any]:
    """A version's file, but for its answers; `manifest` is without its weights."""
    named, weights = {}, []
    for kind, some in shapes.items():
        data = save({key: tensor(key, shape) for key, shape in some.items()})
        digest = hashlib.sha256(data).hexdigest()
        name = f"{kind}-{digest[:16]}.safetensors"
        named[name] = some
        weights.append({"name": name, "bytes": len(data), "sha256": digest})
    text = json.dumps({**manifest, "weights": weights}, indent=1, ensure_ascii=False) + "\n"
    return {"manifest": text, "shapes": named}


def main(number: int) -> None:
    """Write the file of version 1 as it was, or of 2 with all that is new in it."""
    import tempfile

    import timm

    from tlcore.classifier.classifier import Classifier
    from tlcore.classifier.network import Head, Network

    head = {"features": 96, "hidden": 6, "dropout": 0.0}
    more: dict[str, Any] = {}
    if number > 1:
        head |= {"hidden": [6, 5], "kind": "cosine"}
        more = {"temperature": 1.5, "threshold": 0.4, "start": {}}
    network = Network(
        timm.create_model("test_resnet", num_classes=0),
        Head(96, 3, hidden=(6,) if number == 1 else (6, 5), kind=str(head.get("kind", "linear"))),
    )
    shapes: dict[str, dict[str, list[int]]] = {"frozen": {}, "learned": {}}
    for name, value in network.state_dict().items():
        shapes["learned" if name.startswith("head.") else "frozen"][name] = list(value.shape)
    made = record(
        {
            "kind": "graft-classifier", "schema_version": number, "labels": ["ant", "bee", "cat"],
            "backbone": {"name": "test_resnet.r160_in1k", "architecture": "test_resnet",
                         "model_args": {}, "source": None, "licence": "Apache-2.0",
                         "trained_on": "", "pretrained": True},
            "head": head,
            "preprocessing": {"input_size": [3, 64, 64], "mean": [0.485, 0.456, 0.406],
                              "std": [0.229, 0.224, 0.225], "interpolation": "bicubic",
                              "crop_pct": 0.875, "crop_mode": "center"},
            "recipe": {}, "metrics": {"validation_accuracy": 0.5}, "examples": {}, "frequent": 0,
            "versions": {"graft": "0.1.0"}, "created": "", **more,
        },
        shapes,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        write_folder(made, Path(place) / "c")
        classifier = Classifier.load(Path(place) / "c")
        prepared = [classifier.prepare(_png(picture)) for picture in pictures()]
        made["answers"] = [list(row) for row in classifier.classify(prepared).probabilities]
    HERE.mkdir(exist_ok=True)
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{number}.json").write_text(text, encoding="utf-8", newline="\n")
    print(made["answers"])


def _png(picture: Image.Image) -> bytes:
    import io

    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]))

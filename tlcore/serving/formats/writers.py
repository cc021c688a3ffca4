"""One function per format that writes it, and one that asks what was written. Imports torch."""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import onnx
import torch
from torch import nn

from tlcore.classifier.classifier import Classifier
from tlcore.errors import ExportRefused
from tlcore.images.pixels import load_rgb
from tlcore.serving.export.agreement import CheckPicture, CheckSet
from tlcore.serving.formats.classifier_folder import TEMPLATES, write_folder
from tlcore.serving.formats.onnx_graph import Answering, halved, onnx_model, open_onnx
from tlcore.serving.formats.quantization import rounded
from tlcore.serving.formats.web import MODEL_NAME, write_page

Row = Sequence[float]
Pair = tuple[Row, Row]  # what the app says, and what the written file says
Ask = Callable[[CheckPicture], list[Pair]]

ONNX_NAME, TORCH_NAME = "classifier.onnx", "classifier.pt2"


def write_onnx(classifier: Classifier, source: Path, made: Path, checked: CheckSet) -> None:
    """One ONNX file in 32 bits."""
    (made / ONNX_NAME).write_bytes(onnx_model(classifier).SerializeToString())


def write_int8(classifier: Classifier, source: Path, made: Path, checked: CheckSet) -> None:
    """One ONNX file rounded to 8 bits, with the labels and all else that the whole one says."""
    model = onnx_model(classifier)
    whole = made / "whole.onnx"
    whole.write_bytes(model.SerializeToString())
    rounded(whole, made / ONNX_NAME, checked.calibration)
    whole.unlink()
    small = onnx.load(made / ONNX_NAME)
    del small.metadata_props[:]
    small.metadata_props.extend(model.metadata_props)
    small.producer_name, small.doc_string = model.producer_name, model.doc_string
    (made / ONNX_NAME).write_bytes(small.SerializeToString())


def ask_onnx(classifier: Classifier, made: Path) -> Ask:
    """Pixels of the working copy → the app, and onnxruntime."""
    return _ask_graph(classifier, made / ONNX_NAME)


def _ask_graph(classifier: Classifier, file: Path) -> Ask:
    run = open_onnx(file)

    def ask(picture: CheckPicture) -> list[Pair]:
        return [(app_on_copy(classifier, picture), run(load_rgb(picture.copy)).tolist())]

    return ask


def write_web(classifier: Classifier, source: Path, made: Path, checked: CheckSet) -> None:
    """A web page with the graph in 16 bits where that loses nothing, and all that runs it."""
    model = halved(onnx_model(classifier, fused=False))
    write_page(made, model.SerializeToString(), classifier.manifest)


def ask_web(classifier: Classifier, made: Path) -> Ask:
    """The page's ONNX file, by the same runtime outside a browser."""
    return _ask_graph(classifier, made / MODEL_NAME)


def write_torch(classifier: Classifier, source: Path, made: Path, checked: CheckSet) -> None:
    """A torch.export file beside the weights, the manifest and the plain script."""
    write_folder(source, made, templates=("plain.py",))
    shutil.copyfile(TEMPLATES / "README-torch.txt", made / "README.txt")
    size = classifier.preprocessing.input_size
    module = Answering(classifier).eval()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(
                module,
                (torch.zeros(2, *size, dtype=torch.uint8),),
                dynamic_shapes=({0: torch.export.Dim.AUTO},),
            )
            file = io.BytesIO()
            torch.export.save(program, file)
    except Exception as error:
        raise ExportRefused(
            "torch.export cannot follow what this network does.", "Take the Python folder instead."
        ) from error
    (made / TORCH_NAME).write_bytes(file.getvalue())


def ask_torch(classifier: Classifier, made: Path) -> Ask:
    """The .pt2 file on prepared pixels, and the plain script on the working copy as a file."""
    program: nn.Module = torch.export.load(made / TORCH_NAME).module()
    plain = load_script(made / "plain.py")

    @torch.inference_mode()
    def ask(picture: CheckPicture) -> list[Pair]:
        data = _bytes(picture.copy)
        prepared = classifier.prepare_copy(data)[None]
        again = classifier.classify([classifier.prepare(data)]).probabilities[0]
        return [
            (app_on_copy(classifier, picture), program(prepared)[0].tolist()),
            (again, list(plain.predict(io.BytesIO(data)).values())),
        ]

    return ask


def write_python(classifier: Classifier, source: Path, made: Path, checked: CheckSet) -> None:
    """The classifier folder with what runs it."""
    write_folder(source, made)


def ask_python(classifier: Classifier, made: Path) -> Ask:
    """The written predict.py on the picture as it was given, against the app on the same bytes."""
    standalone = load_script(made / "predict.py").Classifier(made)

    def ask(picture: CheckPicture) -> list[Pair]:
        data = _bytes(picture.original)
        app = classifier.classify([classifier.prepare(data)]).probabilities[0]
        return [(app, list(standalone.predict(data).values()))]

    return ask


def app_on_copy(classifier: Classifier, picture: CheckPicture) -> Row:
    """What the app says about a working copy, in float32."""
    return classifier.classify([classifier.prepare_copy(picture.copy)]).probabilities[0]


def load_script(path: Path) -> Any:
    """Run one of our own scripts from where it was written, as a module that nobody else sees."""
    name = f"graft_exported_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def _bytes(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()

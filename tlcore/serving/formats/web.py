"""A web page: static files around the ONNX graph, and the runtime that is shipped with them.

ONNX Runtime Web comes with Graft, so that this works without internet: two files of the npm package
`onnxruntime-web`, the larger one compressed. Their hashes are held below and checked when used.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.backbones.catalog.curated import full_title
from tlcore.classifier.manifest import Manifest
from tlcore.errors import ExportRefused
from tlcore.serving.formats.format import Calibration, Format
from tlcore.serving.formats.onnx import MODEL, comparison

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

HERE = Path(__file__).parent
PAGE, RUNTIME = HERE / "webpage", HERE / "runtime"
PAGE_FILES = ("index.html", "style.css", "page.js", "turn.js")
RUNTIME_VERSION = "1.30.0"
RUNTIME_FILES = {  # name → SHA-256 of what is written
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}


def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
    """A page with the graph in 16 bits where that loses nothing, and all that runs it.

    Raises:
        ExportRefused: ONNX cannot say what this network does, or the runtime is damaged.
    """
    from tlcore.serving.formats.onnx_graph import halved, onnx_model

    model = halved(onnx_model(classifier, fused=False))
    write_page(out, model.SerializeToString(), classifier.manifest)


def write_page(out: Path, model: bytes, manifest: Manifest) -> None:
    """Everything that the page needs, into the empty folder `out`; `model` is the graph.

    Raises:
        ExportRefused: the runtime that came with Graft is not what it should be.
    """
    (out / MODEL).write_bytes(model)
    for name in PAGE_FILES:
        (out / name).write_bytes((PAGE / name).read_bytes())
    origin = origin_words(manifest)
    about = {
        "labels": list(manifest.labels),
        "threshold": manifest.threshold,
        "origin": origin,
    }
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (out / "about.json").write_text(text, encoding="utf-8", newline="\n")
    readme = (PAGE / "README.txt").read_text(encoding="utf-8")
    readme = readme.format(origin=origin, version=RUNTIME_VERSION)
    (out / "README.txt").write_text(readme, encoding="utf-8", newline="\n")
    runtime = out / "runtime"
    runtime.mkdir()
    for name in RUNTIME_FILES:
        (runtime / name).write_bytes(runtime_file(name))
    (runtime / "LICENSE.txt").write_bytes((RUNTIME / "LICENSE.txt").read_bytes())


def runtime_file(name: str) -> bytes:
    """One file of ONNX Runtime Web. Raises ExportRefused."""
    try:
        packed = RUNTIME / f"{name}.xz"
        data = lzma.decompress(packed.read_bytes()) if packed.is_file() else _plain(name)
    except (OSError, lzma.LZMAError) as error:
        raise _damaged(name) from error
    if hashlib.sha256(data).hexdigest() != RUNTIME_FILES[name]:
        raise _damaged(name)
    return data


def origin_words(manifest: Manifest) -> str:
    """What the classifier stands on, and under which licence."""
    backbone = manifest.backbone
    return (
        f"Made with Graft. It stands on {full_title(backbone.name)}, trained on "
        f"{backbone.trained_on or 'pictures that are not stated'}. "
        f"Licence of those weights: {backbone.licence or 'not stated'}."
    )


def _plain(name: str) -> bytes:
    return (RUNTIME / name).read_bytes()


def _damaged(name: str) -> ExportRefused:
    return ExportRefused(
        f"A file that came with Graft is missing or damaged: {name}.", "Install Graft again."
    )


FORMAT = Format(
    key="web",
    title="A web page",
    words="Opens in any browser, also on a phone: camera, files, answers. It needs no internet and "
    "sends nothing anywhere. Put the folder on any web space.",
    usage="""Unpack it, put the folder on any web space, open its address. To try it here first:
```
cd classifier
python -m http.server 8000
```
and open http://localhost:8000.""",
    icon=":material/language:",
    suffix=".zip",
    files=(
        *PAGE_FILES,
        MODEL,
        "about.json",
        "README.txt",
        *(f"runtime/{n}" for n in RUNTIME_FILES),
    ),
    write=write,
    comparison=comparison,
)

"""Writes a classifier folder again and again while a training finds better weights."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor

from tlcore import __version__
from tlcore.classifier.manifest import Manifest, WeightsFile
from tlcore.classifier.manifest_writer import rewrite_manifest
from tlcore.classifier.network import Network
from tlcore.workspace.files import write_bytes


class ClassifierWriter:
    """Writes the network's weights and then the manifest, each whole or not at all.

    `learning` names the tensors that any phase may change; all others are written once. Whoever
    opens the folder meanwhile, or after a kill, finds the last complete classifier.
    """

    def __init__(self, folder: Path, network: Network, learning: Iterable[str]):
        self.folder = folder
        self.network = network
        self.learning = frozenset(learning)
        self._frozen: WeightsFile | None = None

    def write(self, manifest: dict[str, Any]) -> None:
        """Write the weights as they are now; `manifest` has every field but `weights`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        frozen: dict[str, Tensor] = {}
        learned: dict[str, Tensor] = {}
        for name, tensor in self.network.state_dict().items():
            (learned if name in self.learning else frozen)[name] = tensor
        if self._frozen is None:
            self._frozen = self._save("frozen", frozen)
        files = (self._frozen, self._save("learned", learned))
        complete = Manifest(**manifest, weights=files)
        rewrite_manifest(self.folder, lambda earlier: _with_threshold(complete, earlier))
        self._remove_all_but({file.name for file in files})

    def _save(self, kind: str, tensors: dict[str, Tensor]) -> WeightsFile:
        """Write tensors to a file that is named after what it holds."""
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        data = to_safetensors(plain)
        digest = hashlib.sha256(data).hexdigest()
        name = f"{kind}-{digest[:16]}.safetensors"
        write_bytes(self.folder / name, data)
        return WeightsFile(name=name, bytes=len(data), sha256=digest)

    def _remove_all_but(self, names: set[str]) -> None:
        """Remove the weights of earlier epochs."""
        for path in self.folder.glob("*-*.safetensors"):
            if path.name not in names and path.name.startswith(("frozen-", "learned-")):
                try:
                    path.unlink()
                except OSError:  # Windows: somebody is reading it; the next write removes it
                    continue


def _with_threshold(manifest: Manifest, earlier: Manifest | None) -> Manifest:
    """The manifest with the threshold that a person has set while the same training went on."""
    if earlier is None or (earlier.recipe, earlier.labels) != (manifest.recipe, manifest.labels):
        return manifest
    return manifest.model_copy(update={"threshold": earlier.threshold})


def versions() -> dict[str, str]:
    """Versions of what computes, for a manifest."""
    return {
        "graft": __version__,
        "torch": str(torch.__version__),
        "timm": timm.__version__,
        "python": platform.python_version(),
    }

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
from tlcore.classifier.manifest import MANIFEST_NAME, Manifest, WeightsFile
from tlcore.classifier.network import Network
from tlcore.workspace.files import write_bytes, write_text


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
        write_text(self.folder / MANIFEST_NAME, complete.to_text())
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


def versions() -> dict[str, str]:
    """Versions of what computes, for a manifest."""
    return {
        "graft": __version__,
        "torch": str(torch.__version__),
        "timm": timm.__version__,
        "python": platform.python_version(),
    }

"""The teachers' features and logits of each crop, computed once and kept on disk."""

import json
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from pretraining.pictures import Pictures
from pretraining.views import View, cut, normalise


@dataclass(frozen=True)
class Teacher:
    """A timm network by name, the size it looks at, and where its weights lie (None: the hub)."""

    name: str
    size: int
    weights: Path | None = None

    @classmethod
    def parse(cls, text: str, weights: Path | None) -> "Teacher":
        """Read "mobilenetv2_100@128"; without a size, 128."""
        name, _, size = text.partition("@")
        return cls(name, int(size or 128), weights)

    def facts(self) -> dict[str, Any]:
        """What the weights folder says about this network (empty when it comes from the hub)."""
        if self.weights is None:
            return {}
        listed = json.loads((self.weights / "weights.json").read_text(encoding="utf-8"))
        return dict(listed.get(self.name, {}))

    def network(self) -> nn.Module:
        """The network with its weights, in evaluation mode."""
        file = self.weights / f"{self.name}.safetensors" if self.weights else None
        if file is None or not file.exists():
            loaded: nn.Module = timm.create_model(self.name, pretrained=True).eval()
            return loaded
        facts = self.facts()
        arguments = facts.get("model_args", {})
        classes = facts.get("num_classes", 0)
        network: nn.Module = timm.create_model(self.name, num_classes=classes, **arguments)
        network.load_state_dict(load_file(file))
        return network.eval()


@dataclass(frozen=True)
class Targets:
    """A teacher's pooled features (N, F) and, where it classifies, its logits (N, C); float16."""

    features: NDArray[np.float16]
    logits: NDArray[np.float16] | None

    def described(self) -> NDArray[np.bool_]:
        """Whether each picture (N,) has been described; the rows of others are still zero."""
        return np.asarray((self.features[:, :64] != 0).any(axis=1))


class _Both(nn.Module):
    """Features (N, F) and logits (N, C) in one pass."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network  # timm's methods are not those of nn.Module

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pooled = self.network.forward_head(self.network.forward_features(x), pre_logits=True)
        if not self.network.num_classes:
            return pooled, pooled[:, :0]
        return pooled, self.network.get_classifier()(pooled)


def describe(
    teacher: Teacher,
    pictures: Pictures,
    view: View,
    work: Path,
    device: str = "cpu",
    batch_size: int = 64,
) -> Targets:
    """The teacher's targets for one view of all pictures; goes on where it was interrupted."""
    folder = work / f"targets-{pictures.fingerprint}-{view.seed}-{teacher.name}-{teacher.size}"
    mark = folder / "done.json"
    done = json.loads(mark.read_text(encoding="utf-8"))["pictures"] if mark.exists() else 0
    if done < len(pictures.pixels):
        _fill(teacher, pictures, view, folder, done, device, batch_size)
    logits = folder / "logits.npy"
    return Targets(
        np.load(folder / "features.npy", mmap_mode="r"),
        np.load(logits, mmap_mode="r") if logits.exists() else None,
    )


def _fill(
    teacher: Teacher,
    pictures: Pictures,
    view: View,
    folder: Path,
    done: int,
    device: str,
    batch_size: int,
) -> None:
    count, boxes = len(pictures.pixels), view.boxes(len(pictures.pixels))
    compute = _fast(_Both(teacher.network().to(device)), teacher.size, device, batch_size)
    folder.mkdir(parents=True, exist_ok=True)
    stores: list[NDArray[np.float16]] = []
    started, first = time.monotonic(), done
    while done < count:
        upto = min(done + batch_size, count)
        pixels = torch.from_numpy(np.array(pictures.pixels[done:upto])).to(device)
        crops = cut(pixels, boxes[done:upto].to(device), teacher.size, mode="bicubic")
        with torch.inference_mode():
            outputs = compute(normalise(crops))
        if not stores:
            stores = [_store(folder, n, count, o) for n, o in zip(NAMES, outputs, strict=True)]
        for store, values in zip(stores, outputs, strict=True):
            if store.size:
                store[done:upto] = values.float().cpu().numpy()
        done = upto
        if done % (batch_size * 50) < batch_size or done == count:
            (folder / "done.json").write_text(json.dumps({"pictures": done}), encoding="utf-8")
            rate = (done - first) / (time.monotonic() - started)
            left = (count - done) / rate / 60
            print(f"{teacher.name}: {done}/{count}, {rate:.0f}/s, {left:.1f} min left", flush=True)


NAMES = ("features", "logits")


def _store(folder: Path, name: str, count: int, like: Tensor) -> NDArray[np.float16]:
    """The file (count, F) of one kind of output, opened again if it is there; empty for none."""
    path = folder / f"{name}.npy"
    if not like.shape[1]:
        return np.empty((0,), np.float16)
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    shape = (count, like.shape[1])
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def _fast(network: nn.Module, size: int, device: str, batch_size: int) -> nn.Module:
    """On a CPU, freeze and fuse the network: measured 1.4 to 1.8 times faster for MobileNets."""
    network = network.eval().to(memory_format=torch.channels_last)
    if device != "cpu":
        return network
    example = normalise(torch.zeros(batch_size, 3, size, size))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces the end of TorchScript, still there
        traced = torch.jit.trace(network, example)  # type: ignore[no-untyped-call]
        return torch.jit.optimize_for_inference(torch.jit.freeze(traced))

